"""Batches of normalized pictures, made by tensor operations from bytes held in memory.

What is random of an epoch is drawn at its start, on the CPU, from the seed and the epoch's number
alone: so a training that is resumed draws what an uninterrupted one does, on every device.
"""
import collections.abc
import dataclasses

import torch

from .recipe import Recipe


def epoch_seed(seed: int, epoch: int) -> int:
    """A seed of 63 bits for one epoch of one training."""
    mixed = (seed * 0x9E3779B97F4A7C15 + (epoch + 1) * 0xBF58476D1CE4E5B9) % 2**64
    mixed = (mixed ^ mixed >> 31) * 0x94D049BB133111EB % 2**64
    return (mixed ^ mixed >> 29) % 2**63


@dataclasses.dataclass(frozen=True)
class Draws:
    """What is random of one epoch, one entry a picture; columns and rows are of the crop's corner."""

    order: torch.Tensor
    rows: torch.Tensor
    columns: torch.Tensor
    flipped: torch.Tensor
    cutout_rows: torch.Tensor
    cutout_columns: torch.Tensor

    @classmethod
    def of_epoch(cls, recipe: Recipe, epoch: int, count: int) -> "Draws":
        generator = torch.Generator().manual_seed(epoch_seed(recipe.seed, epoch))

        def below(bound: int) -> torch.Tensor:
            return torch.randint(bound, (count,), generator=generator)

        span = 2 * recipe.crop_padding + 1
        return cls(
            torch.randperm(count, generator=generator), below(span), below(span),
            below(2) if recipe.flip else torch.zeros(count, dtype=torch.int64),
            below(recipe.size), below(recipe.size))

    def part(self, start: int, end: int, device: torch.device) -> "Draws":
        tensors = (getattr(self, field.name)[start:end] for field in dataclasses.fields(self))
        return Draws(*(moved(tensor, device) for tensor in tensors))


def moved(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    if device.type != "cuda" or tensor.is_cuda:
        return tensor
    return tensor.pin_memory().to(device, non_blocking=True)


class Pictures:
    """Pictures of one split, [count, size, size, 3] bytes, and their classes, [count].

    They stay on the CPU, or move to the device where they, with what is made of them, take less than
    half of its free memory.
    """

    def __init__(self, recipe: Recipe, pixels: torch.Tensor, classes: torch.Tensor,
                 device: torch.device) -> None:
        self.recipe, self.device = recipe, device
        side = pixels.shape[1] + 2 * self.padding(recipe)
        needed = pixels.nbytes + len(pixels) * side * side * 3
        if device.type == "cuda" and needed < torch.cuda.mem_get_info(device)[0] / 2:
            pixels, classes = pixels.to(device), classes.to(device)
        self.pixels, self.classes = pixels, classes
        self.mean = torch.tensor(recipe.mean, device=device) * 255
        self.scale = 1 / (torch.tensor(recipe.std, device=device) * 255)
        self.colour = self.mean.round().to(torch.uint8).to(pixels.device)

    @staticmethod
    def padding(recipe: Recipe) -> int:
        """Pixels that are added on each side."""
        return 0

    def normalized(self, pixels: torch.Tensor) -> torch.Tensor:
        """From [n, h, w, 3] bytes to [n, 3, h, w] floats whose channels lie innermost."""
        pixels = moved(pixels, self.device)
        return pixels.to(torch.float32).sub_(self.mean).mul_(self.scale).permute(0, 3, 1, 2)

    def in_order(self, batch: int) -> collections.abc.Iterator[torch.Tensor]:
        for start in range(0, len(self.pixels), batch):
            yield self.normalized(self.pixels[start:start + batch])


class TrainingPictures(Pictures):
    """The pictures with the crop's padding around them, in the mean colour."""

    def __init__(self, recipe: Recipe, pixels: torch.Tensor, classes: torch.Tensor,
                 device: torch.device) -> None:
        super().__init__(recipe, pixels, classes, device)
        pad, (count, height, width, _) = self.padding(recipe), pixels.shape
        padded = self.colour.expand(count, height + 2 * pad, width + 2 * pad, 3).contiguous()
        padded[:, pad:pad + height, pad:pad + width] = self.pixels
        self.pixels = padded
        self.places = torch.arange(recipe.size, device=padded.device)

    @staticmethod
    def padding(recipe: Recipe) -> int:
        return recipe.crop_padding

    def steps(self) -> int:
        """Of an epoch; the last pictures of its order, too few for a batch, are left out."""
        return len(self.pixels) // self.recipe.batch

    def batches(self, epoch: int) -> collections.abc.Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Normalized pictures and their classes, on the device."""
        draws = Draws.of_epoch(self.recipe, epoch, len(self.pixels))
        for step in range(self.steps()):
            start = step * self.recipe.batch
            part = draws.part(start, start + self.recipe.batch, self.pixels.device)
            pixels = self._cropped(part)
            if self.recipe.cutout:
                pixels = self._cut(pixels, part)
            yield self.normalized(pixels), moved(self.classes[part.order], self.device)

    def _cropped(self, draws: Draws) -> torch.Tensor:
        last = self.recipe.size - 1
        flipped = draws.flipped[:, None]
        columns = self.places * (1 - 2 * flipped) + last * flipped + draws.columns[:, None]
        rows = self.places + draws.rows[:, None]
        return self.pixels[draws.order[:, None, None], rows[:, :, None], columns[:, None, :]]

    def _cut(self, pixels: torch.Tensor, draws: Draws) -> torch.Tensor:
        """Squares whose centres lie anywhere in the picture take the mean colour."""
        side = self.recipe.cutout

        def inside(centres: torch.Tensor) -> torch.Tensor:
            distance = self.places - centres[:, None] + side // 2
            return (distance >= 0) & (distance < side)

        cut = inside(draws.cutout_rows)[:, :, None] & inside(draws.cutout_columns)[:, None, :]
        return torch.where(cut[..., None], self.colour, pixels)
