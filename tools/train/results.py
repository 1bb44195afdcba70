"""What a finished training leaves in its folder."""
import dataclasses
import datetime
import hashlib
import importlib.metadata
import pathlib
import platform

from . import outputs
from .data import Data
from .machine import Machine
from .networks import count_macs
from .recipe import Recipe
from .training import Epoch, Trainer

PACKAGES = ("timm", "safetensors", "numpy", "pillow")


def _metadata(recipe: Recipe, classes: list[str]) -> dict[str, str]:
    """What `mnv4-convert` needs besides the tensors: `Sources/MNV4Import/TrainingMetadata.swift`."""
    return {
        "mnv4.network": recipe.network, "mnv4.total_stride": str(recipe.total_stride),
        "mnv4.input_size": str(recipe.size), "mnv4.mean": ",".join(map(str, recipe.mean)),
        "mnv4.std": ",".join(map(str, recipe.std)), "mnv4.labels": "\n".join(classes)}


def write_results(
    folder: pathlib.Path, source: str, trainer: Trainer, pictures: Data, place: Machine,
) -> None:
    """recipe.json comes last: where it is, everything is."""
    recipe, curve = trainer.recipe, trainer.curve
    logits = trainer.logits()
    outputs.write_csv(
        folder / "curve.csv", [field.name for field in dataclasses.fields(Epoch)],
        (dataclasses.astuple(row) for row in curve))
    outputs.write_predictions(
        folder, pictures.test.files, pictures.classes, pictures.test.classes, logits)
    outputs.write_text(folder / "labels.txt", "".join(f"{name}\n" for name in pictures.classes))
    weights = folder / f"{recipe.network}.safetensors"
    outputs.write_weights(weights, trainer.model, _metadata(recipe, pictures.classes))
    right = int((logits.argmax(1) == pictures.test.classes).sum())
    count = len(pictures.test.files)
    outputs.write_json(folder / "recipe.json", {
        "recipe": recipe.as_json(),
        "classes": pictures.classes,
        "data": {
            "name": source, "sha256": pictures.sha256,
            "train_pictures": len(pictures.train.files), "test_pictures": count},
        "result": {
            "of": "the weights after the last epoch, no average of weights",
            "test_right": right, "test_pictures": count, "test_accuracy": right / count,
            "highest_test_accuracy_of_any_epoch": max(row.test_accuracy for row in curve),
            "seconds": round(sum(row.seconds for row in curve), 1),
            "parameters": sum(p.numel() for p in trainer.model.parameters()),
            "macs": count_macs(trainer.model, recipe.size),
            "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest()},
        "machine": {
            "device": place.device.type, "name": place.name, "threads": place.threads,
            "system": platform.platform()},
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in ("torch", *PACKAGES)}},
        "finished": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    })
