"""Arguments, and the order of things."""
import argparse
import datetime
import fcntl
import hashlib
import importlib.metadata
import json
import math
import os
import pathlib
import platform
import signal
import sys

from .failure import Failure

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECKPOINT = "checkpoint.pt"
LEARNING_RATES = {"adamw": 4e-3, "sgd": 0.1}
WEIGHT_DECAYS = {"adamw": 0.05, "sgd": 5e-4}

DESCRIPTION = """\
Trains a network on labelled pictures and writes its weights, how they were made, and what they answer.

  python3 tools/train mobilenetv4_conv_small_050 --data pictures.tar.xz -o out/small
  python3 tools/train --list

The data is a folder or an archive with train/CLASS/PICTURE and test/CLASS/PICTURE. Started again
with the same arguments, a training that was stopped goes on from its last epoch. More is said in
tools/train/README.md."""


def number(least: float, most: float, kind=float):
    def parse(text: str):
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"'{text}': expected a number from {least} to {most}")
        return value
    return parse


def whole(least: int, most: int):
    return number(least, most, int)


def triple(text: str) -> tuple[float, float, float]:
    parts = tuple(number(1e-6, 1)(part) for part in text.split(","))
    if len(parts) != 3:
        raise argparse.ArgumentTypeError(f"'{text}': expected three numbers, as in 0.49,0.48,0.45")
    return parts


class Parser(argparse.ArgumentParser):
    """Wrong usage ends with the status that the commands of the project have for it."""

    def error(self, message: str) -> None:
        self.print_usage(sys.stderr)
        self.exit(os.EX_USAGE, f"train: {message}\n")


def parser() -> Parser:
    found = Parser(prog="tools/train", description=DESCRIPTION,
                   formatter_class=argparse.RawDescriptionHelpFormatter)
    add = found.add_argument
    add("network", nargs="?", help="one of those that --list prints")
    add("--list", action="store_true", help="print the networks and stop")
    add("--data", type=pathlib.Path, metavar="PATH", help="a folder or a tar archive (.xz, .gz, .bz2)")
    add("-o", "--output", type=pathlib.Path, metavar="FOLDER", help="where the results go")
    add("--cache", type=pathlib.Path, default=ROOT / ".build/train", metavar="FOLDER",
        help="where decoded pictures are kept (default: .build/train of the checkout)")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="(default: auto)")
    add("--threads", type=whole(1, 1024), metavar="N", help="(default: all cores)")
    add("--precision", choices=("auto", "float32", "bfloat16"), default="auto",
        help="bfloat16 is mixed; auto is bfloat16 on a GPU, float32 else")
    group = found.add_argument_group("network")
    add = group.add_argument
    add("--total-stride", type=int, choices=(32, 16, 8), default=16,
        help="how many times the network reduces the picture (default: 16)")
    add("--size", type=whole(16, 1024), metavar="N",
        help="scale the pictures to N x N (default: as they are)")
    add("--mean", type=triple, metavar="R,G,B", help="(default: of the training pictures)")
    add("--std", type=triple, metavar="R,G,B", help="(default: of the training pictures)")
    add("--dropout", type=number(0, 0.9), default=0.0, metavar="P", help="(default: 0)")
    group = found.add_argument_group("recipe")
    add = group.add_argument
    add("--epochs", type=whole(1, 10_000), default=30, metavar="N", help="(default: 30)")
    add("--batch", type=whole(2, 65_536), default=128, metavar="N", help="(default: 128)")
    add("--optimizer", choices=tuple(LEARNING_RATES), default="adamw", help="(default: adamw)")
    add("--lr", type=number(1e-8, 100), metavar="RATE", help="peak (default: adamw 4e-3, sgd 0.1)")
    add("--weight-decay", type=number(0, 10), metavar="X", help="(default: adamw 0.05, sgd 5e-4)")
    add("--schedule", choices=("one-cycle", "cosine"), default="one-cycle",
        help="(default: one-cycle)")
    add("--warm-up", type=number(0, 0.9), metavar="SHARE",
        help="of the steps (default: one-cycle 0.2, cosine 0)")
    add("--crop-padding", type=whole(0, 256), default=4, metavar="N", help="pixels (default: 4)")
    add("--no-flip", action="store_true", help="do not mirror pictures")
    add("--cutout", type=whole(0, 512), default=8, metavar="N",
        help="side of the hidden square in pixels, 0 for none (default: 8)")
    add("--label-smoothing", type=number(0, 0.9), default=0.1, metavar="X", help="(default: 0.1)")
    add("--seed", type=whole(0, 2**32 - 1), default=1, metavar="N", help="(default: 1)")
    add("--pictures-per-class", type=whole(1, 10**7), metavar="N",
        help="only the first N of each class, for a quick look")
    group = found.add_argument_group("distillation")
    add = group.add_argument
    add("--teacher", type=pathlib.Path, metavar="FOLDER", help="the output of an earlier training")
    add("--teacher-weight", type=number(0, 1), default=0.5, metavar="X",
        help="the teacher's share of the loss (default: 0.5)")
    add("--temperature", type=number(0.1, 100), default=2.0, metavar="T", help="(default: 2)")
    return found


