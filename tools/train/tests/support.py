"""Small data sets, and the command in a process of its own."""
import pathlib
import subprocess
import sys
import tarfile

import numpy as np
import PIL.Image

TOOL = pathlib.Path(__file__).resolve().parents[1]
NETWORK = "mobilenetv3_small_050"


def make_pictures(folder: pathlib.Path, train: int = 24, test: int = 4, side: int = 32) -> None:
    """Three classes of noise around a colour; `train` and `test` pictures a class."""
    random = np.random.default_rng(0)
    for split, count in (("train", train), ("test", test)):
        for index, name in enumerate(("blue", "green", "red")):
            place = folder / split / name
            place.mkdir(parents=True)
            for number in range(count):
                pixels = random.integers(0, 160, (side, side, 3), np.uint8)
                pixels[..., 2 - index] += 90
                PIL.Image.fromarray(pixels).save(place / f"{number:03d}.png")


def make_archive(folder: pathlib.Path, path: pathlib.Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, "pictures")


def command(data: pathlib.Path, output: pathlib.Path, *options: str) -> list[str]:
    return [sys.executable, str(TOOL), NETWORK, "--data", str(data), "-o", str(output),
            "--cache", str(output.parent / "cache"), "--device", "cpu", "--threads", "1",
            "--batch", "8", "--dropout", "0.1", *options]


def train(data: pathlib.Path, output: pathlib.Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(command(data, output, *options), capture_output=True, text=True)
