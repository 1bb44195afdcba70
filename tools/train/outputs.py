"""The files that a training leaves."""
import collections.abc
import csv
import errno
import io
import json
import os
import pathlib
from typing import IO, Any

import numpy as np
import safetensors.torch
import torch

from .failure import Failure


def replace_file(path: pathlib.Path, write: collections.abc.Callable[[IO[bytes]], Any]) -> None:
    """Writes beside and renames: at `path` is the old content or the new one, never a part.

    Raises `Failure` where it cannot; no two processes may do so for one path at a time.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:
        # PyTorch reports a failed write as a RuntimeError of its own.
        temporary.unlink(missing_ok=True)
        free = _free_bytes(path.parent)
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or free == 0
        raise Failure(f"{path}: cannot be written"
                      f"{': no space left' if full else f': {error}'}") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _free_bytes(folder: pathlib.Path) -> int | None:
    try:
        status = os.statvfs(folder)
        return status.f_bavail * status.f_frsize
    except OSError:
        return None


def write_text(path: pathlib.Path, text: str) -> None:
    replace_file(path, lambda file: file.write(text.encode()))


def write_json(path: pathlib.Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=1) + "\n")


def write_csv(path: pathlib.Path, header: list[str], rows: collections.abc.Iterable) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, text.getvalue())


def write_weights(path: pathlib.Path, model: torch.nn.Module, metadata: dict[str, str]) -> None:
    """The whole state dictionary: float32, and the counts of batches that normalization keeps."""
    tensors = {name: tensor.detach().cpu().contiguous()
               for name, tensor in model.state_dict().items()}
    content = _with_metadata(safetensors.torch.save(tensors), metadata)
    replace_file(path, lambda file: file.write(content))


def _with_metadata(content: bytes, metadata: dict[str, str]) -> bytes:
    """The library would write entries in an order that differs from process to process."""
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps({"__metadata__": metadata, **json.loads(content[8:begin])},
                        ensure_ascii=False, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + content[begin:]


def write_predictions(
    folder: pathlib.Path, files: list[str], labels: list[str], classes: torch.Tensor,
    logits: torch.Tensor,
) -> None:
    """test_predictions.csv and test_logits.npy, a row a picture in the order of `files`."""
    best = logits.softmax(1).max(1)
    rows = ((file, labels[truth], labels[guess], int(truth == guess), f"{chance:.6f}")
            for file, truth, guess, chance in zip(
                files, classes.tolist(), best.indices.tolist(), best.values.tolist()))
    write_csv(folder / "test_predictions.csv",
              ["file", "class", "predicted", "right", "probability"], rows)
    array = logits.numpy().astype(np.float32)
    replace_file(folder / "test_logits.npy", lambda file: np.save(file, array, allow_pickle=False))