def arguments(given: list[str] | None) -> argparse.Namespace:
    made = parser()
    found = made.parse_args(given)
    if not found.list and not (found.network and found.data and found.output):
        made.error("expected a network, --data and --output (or --list)")
    return found


def make_recipe(options: argparse.Namespace, data, device_type: str, teacher):
    from .recipe import Recipe

    def default(value, otherwise):
        return otherwise if value is None else value

    measured = None if options.mean and options.std else statistics(data.train.pixels)
    precision = options.precision
    if precision == "auto":
        precision = "bfloat16" if device_type == "cuda" else "float32"
    return Recipe(
        network=options.network, total_stride=options.total_stride, epochs=options.epochs,
        batch=options.batch, optimizer=options.optimizer,
        learning_rate=default(options.lr, LEARNING_RATES[options.optimizer]),
        weight_decay=default(options.weight_decay, WEIGHT_DECAYS[options.optimizer]),
        schedule=options.schedule,
        warm_up=default(options.warm_up, 0.2 if options.schedule == "one-cycle" else 0.0),
        crop_padding=options.crop_padding, flip=not options.no_flip, cutout=options.cutout,
        label_smoothing=options.label_smoothing, dropout=options.dropout, seed=options.seed,
        size=data.size, mean=options.mean or measured[0], std=options.std or measured[1],
        precision=precision, teacher=teacher)


