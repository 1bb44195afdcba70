"""Folders, archives and what is kept of them."""
import io
import pathlib
import tarfile
import tempfile
import unittest

import PIL.Image
import torch

from ..data import statistics, subset
from ..failure import Failure
from ..loading import load
from .support import make_archive, make_pictures


class DataTests(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.pictures = self.folder / "pictures"
        make_pictures(self.pictures, train=3, test=2)
        self.cache = self.folder / "cache"
        self.said: list[str] = []

    def load(self, source: pathlib.Path, size: int | None = None):
        return load(source, size, self.cache, self.said.append)

    def refused(self, source: pathlib.Path) -> str:
        with self.assertRaises(Failure) as caught:
            self.load(source)
        return str(caught.exception)

    def test_folder_and_archive_hold_the_same(self) -> None:
        archive = self.folder / "pictures.tar.gz"
        make_archive(self.pictures, archive)
        one, other = self.load(self.pictures), self.load(archive)
        self.assertEqual(one.sha256, other.sha256)
        self.assertEqual(one.classes, ["blue", "green", "red"])
        self.assertEqual(one.test.files[:3], ["blue/000.png", "blue/001.png", "green/000.png"])
        self.assertEqual(one.train.classes.tolist(), [0] * 3 + [1] * 3 + [2] * 3)
        with PIL.Image.open(self.pictures / "train" / "green" / "001.png") as picture:
            self.assertEqual(tuple(one.train.pixels[4, 5, 7].tolist()), picture.getpixel((7, 5)))

    def test_pictures_are_decoded_once_and_again_where_what_was_kept_is_damaged(self) -> None:
        first = self.load(self.pictures)
        self.assertEqual(len(self.said), 1)
        self.assertEqual(self.load(self.pictures).sha256, first.sha256)
        self.assertEqual(len(self.said), 1)
        kept = next(self.cache.glob("*/train.npy"))
        content = bytearray(kept.read_bytes())
        content[-1] ^= 1
        kept.write_bytes(content)
        self.assertEqual(self.load(self.pictures).sha256, first.sha256)
        self.assertEqual(len(self.said), 2)
        self.load(self.pictures)
        self.assertEqual(len(self.said), 2)
        (self.pictures / "train" / "red" / "000.png").unlink()
        self.assertNotEqual(self.load(self.pictures).sha256, first.sha256)

    def test_scaling_takes_the_middle_square(self) -> None:
        wide = PIL.Image.new("RGB", (96, 32), (255, 0, 0))
        wide.paste((0, 0, 255), (32, 0, 64, 32))
        wide.save(self.pictures / "train" / "red" / "000.png")
        scaled = self.load(self.pictures, 16)
        self.assertEqual(scaled.train.pixels.shape, (9, 16, 16, 3))
        # The filter mixes the outermost columns with what lies beside the square.
        inner = scaled.train.pixels[6, :, 1:15]
        self.assertTrue((inner == torch.tensor([0, 0, 255])).all())
        self.assertIn("96 x 32", self.refused(self.pictures))

    def test_subsets_and_statistics(self) -> None:
        data = self.load(self.pictures)
        part = subset(data, 1)
        self.assertEqual(part.train.files, ["blue/000.png", "green/000.png", "red/000.png"])
        self.assertNotEqual(part.sha256, data.sha256)
        means, deviations = statistics(data.train.pixels)
        values = data.train.pixels.double().reshape(-1, 3) / 255
        for index in range(3):
            self.assertAlmostEqual(means[index], float(values[:, index].mean()), delta=1e-4)
            self.assertAlmostEqual(
                deviations[index], float(values[:, index].std(correction=0)), delta=1e-4)

    def test_notes_name_uneven_classes(self) -> None:
        self.assertEqual(self.load(self.pictures).notes(), [])
        for number in (1, 2):
            (self.pictures / "train" / "red" / f"00{number}.png").unlink()
        self.assertIn("from 1 (red) to 3 (blue)", self.load(self.pictures).notes()[0])

    def test_faults_are_named(self) -> None:
        self.assertIn("found nothing there", self.refused(self.folder / "nothing"))
        empty = self.folder / "empty"
        empty.mkdir()
        self.assertIn("found no folder train", self.refused(empty))
        (self.pictures / "test" / "red").rename(self.pictures / "test" / "rad")
        self.assertIn("found only in one: rad, red", self.refused(self.pictures))
        (self.pictures / "test" / "rad").rename(self.pictures / "test" / "red")
        (self.pictures / "train" / "red" / "000.png").write_bytes(b"\x89PNG, cut short")
        self.assertIn("'train/red/000.png' cannot be decoded", self.refused(self.pictures))
        text = self.folder / "text.tar.xz"
        text.write_text("no archive")
        self.assertIn("expected a tar archive", self.refused(text))

    def test_cut_and_damaged_archives_are_refused(self) -> None:
        archive = self.folder / "pictures.tar.gz"
        make_archive(self.pictures, archive)
        content = archive.read_bytes()
        archive.write_bytes(content[:len(content) // 2])
        self.refused(archive)
        damaged = bytearray(content)
        damaged[len(content) // 2] ^= 0xFF
        archive.write_bytes(damaged)
        self.refused(archive)

    def archive(self, *members: tuple[tarfile.TarInfo, bytes]) -> pathlib.Path:
        path = self.folder / "made.tar"
        with tarfile.open(path, "w") as archive:
            for member, content in members:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return path

    def test_archives_lead_nowhere_else(self) -> None:
        outside = self.archive((tarfile.TarInfo("../train/red/000.png"), b"x"))
        self.assertIn("leads out of the archive", self.refused(outside))
        link = tarfile.TarInfo("train/red/000.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        self.assertIn("found 0", self.refused(self.archive((link, b""))))
        twice = [(tarfile.TarInfo(f"{top}/train/red/000.png"), b"x") for top in "ab"]
        self.assertIn("there twice", self.refused(self.archive(*twice)))
        large = self.archive((tarfile.TarInfo("train/red/000.png"), bytes((32 << 20) + 1)))
        self.assertIn("expected at most", self.refused(large))
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         ["made.tar", "pictures"])


if __name__ == "__main__":
    unittest.main()
