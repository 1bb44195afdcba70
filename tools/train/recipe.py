"""What a training is: everything that its result depends on besides the pictures and the machine."""
import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Teacher:
    """A trained network whose probabilities are learnt beside the labels."""

    network: str
    total_stride: int
    weights_sha256: str
    weight: float  # share of the teacher's term in the loss, 0 to 1
    temperature: float


@dataclasses.dataclass(frozen=True)
class Recipe:
    network: str
    total_stride: int
    epochs: int
    batch: int
    optimizer: str  # adamw, sgd
    learning_rate: float  # the peak
    weight_decay: float  # on tensors of two dimensions and more
    schedule: str  # one-cycle, cosine
    warm_up: float  # share of the steps, 0 to 1
    crop_padding: int  # pixels of the mean colour on each side
    flip: bool
    cutout: int  # side of the square, in pixels; 0 for none
    label_smoothing: float
    dropout: float  # before the classifier
    seed: int
    size: int  # pixels, height and width
    mean: tuple[float, float, float]  # of pixels from 0 to 1
    std: tuple[float, float, float]
    precision: str  # float32, bfloat16
    teacher: Teacher | None = None

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """One line a field in which two recipes, as JSON, differ."""
    lines = []
    for name in dict.fromkeys([*before, *now]):
        old, new = (_plain(recipe.get(name)) for recipe in (before, now))
        if old != new:
            lines.append(f"{name}: {old} there, {new} asked for")
    return lines


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
