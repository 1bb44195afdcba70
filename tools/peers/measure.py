"""Rounds in which the contenders take turns."""
import math
import statistics
import sys
import time
from dataclasses import dataclass, field

from .contenders import Ours, Problem, Turn, Worker
from .failure import Failure


@dataclass
class Outcome:
    """One contender's turns on one problem; `failure` says why there are none."""
    settings: str = ""
    turns: list[Turn] = field(default_factory=list)
    failure: str | None = None
    # Processor time that the contender took while others ran, over the time that those took.
    idle_share: float = 0

    @property
    def median_ms(self) -> float:
        """The median of the turns' medians."""
        return statistics.median(turn.median_ms for turn in self.turns)

    @property
    def best_ms(self) -> float:
        return min(turn.minimum_ms for turn in self.turns)

    @property
    def slowest_turn_ms(self) -> float:
        return max(turn.median_ms for turn in self.turns)


class Progress:
    """Says on standard error what is done and how long the rest takes."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.started = total, 0, time.monotonic()
        self.is_terminal = sys.stderr.isatty()
        self._last = ""

    def advance(self, what: str, count: int = 1) -> None:
        """On a terminal each step rewrites one line; elsewhere each new `what` is a line."""
        self.done += count
        left = (time.monotonic() - self.started) / self.done * (self.total - self.done)
        text = f"{100 * self.done // self.total:3} %  {self.duration(left)} left  {what}"
        if self.is_terminal:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        elif what != self._last:
            print(text, file=sys.stderr, flush=True)
        self._last = what

    def finish(self) -> None:
        if self.is_terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    @staticmethod
    def duration(seconds: float) -> str:
        return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


@dataclass(frozen=True)
class Schedule:
    """`least_count` and `least_seconds` both hold of a turn: short turns would be over before the
    processor's caches and clock are what they are in steady use.
    """
    rounds: int
    least_count: int
    least_seconds: float

    MOST = 1000

    def count(self, contenders: list[Ours | Worker]) -> int:
        """Inferences a turn, from a turn of each that is not kept: enough for the fastest."""
        medians = []
        for contender in contenders:
            try:
                medians.append(contender.turn(self.least_count).median_ms)
            except Failure:
                continue  # its turn in the first round will say so again
        if not medians:
            return self.least_count
        needed = math.ceil(1000 * self.least_seconds / max(min(medians), 1e-3))
        return min(max(needed, self.least_count), self.MOST)


def measure(problem: Problem, contenders: list[Ours | Worker], schedule: Schedule,
            progress: Progress) -> tuple[dict[str, Outcome], int]:
    """In each round every contender has one turn, and each round another begins. A contender that
    fails drops out. Also gives the inferences a turn.
    """
    outcomes = {contender.name: Outcome() for contender in contenders}
    what = str(problem)
    rested, others = dict.fromkeys(outcomes, 0.0), dict.fromkeys(outcomes, 0.0)
    ended: dict[str, float] = {}
    running = list(contenders)
    count = schedule.count(contenders)
    for number in range(schedule.rounds):
        start = number % len(contenders)
        for contender in contenders[start:] + contenders[:start]:
            if contender not in running:
                progress.advance(what)
                continue
            name = contender.name
            if name in ended:
                rested[name] += contender.idle_seconds()
                others[name] += time.monotonic() - ended[name]
            try:
                outcomes[name].turns.append(contender.turn(count))
            except Failure as failure:
                outcomes[name].failure = str(failure)
                running.remove(contender)
            ended[name] = time.monotonic()
            progress.advance(what)
    for contender in contenders:
        outcome = outcomes[contender.name]
        outcome.settings = contender.settings
        if others[contender.name] > 0:
            outcome.idle_share = rested[contender.name] / others[contender.name]
    return outcomes, count
