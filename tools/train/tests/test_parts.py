"""Networks, schedules, augmentation and the clock."""
import dataclasses
import math
import unittest

import timm
import torch

from .. import networks
from ..augment import Draws, TrainingPictures
from ..failure import Failure
from ..recipe import Recipe, differences
from ..schedule import learning_rate, make_optimizer
from ..training import Clock

RECIPE = Recipe(
    network="mobilenetv3_small_050", total_stride=16, epochs=2, batch=4, optimizer="adamw",
    learning_rate=4e-3, weight_decay=0.05, schedule="one-cycle", warm_up=0.2, crop_padding=4,
    flip=True, cutout=8, label_smoothing=0.1, dropout=0.0, seed=1, size=32, mean=(0.5, 0.4, 0.3),
    std=(0.2, 0.3, 0.4), precision="float32")


class NetworkTests(unittest.TestCase):
    def test_conv_small_is_timms_where_the_blocks_are_kept(self) -> None:
        def kept(start: int, middle: int, stride: int) -> tuple[int, int]:
            return start, middle

        for width, name in ((1, "mobilenetv4_conv_small"), (0.5, "mobilenetv4_conv_small_050")):
            ours = networks.conv_small(10, kept, width)
            timms = timm.create_model(name, num_classes=10)
            ours.load_state_dict(timms.state_dict(), strict=True)
            x = torch.randn(1, 3, 64, 64)
            self.assertTrue(torch.equal(ours.eval()(x), timms.eval()(x)))

    def kernels(self, name: str) -> list[tuple[int, int, int]]:
        """Kernels of the first and middle depthwise convolutions, 0 for none, and the stride."""
        found = []
        for block in networks.NETWORKS[name](10).modules():
            if type(block).__name__ == "UniversalInvertedResidual":
                convs = [getattr(part, "conv", None) for part in (block.dw_start, block.dw_mid)]
                found.append((*(conv.kernel_size[0] if conv else 0 for conv in convs),
                              max(conv.stride[0] for conv in convs if conv)))
        return found

    def test_blocks_of_the_variants(self) -> None:
        for suffix in ("", "_050"):
            self.assertEqual(self.kernels(f"mobilenetv4_conv_small_extradw{suffix}"), [
                (5, 5, 2), *[(3, 3, 1)] * 5, (3, 3, 2), (5, 5, 1), (5, 5, 1), (5, 5, 1),
                (3, 3, 1), (3, 3, 1)])
            self.assertEqual(self.kernels(f"mobilenetv4_conv_small_convnext{suffix}"), [
                (5, 5, 2), *[(3, 0, 1)] * 5, (3, 3, 2), (5, 0, 1), (5, 0, 1), (5, 0, 1),
                (3, 0, 1), (3, 0, 1)])

    def test_every_network_at_every_total_stride(self) -> None:
        for name in networks.NETWORKS:
            counts = []
            for stride in networks.TOTAL_STRIDES:
                model = networks.make_network(name, 10, stride, 0).eval()
                with torch.no_grad():
                    self.assertEqual(model(torch.zeros(1, 3, 32, 32)).shape, (1, 10))
                strides = [m.stride[0] for m in model.modules() if isinstance(m, torch.nn.Conv2d)]
                self.assertEqual(math.prod(strides), stride, name)
                counts.append(networks.count_macs(model, 32))
            self.assertLess(counts[0], counts[1])
            self.assertLess(counts[1], counts[2])

    def test_other_total_strides_are_refused(self) -> None:
        with self.assertRaises(Failure):
            networks.make_network("mobilenetv2_050", 10, 4, 0)

    def test_the_first_loss_is_that_of_guessing(self) -> None:
        torch.manual_seed(0)
        for name in ("mobilenetv4_conv_small", "mobilenetv3_small_050", "mobilenext_050"):
            model = networks.make_network(name, 10, 16, 0)
            with torch.no_grad():
                loss = torch.nn.functional.cross_entropy(
                    model(torch.randn(64, 3, 32, 32)), torch.arange(64) % 10)
            self.assertAlmostEqual(float(loss), math.log(10), delta=0.3)

    def test_products_of_a_known_network(self) -> None:
        # Table of arXiv 1801.04381: 300 million at 224.
        model = networks.make_network("mobilenetv2_100", 1000, 32, 0)
        self.assertEqual(networks.count_macs(model, 224), 300_774_272)


