"""Labelled pictures from a folder or an archive, decoded once to bytes of one size.

Both hold SPLIT/CLASS/PICTURE, where SPLIT is train and test. Classes are in the order of their
names, and so are the pictures of a class.
"""
import collections.abc
import concurrent.futures
import dataclasses
import hashlib
import io
import json
import os
import pathlib
import posixpath
import shutil
import tarfile
import tempfile

import numpy as np
import PIL.Image
import torch

from .failure import Failure

SPLITS = ("train", "test")
EXTENSIONS = (".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".webp")
MOST_BYTES = 32 << 20  # of one encoded picture
MOST_PIXELS = 64 << 20  # of one decoded picture
MOST_PICTURES = 4_000_000
MOST_ENCODED_BYTES = 16 << 30  # of the pictures of an archive, which are held in memory meanwhile
VERSION = 1  # of the cache


@dataclasses.dataclass(frozen=True)
class Split:
    files: list[str]  # CLASS/PICTURE
    pixels: torch.Tensor  # [count, size, size, 3] bytes
    classes: torch.Tensor  # [count]


@dataclasses.dataclass(frozen=True)
class Data:
    classes: list[str]
    train: Split
    test: Split
    size: int
    sha256: str  # of names and decoded pixels, the same for a folder and an archive of it


Entries = dict[str, collections.abc.Callable[[], bytes]]
"""How to read each picture, by SPLIT/CLASS/PICTURE."""


def load(source: pathlib.Path, size: int | None, cache: pathlib.Path, say) -> Data:
    """The pictures of `source`, scaled to `size` (None: their own, one for all).

    `say` is called with a line of progress. Raises `Failure` where the source is not laid out as
    said above, and where a picture cannot be decoded.
    """
    key = f"{_source_key(source)}-{size or 'own'}"
    folder = cache / key
    found = _cached(folder)
    if found is None:
        say(f"decoding the pictures of {source}, once")
        found = _decoded(source, _entries(source), size)
        _keep(found, folder, say)
    return found


def subset(data: Data, per_class: int) -> Data:
    """The first pictures of each class."""
    def part(split: Split) -> Split:
        kept = torch.cat([
            torch.nonzero(split.classes == index)[:per_class, 0]
            for index in range(len(data.classes))])
        return Split(
            [split.files[index] for index in kept.tolist()], split.pixels[kept],
            split.classes[kept])

    train, test = part(data.train), part(data.test)
    return Data(data.classes, train, test, data.size, _digest(data.classes, (train, test)))


# Sources


def _source_key(source: pathlib.Path) -> str:
    """Differs when the source does: by an archive's bytes, by names, sizes and times in a folder."""
    if source.is_file():
        with source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:32]
    if not source.is_dir():
        raise Failure(f"{source}: expected a folder or an archive, found nothing there")
    digest = hashlib.sha256()
    for name, path in sorted(_files(source)):
        status = path.stat()
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(
            errors="surrogateescape"))
    return digest.hexdigest()[:32]


def _files(folder: pathlib.Path) -> collections.abc.Iterator[tuple[str, pathlib.Path]]:
    for split in SPLITS:
        if not (folder / split).is_dir():
            raise Failure(
                f"{folder}: expected the folders train and test, each with a folder a class;"
                f" found no folder {split}")
        for label in sorted((folder / split).iterdir()):
            if label.is_dir():
                for path in label.iterdir():
                    if path.suffix.lower() in EXTENSIONS and path.is_file():
                        yield f"{split}/{label.name}/{path.name}", path


def _entries(source: pathlib.Path) -> Entries:
    if source.is_dir():
        return {name: path.read_bytes for name, path in _files(source)}
    try:
        return _archive_entries(source)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise Failure(f"{source}: no archive that tar reads: {error}") from error
    except Exception as error:
        if type(error).__module__ in ("lzma", "_lzma", "zlib"):
            raise Failure(f"{source}: damaged compressed data: {error}") from error
        raise


def _archive_entries(source: pathlib.Path) -> Entries:
    """Nothing is written to disk: the pictures' encoded bytes are read into memory.

    Only plain files count, and only by the last three parts of their names; a name with '..' is
    refused.
    """
    entries: Entries = {}
    total = 0
    with tarfile.open(source, "r|*") as archive:
        for member in archive:
            parts = posixpath.normpath(member.name).split("/")
            if ".." in parts:
                raise Failure(f"{source}: '{member.name}' leads out of the archive")
            if not member.isreg() or len(parts) < 3 or parts[-3] not in SPLITS \
                    or posixpath.splitext(parts[-1])[1].lower() not in EXTENSIONS:
                continue
            name = "/".join(parts[-3:])
            total += member.size
            if member.size > MOST_BYTES:
                raise Failure(f"{source}: '{member.name}' takes {member.size} bytes;"
                              f" expected at most {MOST_BYTES}")
            if total > MOST_ENCODED_BYTES or len(entries) >= MOST_PICTURES:
                raise Failure(f"{source}: expected at most {MOST_PICTURES} pictures of"
                              f" {MOST_ENCODED_BYTES} bytes together; unpack it into a folder")
            if name in entries:
                raise Failure(f"{source}: '{name}' is there twice")
            file = archive.extractfile(member)
            content = file.read(MOST_BYTES + 1) if file else b""
            entries[name] = lambda content=content: content
    return entries


# Decoding


def _pixels(content: bytes, size: int | None) -> np.ndarray:
    """[height, width, 3]; scaled, the shorter side first, and the middle cut out."""
    with PIL.Image.open(io.BytesIO(content)) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError(
                f"{picture.width} x {picture.height}: expected at most {MOST_PIXELS} pixels")
        picture = picture.convert("RGB")
        if size is not None and picture.size != (size, size):
            scale = size / min(picture.size)
            width, height = (max(size, round(side * scale)) for side in picture.size)
            left, top = (width - size) // 2, (height - size) // 2
            picture = picture.resize((width, height), PIL.Image.Resampling.BILINEAR)
            picture = picture.crop((left, top, left + size, top + size))
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
            for _ in pool.map(fill, range(len(files)), chunksize=256):
                pass
        index_of = {label: index for index, label in enumerate(classes)}
        indices = [index_of[file.split("/")[0]] for file in files]
        return Split(files, torch.from_numpy(pixels), torch.tensor(indices))

    train, test = split("train"), split("test")
    return Data(classes, train, test, size, _digest(classes, (train, test)))


def _picture(source: pathlib.Path, name: str, read, size: int | None) -> np.ndarray:
    try:
        return _pixels(read(), size)
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise Failure(f"{source}: '{name}' cannot be decoded: {error}") from error


def _digest(classes: list[str], splits: tuple[Split, Split]) -> str:
    digest = hashlib.sha256(json.dumps([classes, [split.files for split in splits]]).encode())
    for split in splits:
        digest.update(split.pixels.contiguous().numpy().data)
    return digest.hexdigest()


# Cache


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
        return data if _digest(classes, (data.train, data.test)) == data.sha256 else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(data: Data, folder: pathlib.Path, say) -> None:
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
