"""Labelled pictures in memory."""
import dataclasses
import hashlib
import json

import torch

SPLITS = ("train", "test")


@dataclasses.dataclass(frozen=True)
class Split:
    files: list[str]  # CLASS/PICTURE
    pixels: torch.Tensor  # [count, size, size, 3] bytes
    classes: torch.Tensor  # [count]


@dataclasses.dataclass(frozen=True)
class Data:
    classes: list[str]
    train: Split
    test: Split
    size: int
    sha256: str  # of names and decoded pixels, the same for a folder and an archive of it

    def notes(self) -> list[str]:
        """What a user may not expect of the pictures."""
        counts = torch.bincount(self.train.classes, minlength=len(self.classes)).tolist()
        least, most = min(counts), max(counts)
        if most <= 2 * least:
            return []
        return [f"training pictures a class: from {least} ({self.classes[counts.index(least)]})"
                f" to {most} ({self.classes[counts.index(most)]})"]


def subset(data: Data, per_class: int) -> Data:
    """The first pictures of each class."""
    def part(split: Split) -> Split:
        kept = torch.cat([
            torch.nonzero(split.classes == index)[:per_class, 0]
            for index in range(len(data.classes))])
        return Split(
            [split.files[index] for index in kept.tolist()], split.pixels[kept],
            split.classes[kept])

    train, test = part(data.train), part(data.test)
    return Data(data.classes, train, test, data.size, digest_of(data.classes, (train, test)))


def statistics(pixels: torch.Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of each channel, of pixels from 0 to 1, to four places."""
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


def digest_of(classes: list[str], splits: tuple[Split, Split]) -> str:
    digest = hashlib.sha256(json.dumps([classes, [split.files for split in splits]]).encode())
    for split in splits:
        digest.update(split.pixels.contiguous().numpy().data)
    return digest.hexdigest()
