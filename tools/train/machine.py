"""The processor or GPU that trains, and settings of the process."""
import ctypes
import dataclasses
import os
import platform
import subprocess

import torch

from .failure import Failure

# glibc's names of what mallopt sets.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


@dataclasses.dataclass(frozen=True)
class Machine:
    device: torch.device
    name: str
    threads: int


def prepare(device: str, threads: int | None) -> Machine:
    """Sets up the process: repeatable operations, threads, and memory that is kept for reuse."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda":
        if not torch.cuda.is_available():
            raise Failure("--device cuda: PyTorch finds no GPU")
        # Repeatable cuBLAS products need it, before the first one.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        # Measuring is in float32, not in the 19 bits that convolutions may use else.
        torch.backends.cudnn.allow_tf32 = False
    # Some operations have no repeatable form on a GPU; those say so there.
    torch.use_deterministic_algorithms(True, warn_only=device == "cuda")
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.benchmark = False
    threads = threads or len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    if device == "cpu":
        keep_memory()
    name = torch.cuda.get_device_name() if device == "cuda" else processor()
    return Machine(torch.device(device), name, threads)


def keep_memory() -> None:
    """Lets glibc reuse the memory of large tensors instead of asking the kernel for each anew,
    which costs half of the time of some networks. Without glibc nothing changes.
    """
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, -1)
    except (AttributeError, OSError):
        pass


def processor() -> str:
    try:
        lines = subprocess.run(["lscpu"], capture_output=True, text=True, check=True).stdout
        for line in lines.splitlines():
            if line.startswith("Model name:"):
                return line.split(":", 1)[1].strip()
    except (OSError, subprocess.CalledProcessError):
        pass
    return platform.processor() or platform.machine()
