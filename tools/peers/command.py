"""`tools/bench-peers`: arguments, and the order of things."""
import argparse
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys

from . import machine
from .chart import chart
from .contenders import OURS, PEERS, Ours, Problem, Worker
from .environment import Environment, Exports
from .failure import Failure
from .measure import Outcome, Progress, Schedule, measure
from .report import Result, notes, table

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = {
    "mobilenetv4_conv_small": 224, "mobilenetv4_conv_medium": 256, "mobilenetv4_conv_large": 384,
    "mobilenetv2_100": 224, "mobilenext_100": 224, "mobilenetv4_hybrid_medium": 256}
DEFAULT_NETWORKS = [name for name in SIZES if "hybrid" not in name]
# Element types, and how far a peer's logits must agree with PyTorch's float ones.
TYPES = {"float32": 0.999999, "int8": 0.9}
REFERENCE = "reference.npz"
BUSY = 0.5  # a load average above which times mean little

DESCRIPTION = """\
Measures mnv4 and other runtimes on the same networks, in turns, in one run.

  tools/bench-peers                                     # everything; about twenty minutes
  tools/bench-peers --quick --networks mobilenetv2_100  # a first look
  tools/bench-peers --json results.json --svg chart.svg

The first use installs the peers in .build/peers and exports the networks. Let the machine do nothing
else meanwhile. How things are measured is said in tools/peers/README.md."""


def networks(text: str) -> list[tuple[str, int]]:
    """A list of NAME or NAME@SIZE."""
    found = []
    for item in text.split(","):
        name, _, size = item.partition("@")
        if not size and name not in SIZES:
            raise argparse.ArgumentTypeError(
                f"'{name}': expected one of {', '.join(SIZES)}, or NAME@SIZE")
        if size and not (size.isdecimal() and 32 <= int(size) <= 1024):
            raise argparse.ArgumentTypeError(f"'{item}': expected a size from 32 to 1024")
        found.append((name, int(size) if size else SIZES[name]))
    return list(dict.fromkeys(found))


def choices(allowed):
    def parse(text: str) -> list[str]:
        for item in text.split(","):
            if item not in allowed:
                raise argparse.ArgumentTypeError(
                    f"'{item}': expected a list of {', '.join(allowed)}")
        return list(dict.fromkeys(text.split(",")))
    return parse


def positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"'{text}': expected a whole number from 1 to 100000")
    return int(text)


def thread_counts(text: str) -> list[int]:
    return sorted({positive(item) for item in text.split(",")})


class Parser(argparse.ArgumentParser):
    """Wrong usage ends with the status that the commands of the project have for it."""

    def error(self, message: str) -> None:
        self.print_usage(sys.stderr)
        self.exit(os.EX_USAGE, f"bench-peers: {message}\n")


def arguments() -> argparse.Namespace:
    parser = Parser(
        prog="tools/bench-peers", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--networks", type=networks, metavar="LIST",
        default=[(name, SIZES[name]) for name in DEFAULT_NETWORKS],
        help=f"NAME or NAME@SIZE, comma-separated (default: {','.join(DEFAULT_NETWORKS)})")
    parser.add_argument(
        "--types", type=choices(TYPES), default=list(TYPES), metavar="LIST",
        help="float32, int8 (default: both)")
    parser.add_argument(
        "--threads", type=thread_counts, default=[1, 2], metavar="LIST", help="(default: 1,2)")
    parser.add_argument(
        "--peers", type=choices(PEERS), default=list(PEERS), metavar="LIST",
        help=f"(default: {','.join(PEERS)})")
    parser.add_argument("--rounds", type=positive, help="turns of each contender (default: 12)")
    parser.add_argument("--batch", type=positive, help="least inferences a turn (default: 20)")
    parser.add_argument("--quick", action="store_true", help="3 rounds of short turns, to see that all works")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every figure")
    parser.add_argument(
        "--svg", type=pathlib.Path, metavar="FILE",
        help="write a chart, of the first of the thread counts")
    parser.add_argument(
        "--ours", type=pathlib.Path, metavar="PROGRAM",
        help="an mnv4-bench (default: that of this checkout, built first)")
    parser.add_argument(
        "--cache", type=pathlib.Path, default=ROOT / ".build/peers", metavar="FOLDER",
        help="where peers and exported networks are kept (default: .build/peers)")
    parser.add_argument(
        "--prepare", action="store_true", help="install and export, then stop")
    found = parser.parse_args()
    found.schedule = Schedule(
        found.rounds or (3 if found.quick else 12), found.batch or (10 if found.quick else 20),
        0.1 if found.quick else 0.3)
    found.cache = found.cache.resolve()
    if max(found.threads) > len(machine.cores()):
        parser.error(
            f"--threads: expected at most {len(machine.cores())}, the processors that this process "
            f"may use, found {max(found.threads)}")
    for path in (found.json, found.svg):
        if path is not None and not path.absolute().parent.is_dir():
            parser.error(f"{path}: there is no folder {path.absolute().parent}")
    return found


def our_program(given: pathlib.Path | None) -> pathlib.Path:
    if given is not None:
        if not os.access(given, os.X_OK) or not given.is_file():
            raise Failure(f"{given}: not a program")
        return given.resolve()
    if shutil.which("swift") is None:
        raise Failure("Swift is not on the PATH; see README.md, or name a program with --ours")
    print("building mnv4-bench", file=sys.stderr)
    build = ["swift", "build", "-c", "release", "--product", "mnv4-bench", "--quiet"]
    for command in ([ROOT / "tools/setup"], build):
        if subprocess.run(command, cwd=ROOT, stdout=sys.stderr).returncode != 0:
            raise Failure("mnv4-bench could not be built")
    return ROOT / ".build/release/mnv4-bench"


