"""Decodes pictures once to bytes of one size, and keeps those for the next time.

Classes are in the order of their names, and so are the pictures of a class.
"""
import collections.abc
import concurrent.futures
import io
import json
import os
import pathlib
import shutil
import tempfile

import numpy as np
import PIL.Image
import torch

from .data import SPLITS, Data, Split, digest_of
from .failure import Failure
from .sources import Entries, entries_of, source_key

MOST_PIXELS = 64 << 20  # of one decoded picture
VERSION = 1  # of what is kept

Say = collections.abc.Callable[[str], None]
Read = collections.abc.Callable[[], bytes]


def load(source: pathlib.Path, size: int | None, cache: pathlib.Path, say: Say) -> Data:
    """The pictures of `source`, scaled to `size` (None: their own, one for all).

    `say` is called with a line of progress. Raises `Failure` where there is no such source, where
    its classes or pictures do not fit together, and where a picture cannot be decoded.
    """
    folder = cache / f"{source_key(source)}-{size or 'own'}"
    found = _cached(folder)
    if found is None:
        say(f"decoding the pictures of {source}, once")
        found = _decoded(source, entries_of(source), size)
        _keep(found, folder, say)
    return found


def _pixels(content: bytes, size: int | None) -> np.ndarray:
    """[height, width, 3]; scaled so that the shorter side is `size`, and the middle cut out."""
    with PIL.Image.open(io.BytesIO(content)) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError(
                f"{picture.width} x {picture.height}: expected at most {MOST_PIXELS} pixels")
        picture = picture.convert("RGB")
        if size is not None and picture.size != (size, size):
            side = min(picture.size)
            left, top = (picture.width - side) / 2, (picture.height - side) / 2
            picture = picture.resize(
                (size, size), PIL.Image.Resampling.BILINEAR, (left, top, left + side, top + side))
        return np.asarray(picture)


def _decoded(source: pathlib.Path, entries: Entries, size: int | None) -> Data:
    names = {split: sorted(n.split("/", 1)[1] for n in entries if n.startswith(f"{split}/"))
             for split in SPLITS}
    labels = {split: sorted({name.split("/")[0] for name in names[split]}) for split in SPLITS}
    classes = labels["train"]
    if len(classes) < 2:
        raise Failure(f"{source}: expected train/CLASS/PICTURE for two classes at least;"
                      f" found {len(classes)}")
    if classes != labels["test"]:
        odd = sorted(set(classes) ^ set(labels["test"]))
        raise Failure(f"{source}: expected the same classes with pictures under train and test;"
                      f" found only in one: {', '.join(odd[:10])}")
    if size is None:
        first = f"train/{names['train'][0]}"
        height, width, _ = _picture(source, first, entries[first], None).shape
        if height != width:
            raise Failure(f"{source}: '{first}' is {width} x {height}; say --size")
        size, scaled = height, None
    else:
        scaled = size

    def split(name: str) -> Split:
        files = names[name]
        try:
            pixels = np.empty((len(files), size, size, 3), np.uint8)
        except MemoryError as error:
            raise Failure(f"{source}: {len(files)} pictures of {size} x {size} need more memory"
                          " than there is") from error

        def fill(index: int) -> None:
            path = f"{name}/{files[index]}"
            picture = _picture(source, path, entries[path], scaled)
            if picture.shape != (size, size, 3):
                raise Failure(
                    f"{source}: '{path}' is {picture.shape[1]} x {picture.shape[0]}, others are"
                    f" {size} x {size}; say --size")
            pixels[index] = picture

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            try:
                for _ in pool.map(fill, range(len(files))):
                    pass
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        index_of = {label: index for index, label in enumerate(classes)}
        indices = [index_of[file.split("/")[0]] for file in files]
        return Split(files, torch.from_numpy(pixels), torch.tensor(indices))

    train, test = split("train"), split("test")
    return Data(classes, train, test, size, digest_of(classes, (train, test)))


def _picture(source: pathlib.Path, name: str, read: Read, size: int | None) -> np.ndarray:
    try:
        return _pixels(read(), size)
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise Failure(f"{source}: '{name}' cannot be decoded: {error}") from error


def _cached(folder: pathlib.Path) -> Data | None:
    """None where there is none, or not what was written."""
    try:
        facts = json.loads((folder / "data.json").read_text())
        if facts["version"] != VERSION:
            return None
        classes, size = facts["classes"], facts["size"]
        splits = []
        for name in SPLITS:
            files = facts[name]
            pixels = np.load(folder / f"{name}.npy", allow_pickle=False)
            if pixels.shape != (len(files), size, size, 3) or pixels.dtype != np.uint8:
                return None
            index_of = {label: index for index, label in enumerate(classes)}
            splits.append(Split(files, torch.from_numpy(pixels), torch.tensor(
                [index_of[file.split("/")[0]] for file in files])))
        data = Data(classes, splits[0], splits[1], size, facts["sha256"])
        return data if digest_of(classes, (data.train, data.test)) == data.sha256 else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(data: Data, folder: pathlib.Path, say: Say) -> None:
    """Whole or not at all; a cache that cannot be written costs only the time of the next start."""
    temporary = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = pathlib.Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
        for name, split in zip(SPLITS, (data.train, data.test)):
            np.save(temporary / f"{name}.npy", split.pixels.numpy())
        (temporary / "data.json").write_text(json.dumps({
            "version": VERSION, "classes": data.classes, "size": data.size, "sha256": data.sha256,
            "train": data.train.files, "test": data.test.files}))
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
        os.replace(temporary, folder)
    except OSError as error:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        if not folder.exists():
            say(f"the decoded pictures are not kept: {error}")
