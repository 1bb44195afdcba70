"""Those who take turns: ours, a process a turn, and the peers, a worker each."""
import contextlib
import json
import os
import pathlib
import select
import subprocess
import time
from dataclasses import dataclass

from .environment import FOLDER, Environment
from .failure import Failure

OURS = "mnv4"


@dataclass(frozen=True)
class Problem:
    """What is measured at a time."""
    network: str
    size: int
    element_type: str
    threads: int

    def __str__(self) -> str:
        return f"{self.network} {self.size} {self.element_type}, threads: {self.threads}"


@dataclass(frozen=True)
class Turn:
    """One contender's batch of inferences."""
    median_ms: float
    minimum_ms: float


@dataclass(frozen=True)
class Peer:
    """`package` is its name on PyPI, `form` the suffix of the files it reads."""
    title: str
    package: str
    form: str


PEERS = {
    "onnxruntime": Peer("ONNX Runtime", "onnxruntime", "onnx"),
    "openvino": Peer("OpenVINO", "openvino", "onnx"),
    "executorch": Peer("ExecuTorch", "executorch", "pte"),
    "litert": Peer("LiteRT", "ai-edge-litert", "tflite"),
}


def pinned(command: list[str], cores: list[int]) -> list[str]:
    """The command on these cores, with every thread it makes."""
    return ["taskset", "--cpu-list", ",".join(map(str, cores)), *command]


def summary(times: list[float]) -> Turn:
    """The median by nearest rank, as mnv4-bench has it."""
    ordered = sorted(times)
    return Turn(ordered[(len(ordered) + 1) // 2 - 1], ordered[0])


class Ours:
    """`mnv4-bench`, started anew for each turn; it warms up with ten inferences."""

    name = OURS

    def __init__(self, program: pathlib.Path, problem: Problem, cores: list[int]) -> None:
        self.command = pinned(
            [str(program), problem.network, "--input-size", str(problem.size), "--element-type",
             problem.element_type, "--threads", str(problem.threads), "--json"], cores)
        self.settings = ""

    def turn(self, count: int) -> Turn:
        done = subprocess.run(
            [*self.command, "--runs", str(count)], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(done.stderr.strip() or f"mnv4-bench ended with {done.returncode}")
        result = json.loads(done.stdout)
        self.settings = result["backend"]
        return Turn(result["p50_ms"], result["min_ms"])

    def idle_seconds(self) -> float:
        return 0


class Worker:
    """A peer in a process that lives through many problems."""

    WARM_UP = 10
    TIME_LIMIT = 600
    REST_LIMIT = 1.0

    def __init__(self, name: str, environment: Environment, threads: int, cores: list[int],
                 log: pathlib.Path) -> None:
        self.name, self.threads, self.settings, self.log = name, threads, "", log
        with log.open("w") as sink:
            self.process = subprocess.Popen(
                pinned(environment.command("worker", name, threads), cores), stderr=sink,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=FOLDER.parent,
                env=environment.variables() | {"OMP_NUM_THREADS": str(threads)})
        self._processor_seconds_at_rest = 0.0

    def load(self, path: pathlib.Path, reference: pathlib.Path, least_correlation: float) -> None:
        """Readies a network, and refuses one whose logits are not the reference's."""
        answer = self._ask({"load": str(path), "reference": str(reference)})
        self.settings = answer["settings"]
        if not answer["correlation"] >= least_correlation:  # nor NaN
            raise Failure(
                f"logits correlate {answer['correlation']:.4f} with PyTorch's, expected at least "
                f"{least_correlation}")

    def turn(self, count: int) -> Turn:
        times = self._ask({"run": count, "warm_up": self.WARM_UP})["milliseconds"]
        self._come_to_rest()
        return summary(times)

    def idle_seconds(self) -> float:
        """Processor time since the last turn ended, which should be none."""
        return self._processor_seconds() - self._processor_seconds_at_rest

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):  # it is gone already
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def _come_to_rest(self) -> None:
        """Waits for its threads, which may spin for a moment, to sleep."""
        limit = time.monotonic() + self.REST_LIMIT
        before, after = -1.0, self._processor_seconds()
        while after > before and time.monotonic() < limit:
            time.sleep(0.03)
            before, after = after, self._processor_seconds()
        self._processor_seconds_at_rest = after

    def _ask(self, request: dict) -> dict:
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failure(self._obituary()) from None
        # One answer a request, so that nothing waits in the reader's buffer.
        ready, _, _ = select.select([self.process.stdout], [], [], self.TIME_LIMIT)
        if not ready:
            self.process.kill()
            raise Failure(f"no answer in {self.TIME_LIMIT} s")
        line = self.process.stdout.readline()
        if not line:
            raise Failure(self._obituary())
        answer = json.loads(line)
        if "error" in answer:
            raise Failure(answer["error"].splitlines()[0])
        return answer

    def _obituary(self) -> str:
        return f"ended with {self.process.wait()} (see {self.log})"

    def _processor_seconds(self) -> float:
        try:
            stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        except OSError:
            return 0
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