def our_version(given: pathlib.Path | None) -> str:
    if given is not None:
        return given.name
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


class Run:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.environment = Environment(options.cache)
        self.exports = Exports(self.environment)
        self.names = [OURS, *options.peers]
        self.unavailable: dict[tuple[str, int, str], str] = {}
        self.workers: dict[str, Worker] = {}
        self.program = pathlib.Path()

    def prepare(self) -> None:
        """Everything that takes processor time and is not measured."""
        self.program = our_program(self.options.ours)
        self.environment.prepare()
        kinds = dict.fromkeys(PEERS[name].form for name in self.options.peers)
        forms = [REFERENCE]
        forms += [f"{element_type}.{kind}" for kind in kinds for element_type in self.options.types]
        missing = [
            (*network, len(self.exports.missing(*network, forms)))
            for network in self.options.networks]
        progress = Progress(sum(count for *_, count in missing))
        for name, size, count in missing:
            if count:
                print(f"exporting {name} {size}: {count} files", file=sys.stderr)
            for form, reason in self.exports.prepare(name, size, forms).items():
                self.unavailable[name, size, form] = reason
                print(f"{name} {form}: {reason}", file=sys.stderr)
            if count:
                progress.advance(f"exported {name}", count)
        progress.finish()

    def measure(self) -> list[Result]:
        problems = [
            Problem(name, size, element_type, threads) for threads in self.options.threads
            for name, size in self.options.networks for element_type in self.options.types]
        progress = Progress(len(problems) * self.options.schedule.rounds * len(self.names))
        results = []
        try:
            for problem in problems:
                results.append(self._measure(problem, progress))
        finally:
            progress.finish()
            self._close(list(self.workers))
        return results

    def _measure(self, problem: Problem, progress: Progress) -> Result:
        cores = machine.cores()[:problem.threads]
        contenders: list[Ours | Worker] = [Ours(self.program, problem, cores)]
        failures: dict[str, Outcome] = {}
        for name in self.options.peers:
            try:
                contenders.append(self._loaded(name, problem, cores))
            except Failure as failure:
                failures[name] = Outcome(failure=str(failure))
                progress.advance(str(problem), self.options.schedule.rounds)
        outcomes, count = measure(problem, contenders, self.options.schedule, progress)
        self._close([name for name in outcomes if name != OURS and outcomes[name].failure])
        together = outcomes | failures
        return Result(problem, {name: together[name] for name in self.names}, count)

    def _loaded(self, name: str, problem: Problem, cores: list[int]) -> Worker:
        """The peer's worker for this thread count, with the problem's network."""
        form = f"{problem.element_type}.{PEERS[name].form}"
        reason = self.unavailable.get((problem.network, problem.size, form))
        if reason is not None:
            raise Failure(reason)
        worker = self.workers.get(name)
        if worker is not None and worker.threads != problem.threads:
            self._close([name])
            worker = None
        if worker is None:
            log = self.options.cache / f"worker-{name}.log"
            worker = Worker(name, self.environment, problem.threads, cores, log)
            self.workers[name] = worker
        folder = self.exports.folder(problem.network, problem.size)
        try:
            worker.load(folder / form, folder / REFERENCE, TYPES[problem.element_type])
        except Failure:
            self._close([name])
            raise
        return worker

    def _close(self, names: list[str]) -> None:
        for name in names:
            worker = self.workers.pop(name, None)
            if worker is not None:
                worker.close()


def run() -> None:
    options = arguments()
    this = Run(options)
    this.prepare()
    if options.prepare:
        return
    load_before = machine.load_average()
    if load_before > BUSY:
        print(f"the machine is busy (load average {load_before:.1f}): times will mean little",
              file=sys.stderr)
    results = this.measure()
    versions = this.environment.versions([PEERS[name].package for name in options.peers])
    named = {name: versions[PEERS[name].package] for name in options.peers}
    named[OURS] = our_version(options.ours)
    about = machine.describe()
    date = datetime.date.today().isoformat()
    features = " ".join(about["features"])
    lines = [
        f"{about['processor']} ({about['family_model_stepping']}; {features}), {about['system']}, "
        f"{date}",
        f"Milliseconds a picture, median / best of {options.schedule.rounds} turns; "
        "ratio: a peer's over ours, median of the rounds' ratios, the least of the peers'; best: the "
        "fastest peer's best over ours", ""]
    lines += table(results, this.names) + [""] + notes(results, this.names, named)
    print("\n".join(lines).rstrip())
    if options.json is not None:
        options.json.write_text(json.dumps({
            "date": date, "machine": about, "versions": named, "rounds": options.schedule.rounds,
            "load_average_before": load_before,
            "results": [result.json() for result in results]}, indent=1) + "\n")
    if options.svg is not None:
        first = [result for result in results if result.problem.threads == options.threads[0]]
        peers = ", ".join(f"{PEERS[name].title} {named[name]}" for name in options.peers)
        options.svg.write_text(chart(first, this.names, f"{about['processor']}, {date}. {peers}."))
    if not all(result.outcomes[OURS].turns for result in results):
        raise Failure("mnv4 failed on a network (above)")


def main() -> None:
    try:
        run()
    except Failure as failure:
        sys.exit(f"bench-peers: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
