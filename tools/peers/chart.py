"""The chart of the README: times relative to ours, a panel an element type."""
from collections.abc import Iterable
from html import escape

from .contenders import OURS
from .report import Result, title

LABELS, PANEL, GAP = 205, 330, 34  # widths: networks' names, one panel's bars, between panels
BAR, BETWEEN_GROUPS, TOP, BOTTOM = 15, 16, 86, 34  # heights
ROOM = 54  # at the end of an axis, for the number behind the longest bar
STYLE = """
  text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .card { fill: #ffffff; stroke: #d1d9e0 }
  .heading { font-size: 15px; font-weight: 600 }
  .panel, .network { font-weight: 600 }
  .quiet { fill: #59636e }
  .value { paint-order: stroke; stroke: #ffffff; stroke-width: 3px }
  .grid { stroke: #d1d9e0 }
  .one { stroke: #59636e; stroke-dasharray: 3 3 }
  .mnv4 { fill: #d9480f } .onnxruntime { fill: #4c78a8 } .openvino { fill: #72a36b }
  .executorch { fill: #9a79b8 } .litert { fill: #8f9aa6 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .card { fill: #0d1117; stroke: #3d444d }
    .quiet { fill: #9198a1 }
    .value { stroke: #0d1117 }
    .grid { stroke: #2f353d }
    .one { stroke: #9198a1 }
    .mnv4 { fill: #ff7b3d } .onnxruntime { fill: #6f9fd8 } .openvino { fill: #85bd7d }
    .executorch { fill: #b493d3 } .litert { fill: #7d8792 }
  }
"""


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    return (f'<text x="{x:g}" y="{y:g}" class="{style}" text-anchor="{anchor}">'
            f"{escape(text)}</text>")


def _milliseconds(time: float) -> str:
    return f"{time:.0f}" if time >= 99.5 else f"{time:.1f}" if time >= 9.95 else f"{time:.2f}"


def _relative(result: Result) -> dict[str, tuple[float, float]]:
    """Each contender's median in milliseconds and in units of ours, those that have one."""
    times = {
        name: outcome.median_ms for name, outcome in result.outcomes.items()
        if outcome.failure is None and outcome.turns}
    return {name: (time, time / times[OURS]) for name, time in times.items()}


def chart(results: Iterable[Result], names: list[str], caption: str) -> str:
    """An SVG of the results of one thread count in which ours has a time."""
    results = [
        result for result in results
        if result.outcomes[OURS].failure is None and result.outcomes[OURS].turns]
    types = list(dict.fromkeys(result.problem.element_type for result in results))
    networks = list(dict.fromkeys(
        (result.problem.network, result.problem.size) for result in results))
    found = {
        (result.problem.network, result.problem.size, result.problem.element_type):
            _relative(result) for result in results}
    threads = results[0].problem.threads if results else 1
    group = BAR * len(names) + BETWEEN_GROUPS
    bottom = TOP + group * len(networks)
    width = 16 + LABELS + (PANEL + GAP) * max(len(types), 1) - GAP + 16
    height = bottom + BOTTOM
    heading = "Time for one picture, mnv4 = 1; shorter is faster"
    count = f"{threads} thread" + ("s" if threads > 1 else "")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img">',
        f"<title>{escape(heading)}</title><style>{STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        _text(16, 26, heading, "heading"), _text(width - 16, 26, count, "quiet", "end")]
    x = 16
    for name in names:
        parts.append(f'<rect class="{name}" x="{x}" y="39" width="11" height="11" rx="2"/>')
        parts.append(_text(x + 17, 49, title(name)))
        x += 17 + 7.2 * len(title(name)) + 24
    for index, (network, size) in enumerate(networks):
        y = TOP + group * index + BAR * len(names) / 2
        parts += [_text(16, y, network, "network"), _text(16, y + 15, f"{size} × {size}", "quiet")]
    for index, element_type in enumerate(types):
        left = 16 + LABELS + (PANEL + GAP) * index
        values = [found.get((*network, element_type), {}) for network in networks]
        longest = max((ratio for row in values for _, ratio in row.values()), default=1)
        scale = (PANEL - ROOM) / longest
        parts.append(_text(left, TOP - 12, element_type, "panel"))
        parts += _axis(left, bottom - BETWEEN_GROUPS + 4, scale, longest)
        for row, times in enumerate(values):
            for place, name in enumerate(names):
                y = TOP + group * row + BAR * place
                if name not in times:
                    parts.append(_text(left + 5, y + BAR - 4, "–", "quiet"))
                    continue
                time, ratio = times[name]
                parts.append(
                    f'<rect class="{name}" x="{left}" y="{y + 1}" width="{ratio * scale:.1f}" '
                    f'height="{BAR - 2}" rx="1.5"/>')
                parts.append(
                    _text(left + round(ratio * scale, 1) + 5, y + BAR - 4,
                          f"{_milliseconds(time)} ms", "value"))
    parts += [_text(16, height - 12, caption, "quiet"), "</svg>"]
    return "\n".join(parts) + "\n"


def _axis(left: float, bottom: float, scale: float, longest: float) -> list[str]:
    """Lines at whole multiples of our time, few enough to stand apart."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 10 ** 6) if longest / step <= 6)
    parts = []
    for multiple in dict.fromkeys([0, 1, *range(0, int(longest) + 1, step)]):
        x = left + multiple * scale
        style = "one" if multiple == 1 else "grid"
        parts.append(
            f'<line class="{style}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 4}" y2="{bottom:g}"/>')
    return parts
