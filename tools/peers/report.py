"""What is printed, and what is written as JSON."""
import statistics
from dataclasses import dataclass

from .contenders import OURS, PEERS, Problem
from .measure import Outcome

IDLE_SHARE_LIMIT = 0.02  # of a processor


@dataclass
class Result:
    problem: Problem
    outcomes: dict[str, Outcome]
    inferences_a_turn: int

    def fastest_peer(self, figure: str) -> tuple[str, float] | None:
        """By `median_ms` or `best_ms`."""
        times = {
            name: getattr(outcome, figure) for name, outcome in self.outcomes.items()
            if name != OURS and outcome.turns and outcome.failure is None}
        return min(times.items(), key=lambda entry: entry[1]) if times else None

    def ratio(self, figure: str) -> float | None:
        """How many times as fast as the fastest peer ours is."""
        ours, peer = self.outcomes.get(OURS), self.fastest_peer(figure)
        if ours is None or ours.failure is not None or not ours.turns or peer is None:
            return None
        return peer[1] / getattr(ours, figure)

    def closest_peer(self) -> tuple[str, float] | None:
        """The peer for which the median over rounds of its time over ours in the same round is least.

        What slows the machine for longer than a round meets both numbers of a quotient.
        """
        ours = self.outcomes.get(OURS)
        if ours is None or ours.failure is not None or not ours.turns:
            return None
        ratios = {
            name: statistics.median(
                turn.median_ms / own.median_ms
                for turn, own in zip(outcome.turns, ours.turns, strict=True))
            for name, outcome in self.outcomes.items()
            if name != OURS and outcome.turns and outcome.failure is None}
        return min(ratios.items(), key=lambda entry: entry[1]) if ratios else None

    def json(self) -> dict[str, object]:
        contenders = {}
        for name, outcome in self.outcomes.items():
            if outcome.failure is not None:
                contenders[name] = {"failure": outcome.failure}
                continue
            contenders[name] = {
                "median_ms": outcome.median_ms, "best_ms": outcome.best_ms,
                "turn_medians_ms": [turn.median_ms for turn in outcome.turns],
                "settings": outcome.settings, "idle_processor_share": round(outcome.idle_share, 4)}
        fastest = self.fastest_peer("median_ms")
        closest = self.closest_peer()
        return {
            "network": self.problem.network, "input_size": self.problem.size,
            "element_type": self.problem.element_type, "threads": self.problem.threads,
            "inferences_a_turn": self.inferences_a_turn, "contenders": contenders,
            "fastest_peer": fastest[0] if fastest else None,
            "closest_peer": closest[0] if closest else None,
            "ratio_of_rounds": closest[1] if closest else None,
            "ratio_of_medians": self.ratio("median_ms"), "ratio_of_bests": self.ratio("best_ms")}


def title(name: str) -> str:
    return OURS if name == OURS else PEERS[name].title


def _aligned(rows: list[list[str]], left: int) -> list[str]:
    """The first `left` columns are aligned left, the others right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [
        "  ".join(
            cell.ljust(width) if index < left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths))).rstrip()
        for row in rows]


def _cell(outcome: Outcome | None) -> str:
    if outcome is None:
        return "-"
    if outcome.failure is not None or not outcome.turns:
        return "failed"
    digits = 2 if outcome.best_ms < 100 else 1
    return f"{outcome.median_ms:.{digits}f} / {outcome.best_ms:.{digits}f}"


def _times(number: float | None) -> str:
    return "-" if number is None else f"{number:.2f}"


def table(results: list[Result], names: list[str]) -> list[str]:
    rows = [["network", "type", "threads", *map(title, names), "ratio", "best"]]
    for result in results:
        problem = result.problem
        closest = result.closest_peer()
        rows.append([
            f"{problem.network}, {problem.size}", problem.element_type, f"{problem.threads}",
            *[_cell(result.outcomes.get(name)) for name in names],
            _times(closest[1] if closest else None), _times(result.ratio("best_ms"))])
    return _aligned(rows, 2)


def notes(results: list[Result], names: list[str], versions: dict[str, str]) -> list[str]:
    """Settings of each contender, what failed, and what may have disturbed the rest."""
    rows = []
    for name in names:
        settings = dict.fromkeys(
            result.outcomes[name].settings for result in results
            if name in result.outcomes and result.outcomes[name].settings)
        rows.append([title(name), versions[name], "; ".join(settings)])
    lines = _aligned(rows, 3) + [""]
    for result in results:
        where = str(result.problem)
        for name, outcome in result.outcomes.items():
            if outcome.failure is not None:
                lines.append(f"{title(name)}, {where}: {outcome.failure}")
            elif outcome.idle_share > IDLE_SHARE_LIMIT:
                lines.append(
                    f"{title(name)}, {where}: took {outcome.idle_share:.0%} of a processor while "
                    "others ran")
    return lines