def statistics(pixels) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of each channel, of pixels from 0 to 1, to four places."""
    import torch

    count = pixels.shape[0] * pixels.shape[1] * pixels.shape[2]
    values = torch.arange(256, dtype=torch.float64) / 255
    means, deviations = [], []
    for channel in range(3):
        histogram = torch.bincount(pixels[..., channel].flatten(), minlength=256).double() / count
        mean = float((histogram * values).sum())
        deviation = float((histogram * (values - mean) ** 2).sum()) ** 0.5
        means.append(round(mean, 4))
        deviations.append(max(round(deviation, 4), 1e-4))
    return tuple(means), tuple(deviations)


class Screen:
    """Lines that stay, and on a terminal one that is replaced."""

    def __init__(self, stream) -> None:
        self.stream, self.shown = stream, False
        self.replaces = stream.isatty()

    def say(self, line: str) -> None:
        self.stream.write(("\r\033[K" if self.shown else "") + line + "\n")
        self.stream.flush()
        self.shown = False

    def show(self, line: str) -> None:
        if self.replaces:
            self.stream.write("\r\033[K" + line)
            self.stream.flush()
            self.shown = True


def main(given: list[str] | None = None) -> int:
    options = arguments(given)
    screen = Screen(sys.stderr)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.list:
            from .networks import NETWORKS
            print("\n".join(NETWORKS))
        else:
            run(options, screen)
        return 0
    except Failure as failure:
        screen.say(f"train: {failure}")
        return 1
    except KeyboardInterrupt:
        screen.say("train: stopped; the same command goes on from the last whole epoch")
        return 130


def run(options: argparse.Namespace, screen: Screen) -> None:
    from . import data, machine, networks, training
    from .teacher import load_teacher

    if options.network not in networks.NETWORKS:
        raise Failure(f"{options.network}: no such network; --list prints those that there are")
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        lock = (options.output / ".lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Failure(f"{options.output}: another training is at work there") from error
    except OSError as error:
        raise Failure(f"{options.output}: cannot be written: {error}") from error
    place = machine.prepare(options.device, options.threads)
    pictures = data.load(options.data, options.size, options.cache, screen.say)
    if options.pictures_per_class:
        pictures = data.subset(pictures, options.pictures_per_class)
    teacher, model = None, None
    if options.teacher:
        teacher, model = load_teacher(
            options.teacher, pictures.classes, options.teacher_weight, options.temperature,
            place.device)
    recipe = make_recipe(options, pictures, place.device.type, teacher)
    trainer = training.Trainer(
        recipe, pictures, place.device, model, options.output / CHECKPOINT)
    resumed = trainer.resume()
    screen.say(
        f"{recipe.network}, {len(pictures.train.files)} + {len(pictures.test.files)} pictures of"
        f" {len(pictures.classes)} classes, {place.name}, {place.threads} threads"
        + (f", resumed after epoch {len(trainer.curve)}" if resumed else ""))
    trainer.run(screen.say, screen.show)
    finish(options, trainer, pictures, place)
    last = trainer.curve[-1]
    screen.say(f"{options.output}: {last.test_accuracy * 100:.2f} % of"
               f" {len(pictures.test.files)} test pictures right")


def finish(options: argparse.Namespace, trainer, pictures, place) -> None:
    """Writes the results. The checkpoint stays, so that doing it again costs nothing."""
    import dataclasses
    import torch
    from . import outputs
    from .networks import count_macs

    recipe, folder = trainer.recipe, options.output
    logits = trainer.logits()
    outputs.write_csv(
        folder / "curve.csv", [field.name for field in dataclasses.fields(trainer.curve[0])],
        (dataclasses.astuple(row) for row in trainer.curve))
    outputs.write_predictions(
        folder, pictures.test.files, pictures.classes, pictures.test.classes, logits)
    outputs.write_text(folder / "labels.txt", "".join(f"{name}\n" for name in pictures.classes))
    weights = folder / f"{recipe.network}.safetensors"
    outputs.write_weights(weights, trainer.model, {"network": recipe.network})
    right = int((logits.argmax(1) == pictures.test.classes).sum())
    rows = trainer.curve
    outputs.write_json(folder / "recipe.json", {
        "recipe": recipe.as_json(),
        "classes": pictures.classes,
        "data": {
            "name": options.data.name, "sha256": pictures.sha256,
            "train_pictures": len(pictures.train.files),
            "test_pictures": len(pictures.test.files)},
        "result": {
            "of": "the weights after the last epoch",
            "test_right": right, "test_pictures": len(pictures.test.files),
            "test_accuracy": right / len(pictures.test.files),
            "highest_test_accuracy_of_any_epoch": max(row.test_accuracy for row in rows),
            "seconds": round(sum(row.seconds for row in rows), 1),
            "parameters": sum(p.numel() for p in trainer.model.parameters()),
            "macs": count_macs(trainer.model, recipe.size),
            "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest()},
        "machine": {
            "device": place.device.type, "name": place.name, "threads": place.threads,
            "system": platform.platform()},
        "versions": {
            "python": platform.python_version(), "torch": torch.__version__,
            **{name: importlib.metadata.version(name)
               for name in ("timm", "safetensors", "numpy", "pillow")}},
        "finished": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    })
