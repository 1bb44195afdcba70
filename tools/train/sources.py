"""Where pictures come from: a folder, or a tar archive.

Both hold SPLIT/CLASS/PICTURE, where SPLIT is train and test.
"""
import collections.abc
import hashlib
import lzma
import pathlib
import posixpath
import tarfile
import zlib

from .data import SPLITS
from .failure import Failure

EXTENSIONS = (".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".webp")
MOST_BYTES = 32 << 20  # of one encoded picture
MOST_PICTURES = 4_000_000
MOST_ENCODED_BYTES = 16 << 30  # of the pictures of an archive, which are held in memory meanwhile

Entries = dict[str, collections.abc.Callable[[], bytes]]
"""How to read each picture, by SPLIT/CLASS/PICTURE."""


def source_key(source: pathlib.Path) -> str:
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
                    if _is_picture(path.name) and path.is_file():
                        yield f"{split}/{label.name}/{path.name}", path


def _is_picture(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith(EXTENSIONS)


def entries_of(source: pathlib.Path) -> Entries:
    """Raises `Failure` where the source is not laid out as said above."""
    if source.is_dir():
        return {name: path.read_bytes for name, path in _files(source)}
    try:
        return _archive_entries(source)
    except (tarfile.TarError, EOFError, OSError, ValueError, lzma.LZMAError, zlib.error) as error:
        raise Failure(f"{source}: expected a tar archive, plain or compressed (.xz, .gz, .bz2);"
                      f" it cannot be read: {error}") from error


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
                    or not _is_picture(parts[-1]):
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