class ScheduleTests(unittest.TestCase):
    def rates(self, **changes) -> list[float]:
        recipe = dataclasses.replace(RECIPE, **changes)
        return [learning_rate(recipe, step, 1000) for step in range(1000)]

    def test_one_cycle_rises_to_the_peak_and_falls_to_nothing(self) -> None:
        rates = self.rates()
        self.assertAlmostEqual(rates[0], 4e-3 / 25)
        self.assertEqual(rates.index(max(rates)), 200)
        self.assertAlmostEqual(rates[200], 4e-3)
        self.assertAlmostEqual(rates[100], 4e-3 * 0.52)
        self.assertAlmostEqual(rates[999], 4e-3 / 250_000)
        self.assertEqual(rates[200:], sorted(rates[200:], reverse=True))

    def test_cosine_without_warm_up_begins_at_the_peak(self) -> None:
        rates = self.rates(schedule="cosine", warm_up=0.0)
        self.assertAlmostEqual(rates[0], 4e-3)
        self.assertAlmostEqual(rates[500], 2e-3, delta=1e-5)
        self.assertEqual(rates, sorted(rates, reverse=True))

    def test_only_matrices_decay(self) -> None:
        model = networks.make_network("mobilenetv3_small_050", 10, 16, 0)
        decaying, others = make_optimizer(RECIPE, model).param_groups
        self.assertEqual((decaying["weight_decay"], others["weight_decay"]), (0.05, 0))
        self.assertTrue(all(p.ndim > 1 for p in decaying["params"]))
        self.assertTrue(all(p.ndim == 1 for p in others["params"]))
        count = len(decaying["params"]) + len(others["params"])
        self.assertEqual(count, len(list(model.parameters())))

    def test_recipes_that_differ_are_told_apart(self) -> None:
        other = dataclasses.replace(RECIPE, seed=2, mean=(0.5, 0.4, 0.2))
        lines = differences(RECIPE.as_json(), other.as_json())
        self.assertEqual([line.split(":")[0] for line in lines], ["seed", "mean"])


class AugmentTests(unittest.TestCase):
    def setUp(self) -> None:
        generator = torch.Generator().manual_seed(3)
        self.pixels = torch.randint(
            256, (9, 32, 32, 3), generator=generator, dtype=torch.uint8)
        self.classes = torch.arange(9)

    def test_batches_are_crops_flips_and_cuts_of_single_pictures(self) -> None:
        mean = torch.tensor([128, 102, 76], dtype=torch.uint8)  # of RECIPE.mean, rounded
        pictures = TrainingPictures(RECIPE, self.pixels, self.classes, torch.device("cpu"))
        draws = Draws.of_epoch(RECIPE, 5, 9)
        batches = list(pictures.batches(5))
        self.assertEqual(len(batches), 2)
        for step, (batch, classes) in enumerate(batches):
            self.assertTrue(batch.is_contiguous(memory_format=torch.channels_last))
            for row in range(4):
                place = step * 4 + row
                index = int(draws.order[place])
                self.assertEqual(int(classes[row]), index)
                padded = mean.expand(40, 40, 3).clone()
                padded[4:36, 4:36] = self.pixels[index]
                top, left = int(draws.rows[place]), int(draws.columns[place])
                crop = padded[top:top + 32, left:left + 32]
                if draws.flipped[place]:
                    crop = crop.flip(1)
                middle_row = int(draws.cutout_rows[place])
                middle_column = int(draws.cutout_columns[place])
                crop = crop.clone()
                crop[max(middle_row - 4, 0):middle_row + 4,
                     max(middle_column - 4, 0):middle_column + 4] = mean
                expected = (crop.double() / 255 - torch.tensor(RECIPE.mean)) \
                    / torch.tensor(RECIPE.std)
                found = batch[row].permute(1, 2, 0).double()
                self.assertLess(float((found - expected).abs().max()), 1e-5)

    def test_draws_cover_their_ranges_and_depend_on_epoch_and_seed_alone(self) -> None:
        draws = Draws.of_epoch(RECIPE, 0, 2000)
        for values, bound in ((draws.rows, 9), (draws.columns, 9), (draws.flipped, 2),
                              (draws.cutout_rows, 32), (draws.cutout_columns, 32),
                              (draws.order, 2000)):
            self.assertEqual(values.unique().tolist(), list(range(bound)))
        again = Draws.of_epoch(RECIPE, 0, 2000)
        self.assertTrue(torch.equal(draws.order, again.order))
        for other in (Draws.of_epoch(RECIPE, 1, 2000),
                      Draws.of_epoch(dataclasses.replace(RECIPE, seed=2), 0, 2000)):
            self.assertFalse(torch.equal(draws.order, other.order))


class ClockTests(unittest.TestCase):
    def test_a_pause_counts_as_one_usual_interval(self) -> None:
        time = 0.0
        clock = Clock(lambda: time)
        for step in range(50):
            time += 3600 if step == 30 else 0.1
            clock.tick()
        self.assertAlmostEqual(clock.worked, 5.0)
        self.assertAlmostEqual(clock.mean(), 0.1)


if __name__ == "__main__":
    unittest.main()
