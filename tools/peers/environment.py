"""The Python environment of the peers, and the exported networks, in a folder that git ignores."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

from .failure import Failure

FOLDER = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = FOLDER / "requirements.txt"
OLDEST_PYTHON, PYTHON_TOO_NEW = (3, 11), (3, 14)
# Builds of PyTorch without CUDA: a tenth of the download. Where it does not answer, PyPI's serve.
SMALLER_PYTORCH = "https://download.pytorch.org/whl/cpu"


def digest(*paths: pathlib.Path) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()[:16]


class Environment:
    """A virtual environment with the packages of requirements.txt."""

    def __init__(self, cache: pathlib.Path) -> None:
        self.cache = cache
        self.root = cache / "venv"
        self.python = self.root / "bin/python"

    def prepare(self) -> None:
        """Makes it where it is missing or has other packages than requirements.txt says."""
        stamp = self.root / "requirements-sha256"
        wanted = digest(REQUIREMENTS)
        if stamp.exists() and stamp.read_text() == wanted and self.python.exists():
            return
        if not OLDEST_PYTHON <= sys.version_info[:2] < PYTHON_TOO_NEW:
            raise Failure(
                f"expected Python 3.11 to 3.13, which the packages of {REQUIREMENTS.name} have builds "
                f"for, found {sys.version.split()[0]}")
        print(f"installing peers in {self.root} (minutes and about 3 GB, once)", file=sys.stderr)
        shutil.rmtree(self.root, ignore_errors=True)
        self.cache.mkdir(parents=True, exist_ok=True)
        self._call([sys.executable, "-m", "venv", self.root], self._without_venv())
        command = [
            self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            "--requirement", REQUIREMENTS]
        if self._answers(SMALLER_PYTORCH):
            command += ["--extra-index-url", SMALLER_PYTORCH]
        self._call(command, "pip could not install the packages (is PyPI reachable?)")
        stamp.write_text(wanted)

    def run(self, module: str, *arguments: object, log: pathlib.Path) -> int:
        """Runs a module of this package to its end; its exit status."""
        with log.open("w") as sink:
            return subprocess.run(
                self.command(module, *arguments), env=self.variables(), cwd=FOLDER.parent,
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink).returncode

    def command(self, module: str, *arguments: object) -> list[str]:
        return [str(self.python), "-m", f"peers.{module}", *map(str, arguments)]

    @staticmethod
    def variables() -> dict[str, str]:
        """Of this process, with warnings off and nothing fetched or reported over the network."""
        return os.environ | {
            "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(FOLDER.parent), "HF_HUB_OFFLINE": "1",
            "TORCH_CPP_LOG_LEVEL": "ERROR", "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"}

    def versions(self, packages: list[str]) -> dict[str, str]:
        script = (
            "import sys, importlib.metadata as m\n"
            "for name in sys.argv[1:]: print(name, m.version(name))")
        done = subprocess.run(
            [self.python, "-c", script, *packages], check=True, capture_output=True, text=True)
        return dict(line.split() for line in done.stdout.splitlines())

    @staticmethod
    def _answers(address: str) -> bool:
        try:
            with urllib.request.urlopen(address + "/torch/", timeout=5):
                return True
        except (OSError, urllib.error.URLError):
            return False

    @staticmethod
    def _without_venv() -> str:
        return (
            "Python could not make a virtual environment; on Debian: "
            f"apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv")

    def _call(self, command: list, complaint: str) -> None:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            shutil.rmtree(self.root, ignore_errors=True)
            raise Failure(f"{done.stdout.strip()}\n{complaint}")


class Exports:
    """Networks in the forms that peers read, each made once."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        sources = [FOLDER / "export.py", FOLDER / "networks.py", REQUIREMENTS]
        sources += sorted((FOLDER.parent / "reference_networks").glob("*.py"))
        self.root = environment.cache / "networks" / digest(*sources)

    def folder(self, network: str, size: int) -> pathlib.Path:
        return self.root / f"{network}-{size}"

    def missing(self, network: str, size: int, forms: list[str]) -> list[str]:
        return [form for form in forms if not (self.folder(network, size) / form).exists()]

    def prepare(self, network: str, size: int, forms: list[str]) -> dict[str, str]:
        """Makes the forms that are missing; why, for each that cannot be made."""
        missing = self.missing(network, size, forms)
        if not missing:
            return {}
        folder = self.folder(network, size)
        folder.mkdir(parents=True, exist_ok=True)
        for form in missing:
            (folder / f"{form}.error").unlink(missing_ok=True)
        log = folder / "log.txt"
        status = self.environment.run("export", network, size, folder, *missing, log=log)
        reasons = {}
        for form in self.missing(network, size, forms):
            written = folder / f"{form}.error"
            reason = written.read_text() if written.exists() else f"export ended with {status}"
            reasons[form] = f"not exported: {reason} (see {log})"
        return reasons
