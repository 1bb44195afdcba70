"""The loop over epochs, and what a training that was stopped goes on from."""
import collections
import dataclasses
import math
import pathlib
import pickle
import time

import torch
from torch.nn import functional

from .augment import Pictures, TrainingPictures, epoch_seed
from .cpu_layers import speed_up
from .data import Data
from .failure import Failure
from .networks import make_network
from .outputs import replace_file
from .recipe import Recipe, differences
from .schedule import learning_rate, make_optimizer, set_learning_rate

TEST_BATCH = 500


@dataclasses.dataclass(frozen=True)
class Epoch:
    """A row of the curve. Losses are means a picture; that of training is the recipe's, with its
    smoothing and its teacher, over augmented pictures; that of testing is plain cross-entropy.
    """

    epoch: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: float


class Clock:
    """Seconds of work: an interval far longer than the usual one is a pause, and counts as usual.

    So a process that is stopped and continued later keeps its estimate.
    """

    LEAST_PAUSE = 5.0  # seconds
    PAUSE = 20.0  # usual intervals

    def __init__(self, now=time.monotonic) -> None:
        self.now, self.last, self.worked = now, now(), 0.0
        self.recent: collections.deque[float] = collections.deque(maxlen=200)

    def start(self) -> None:
        """Begins an interval; what was before it does not count."""
        self.last = self.now()

    def tick(self) -> None:
        """Ends one interval and begins the next."""
        now = self.now()
        interval, self.last = now - self.last, now
        if self.recent:
            usual = sorted(self.recent)[len(self.recent) // 2]
            if interval > max(self.LEAST_PAUSE, self.PAUSE * usual):
                interval = usual
        self.recent.append(interval)
        self.worked += interval

    def mean(self) -> float:
        return sum(self.recent) / len(self.recent) if self.recent else 0.0


class Trainer:
    """One training, from the beginning or from the checkpoint in `folder`.

    `say` takes a line that stays; `show` takes one that the next replaces.
    """

    def __init__(self, recipe: Recipe, data: Data, device: torch.device,
                 teacher: torch.nn.Module | None, checkpoint: pathlib.Path) -> None:
        self.recipe, self.device, self.checkpoint = recipe, device, checkpoint
        self.data_sha256 = data.sha256
        torch.manual_seed(epoch_seed(recipe.seed, -1))
        self.model = make_network(
            recipe.network, len(data.classes), recipe.total_stride, recipe.dropout)
        self.model.to(device, memory_format=torch.channels_last)
        if device.type == "cpu" and recipe.precision == "float32":
            speed_up(self.model)
        self.teacher = teacher
        self.optimizer = make_optimizer(recipe, self.model)
        self.train = TrainingPictures(recipe, data.train.pixels, data.train.classes, device)
        self.test = Pictures(recipe, data.test.pixels, data.test.classes, device)
        if self.train.steps() == 0:
            raise Failure(f"{len(data.train.files)} training pictures: expected a batch of"
                          f" {recipe.batch} at least")
        self.curve: list[Epoch] = []
        self.clock = Clock()

    # Checkpoints

    def resume(self) -> bool:
        """Whether there was a checkpoint. Raises `Failure` for one of another training."""
        if not self.checkpoint.exists():
            return False
        try:
            state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
            known = (state["recipe"], state["data_sha256"])
            curve = [Epoch(**row) for row in state["curve"]]
        except (OSError, RuntimeError, EOFError, KeyError, TypeError, ValueError,
                pickle.UnpicklingError) as error:
            raise Failure(f"{self.checkpoint}: no checkpoint of this tool; delete it to begin"
                          f" anew ({error})") from error
        changes = differences(known[0], self.recipe.as_json())
        if known[1] != self.data_sha256:
            changes.append("the pictures are others")
        if changes:
            raise Failure(
                f"{self.checkpoint.parent}: holds a training of another recipe; expected the same,"
                " or another folder:\n  " + "\n  ".join(changes))
        try:
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, KeyError, ValueError) as error:
            raise Failure(f"{self.checkpoint}: its tensors are not this network's; delete it to"
                          f" begin anew ({error})") from error
        self.curve = curve
        return True

    def save(self) -> None:
        state = {
            "recipe": self.recipe.as_json(), "data_sha256": self.data_sha256,
            "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
            "curve": [dataclasses.asdict(row) for row in self.curve]}
        replace_file(self.checkpoint, lambda file: torch.save(state, file))

    # Epochs

    def run(self, say, show) -> None:
        """Trains the epochs that are left, with a checkpoint after each."""
        for epoch in range(len(self.curve), self.recipe.epochs):
            self.clock.start()
            before = self.clock.worked
            loss, right = self._train_epoch(epoch, show)
            if not math.isfinite(loss):
                raise Failure(f"epoch {epoch + 1}: the loss is {loss}; a smaller --lr may help")
            logits = self.logits()
            test_loss, test_accuracy = measure(logits, self.test.classes.cpu())
            steps = self.recipe.epochs * self.train.steps()
            rate = learning_rate(self.recipe, epoch * self.train.steps(), steps)
            self.curve.append(Epoch(
                epoch + 1, rate, loss, right, test_loss, test_accuracy,
                self.clock.worked - before))
            self.save()
            say(self._line(self.curve[-1]))

    def _line(self, row: Epoch) -> str:
        recent = [row.seconds for row in self.curve[-3:]]
        left = (self.recipe.epochs - row.epoch) * sum(recent) / len(recent)
        return (f"epoch {row.epoch:3d}/{self.recipe.epochs}  loss {row.train_loss:.4f}"
                f"  train {row.train_accuracy * 100:5.2f} %  test {row.test_accuracy * 100:5.2f} %"
                f"  {row.seconds:.0f} s  {duration(left)} left")

    def _train_epoch(self, epoch: int, show) -> tuple[float, float]:
        """Mean loss and accuracy over the epoch's pictures."""
        recipe, steps = self.recipe, self.train.steps()
        # Dropout draws from the global generators; here too from the epoch's number alone.
        torch.manual_seed(epoch_seed(recipe.seed + 1, epoch))
        self.model.train()
        loss_sum = torch.zeros((), device=self.device)
        right = torch.zeros((), dtype=torch.int64, device=self.device)
        for step, (pictures, classes) in enumerate(self.train.batches(epoch)):
            done = epoch * steps + step
            set_learning_rate(
                self.optimizer, learning_rate(recipe, done, recipe.epochs * steps))
            with self._precision():
                logits = self.model(pictures)
            logits = logits.float()
            loss = self._loss(logits, pictures, classes)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            with torch.no_grad():
                loss_sum += loss.detach()
                right += (logits.argmax(1) == classes).sum()
            self.clock.tick()
            if step % 10 == 9:
                left = (recipe.epochs * steps - done - 1) * self.clock.mean()
                show(f"epoch {epoch + 1}/{recipe.epochs}  step {step + 1}/{steps}"
                     f"  {duration(left)} left")
        return float(loss_sum) / steps, int(right) / (steps * recipe.batch)

    def _precision(self) -> torch.autocast:
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16")

    def _loss(
        self, logits: torch.Tensor, pictures: torch.Tensor, classes: torch.Tensor,
    ) -> torch.Tensor:
        loss = functional.cross_entropy(
            logits, classes, label_smoothing=self.recipe.label_smoothing)
        if self.teacher is None:
            return loss
        taught, heat = self.recipe.teacher, self.recipe.teacher.temperature
        with torch.no_grad(), self._precision():
            target = self.teacher(pictures)
        difference = functional.kl_div(
            functional.log_softmax(logits / heat, 1),
            functional.log_softmax(target.float() / heat, 1),
            reduction="batchmean", log_target=True)
        return (1 - taught.weight) * loss + taught.weight * heat * heat * difference

    @torch.no_grad()
    def logits(self) -> torch.Tensor:
        """Of all test pictures in order, [count, classes] floats on the CPU, in float32."""
        self.model.eval()
        found = []
        for pictures in self.test.in_order(TEST_BATCH):
            found.append(self.model(pictures).cpu())
            self.clock.tick()
        return torch.cat(found)


def measure(logits: torch.Tensor, classes: torch.Tensor) -> tuple[float, float]:
    """Mean cross-entropy, and the share of right answers."""
    return (float(functional.cross_entropy(logits, classes)),
            float((logits.argmax(1) == classes).double().mean()))


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else (
        f"{minutes} min" if minutes else f"{seconds:.0f} s")
