"""The order of things: pictures, network, training, results."""
import argparse
import difflib
import fcntl
import json
import pathlib
import signal
import sys
import typing

import torch

from . import loading, machine
from .arguments import arguments, make_recipe
from .data import Data, subset
from .failure import Failure
from .networks import NETWORKS
from .recipe import Recipe, differences
from .results import write_results
from .teacher import load_teacher
from .training import Trainer

CHECKPOINT = "checkpoint.pt"


class Screen:
    """Lines that stay, and on a terminal one that is replaced."""

    def __init__(self, stream: typing.TextIO) -> None:
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
            print("\n".join(NETWORKS))
        else:
            run(options, screen)
        return 0
    except Failure as failure:
        screen.say(f"train: {failure}")
    except (MemoryError, torch.OutOfMemoryError) as error:
        screen.say(f"train: not enough memory; a smaller --batch may do ({error})")
    except KeyboardInterrupt:
        screen.say("train: stopped; the same command goes on from the last whole epoch")
        return 130
    return 1


def run(options: argparse.Namespace, screen: Screen) -> None:
    check_network(options.network)
    # Held until the process ends.
    lock = claim(options.output)  # noqa: F841
    place = machine.prepare(options.device, options.threads)
    pictures = loading.load(options.data, options.size, options.cache, screen.say)
    if options.pictures_per_class:
        pictures = subset(pictures, options.pictures_per_class)
    taught, teacher, taught_recipe = None, None, None
    if options.teacher:
        taught, teacher, taught_recipe = load_teacher(options, pictures.classes, place.device)
    recipe = make_recipe(options, pictures, place.device.type, taught)
    if taught_recipe is not None:
        check_input(options.teacher, taught_recipe, recipe)
    if is_done(options.output, recipe, pictures, screen):
        return
    trainer = Trainer(recipe, pictures, place.device, teacher, options.output / CHECKPOINT)
    resumed = trainer.resume()
    screen.say(
        f"{recipe.network}, {len(pictures.train.files)} + {len(pictures.test.files)} pictures of"
        f" {len(pictures.classes)} classes, {place.name}, {place.threads} threads"
        + (f", goes on after epoch {len(trainer.curve)}" if resumed else ""))
    for note in pictures.notes():
        screen.say(f"note: {note}")
    trainer.run(screen.say, screen.show)
    write_results(options.output, options.data.name, trainer, pictures, place)
    (options.output / CHECKPOINT).unlink(missing_ok=True)
    screen.say(f"{options.output}: {trainer.curve[-1].test_accuracy * 100:.2f} % of"
               f" {len(pictures.test.files)} test pictures right")


def check_network(name: str) -> None:
    if name not in NETWORKS:
        near = difflib.get_close_matches(name, NETWORKS, 3)
        raise Failure(f"{name}: no such network; "
                      + (f"expected one such as {', '.join(near)}; " if near else "")
                      + "--list prints all")


def claim(folder: pathlib.Path) -> typing.IO:
    """The folder, made where it is missing, for this process alone."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock
    except BlockingIOError as error:
        raise Failure(f"{folder}: another training is at work there") from error
    except OSError as error:
        raise Failure(f"{folder}: expected a folder that can be written to: {error}") from error


def check_input(folder: pathlib.Path, taught: dict[str, typing.Any], recipe: Recipe) -> None:
    """The teacher sees the pictures as the pupil does, so both must expect the same."""
    names = ("size", "mean", "std")
    changes = differences(
        {name: taught.get(name) for name in names}, {name: getattr(recipe, name) for name in names})
    if changes:
        raise Failure(f"{folder}: the teacher takes pictures of another kind:\n  "
                      + "\n  ".join(changes))


def is_done(folder: pathlib.Path, recipe: Recipe, pictures: Data, screen: Screen) -> bool:
    """Whether the folder holds this training, complete. Raises `Failure` if it holds another."""
    path = folder / "recipe.json"
    if not path.exists():
        return False
    try:
        facts = json.loads(path.read_text())
        changes = differences(facts["recipe"], recipe.as_json())
        if facts["data"]["sha256"] != pictures.sha256:
            changes.append("the pictures are others")
        share = float(facts["result"]["test_accuracy"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(f"{path}: not written by this tool; choose another folder") from error
    if changes:
        raise Failure(f"{folder}: holds a training of another recipe; expected the same, or"
                      " another folder:\n  " + "\n  ".join(changes))
    screen.say(f"{folder}: trained already, {share * 100:.2f} % of the test pictures right")
    return True
