"""The command's arguments, and the recipe that they say."""
import argparse
import math
import os
import pathlib
import sys

from .data import Data, statistics
from .recipe import Recipe, Teacher

ROOT = pathlib.Path(__file__).resolve().parents[2]
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


def make_recipe(
    options: argparse.Namespace, data: Data, device_type: str, teacher: Teacher | None,
) -> Recipe:
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
