"""What is known of the machine."""
import os
import pathlib
import platform


def cores() -> list[int]:
    """The processors that this process may use."""
    return sorted(os.sched_getaffinity(0))


def load_average() -> float:
    """Of the last minute."""
    return os.getloadavg()[0]


def describe() -> dict[str, object]:
    information = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        information.setdefault(key.strip(), value.strip())
    flags = information.get("flags", "").split()
    notable = ("avx2", "fma", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_int8")
    numbers = [information.get(key) for key in ("cpu family", "model", "stepping")]
    return {
        "processor": information.get("model name", platform.machine()),
        "family_model_stepping": "/".join(number or "?" for number in numbers),
        "features": [flag for flag in notable if flag in flags],
        "processors": len(cores()),
        "virtual": "hypervisor" in flags,
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
    }
