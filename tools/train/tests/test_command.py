"""Whole trainings, in processes of their own."""
import csv
import json
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import numpy as np
import safetensors.torch

from .support import NETWORK, command, make_pictures, train

WEIGHTS = f"{NETWORK}.safetensors"


class CommandTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.holder = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.holder.name)
        cls.data = cls.folder / "pictures"
        make_pictures(cls.data)
        cls.first = cls.folder / "first"
        cls.run_first = train(cls.data, cls.first, "--epochs", "3")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.holder.cleanup()

    def weights(self, folder: pathlib.Path) -> bytes:
        return (folder / WEIGHTS).read_bytes()

    def test_leaves_every_file_and_consistent_figures(self) -> None:
        self.assertEqual(self.run_first.returncode, 0, self.run_first.stderr)
        facts = json.loads((self.first / "recipe.json").read_text())
        logits = np.load(self.first / "test_logits.npy")
        with (self.first / "test_predictions.csv").open() as file:
            predictions = list(csv.DictReader(file))
        with (self.first / "curve.csv").open() as file:
            curve = list(csv.DictReader(file))
        self.assertEqual(facts["classes"], ["blue", "green", "red"])
        self.assertEqual((self.first / "labels.txt").read_text(), "blue\ngreen\nred\n")
        self.assertEqual((logits.shape, logits.dtype), ((12, 3), np.float32))
        files = [row["file"] for row in predictions]
        self.assertEqual(files, sorted(files))
        guesses = [facts["classes"][index] for index in logits.argmax(1)]
        self.assertEqual([row["predicted"] for row in predictions], guesses)
        right = sum(row["class"] == guess for row, guess in zip(predictions, guesses))
        self.assertEqual(sum(int(row["right"]) for row in predictions), right)
        self.assertEqual(facts["result"]["test_right"], right)
        self.assertAlmostEqual(float(curve[-1]["test_accuracy"]), right / 12)
        self.assertEqual([row["epoch"] for row in curve], ["1", "2", "3"])
        self.assertFalse((self.first / "checkpoint.pt").exists())

    def test_weights_are_the_state_dictionary_that_gave_the_logits(self) -> None:
        import torch
        from ..loading import load
        from ..networks import make_network
        facts = json.loads((self.first / "recipe.json").read_text())
        recipe = facts["recipe"]
        model = make_network(NETWORK, 3, recipe["total_stride"], 0).eval()
        model.load_state_dict(safetensors.torch.load(self.weights(self.first)), strict=True)
        pictures = load(self.data, None, self.folder / "cache", print)
        x = (pictures.test.pixels.float() / 255 - torch.tensor(recipe["mean"])) \
            / torch.tensor(recipe["std"])
        with torch.no_grad():
            logits = model(x.permute(0, 3, 1, 2))
        expected = np.load(self.first / "test_logits.npy")
        np.testing.assert_allclose(logits.numpy(), expected, rtol=1e-3, atol=1e-3)

    def test_weights_say_how_they_were_trained(self) -> None:
        recipe = json.loads((self.first / "recipe.json").read_text())["recipe"]
        with safetensors.safe_open(self.first / WEIGHTS, "np") as file:
            metadata = file.metadata()
        self.assertEqual(metadata, {
            "mnv4.network": NETWORK, "mnv4.total_stride": str(recipe["total_stride"]),
            "mnv4.input_size": str(recipe["size"]),
            "mnv4.mean": ",".join(map(str, recipe["mean"])),
            "mnv4.std": ",".join(map(str, recipe["std"])),
            "mnv4.labels": (self.first / "labels.txt").read_text().rstrip("\n")})

    def test_same_seed_same_bits_and_other_seed_other_bits(self) -> None:
        again, other = self.folder / "again", self.folder / "other"
        self.assertEqual(train(self.data, again, "--epochs", "3").returncode, 0)
        self.assertEqual(train(self.data, other, "--epochs", "3", "--seed", "2").returncode, 0)
        self.assertEqual(self.weights(again), self.weights(self.first))
        self.assertNotEqual(self.weights(other), self.weights(self.first))

    def test_killed_and_resumed_gives_the_bits_of_an_uninterrupted_training(self) -> None:
        output = self.folder / "killed"
        process = subprocess.Popen(
            command(self.data, output, "--epochs", "3"), stderr=subprocess.PIPE, text=True)
        with process:
            for line in process.stderr:
                if line.startswith("epoch"):
                    process.kill()
                    break
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.assertTrue((output / "checkpoint.pt").exists())
        resumed = train(self.data, output, "--epochs", "3")
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        self.assertIn("goes on after epoch", resumed.stderr)
        self.assertEqual(self.weights(output), self.weights(self.first))

    def test_a_finished_training_is_not_repeated(self) -> None:
        before = (self.first / "recipe.json").read_bytes()
        again = train(self.data, self.first, "--epochs", "3")
        self.assertEqual(again.returncode, 0)
        self.assertIn("trained already", again.stderr)
        self.assertEqual((self.first / "recipe.json").read_bytes(), before)

    def test_a_folder_with_another_recipe_is_refused(self) -> None:
        refused = train(self.data, self.first, "--epochs", "4")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("epochs: 3 there, 4 asked for", refused.stderr)
        self.assertEqual(len(refused.stderr.splitlines()), 2)

    def test_a_checkpoint_of_another_recipe_or_of_none_is_refused(self) -> None:
        output = self.folder / "checkpointed"
        process = subprocess.Popen(
            command(self.data, output, "--epochs", "50"), stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while not (output / "checkpoint.pt").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 130)
        refused = train(self.data, output, "--epochs", "50", "--batch", "12")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("batch: 8 there, 12 asked for", refused.stderr)
        (output / "checkpoint.pt").write_bytes(b"no checkpoint")
        refused = train(self.data, output, "--epochs", "50")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("no checkpoint of this tool", refused.stderr)

    def test_learns_from_a_teacher_of_the_same_classes(self) -> None:
        taught = self.folder / "taught"
        done = train(self.data, taught, "--epochs", "1", "--teacher", str(self.first))
        self.assertEqual(done.returncode, 0, done.stderr)
        facts = json.loads((taught / "recipe.json").read_text())
        first = json.loads((self.first / "recipe.json").read_text())
        self.assertEqual(
            facts["recipe"]["teacher"]["weights_sha256"], first["result"]["weights_sha256"])
        others = self.folder / "others"
        make_pictures(others)
        for split in ("train", "test"):
            (others / split / "red").rename(others / split / "yellow")
        refused = train(others, self.folder / "x", "--teacher", str(self.first))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("the teacher's classes are blue, green, red", refused.stderr)

    def test_sgd_with_a_cosine_schedule(self) -> None:
        done = train(self.data, self.folder / "sgd", "--epochs", "1", "--optimizer", "sgd",
                     "--schedule", "cosine", "--cutout", "0", "--no-flip", "--crop-padding", "0")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_mixed_precision(self) -> None:
        done = train(self.data, self.folder / "mixed", "--epochs", "1", "--precision", "bfloat16")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_wrong_usage_and_unknown_networks(self) -> None:
        usage = subprocess.run(
            command(self.data, self.folder / "x", "--epochs", "0"), capture_output=True, text=True)
        self.assertEqual(usage.returncode, 64)
        wrong = command(self.data, self.folder / "x")
        wrong[2] = "mobilenetv4_conv_smal_050"
        refused = subprocess.run(wrong, capture_output=True, text=True)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("mobilenetv4_conv_small_050", refused.stderr)

    def test_a_full_disk_is_said_in_one_line(self) -> None:
        limited = "import resource, runpy, signal, sys; " \
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); " \
            "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); " \
            "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
        words = command(self.data, self.folder / "full", "--epochs", "1")
        done = subprocess.run(
            [words[0], "-c", limited, *words[1:]], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("checkpoint.pt: cannot be written", done.stderr.splitlines()[-1])
        self.assertEqual(list((self.folder / "full").glob(".*.part")), [])


if __name__ == "__main__":
    unittest.main()
