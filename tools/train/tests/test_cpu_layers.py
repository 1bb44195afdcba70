"""The faster convolutions against PyTorch's own."""
import copy
import unittest

import torch

from .. import cpu_layers, networks

# Channels in and out, groups, kernel, stride, height, width.
CONVOLUTIONS = (
    (24, 40, 1, 1, 1, 1, 1),
    (24, 40, 1, 1, 1, 6, 5),
    *((24, 24, 24, side, stride, *size) for side in (3, 5) for stride in (1, 2)
      for size in ((1, 1), (2, 2), (3, 2), (4, 4), (7, 5), (8, 8), (9, 12), (12, 12))),
    *((3, 24, 1, side, 2, *size) for side in (3, 5) for size in ((1, 1), (7, 6), (32, 32))),
)


def gradients(layer: torch.nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    """The output, and the gradients of a fixed sum of it: of the input and of the parameters."""
    x = x.clone().requires_grad_()
    output = layer(x)
    weights = torch.randn(output.shape, generator=torch.Generator().manual_seed(2))
    (output * weights.to(output.dtype)).sum().backward()
    return [output.detach(), x.grad, *(parameter.grad for parameter in layer.parameters())]


class CpuLayerTests(unittest.TestCase):
    def check(self, layer: torch.nn.Module, x: torch.Tensor, faster: torch.nn.Module) -> None:
        # In float64, where another order of sums shows in the last digits only. Some gradients are 0
        # but for those digits: of shifts that a later normalization takes away.
        plain = gradients(layer, x)
        scale = max(float(tensor.abs().max()) for tensor in plain)
        for expected, found in zip(plain, gradients(faster, x), strict=True):
            self.assertEqual(expected.shape, found.shape)
            self.assertLess(float((expected - found).abs().max()) / scale, 1e-9)

    def test_outputs_and_gradients_are_those_of_plain_convolutions(self) -> None:
        torch.manual_seed(1)
        for inputs, outputs, groups, side, stride, height, width in CONVOLUTIONS:
            with self.subTest(groups=groups, side=side, stride=stride, size=(height, width)):
                plain = torch.nn.Sequential(torch.nn.Conv2d(
                    inputs, outputs, side, stride, side // 2, groups=groups, bias=side == 1))
                plain.double()
                faster = copy.deepcopy(plain)
                cpu_layers.speed_up(faster)
                self.assertNotEqual(type(faster[0]), torch.nn.Conv2d)
                x = torch.randn(9, inputs, height, width, dtype=torch.float64)
                self.check(plain, x, faster)
                innermost = x.contiguous(memory_format=torch.channels_last)
                self.check(copy.deepcopy(plain), innermost, copy.deepcopy(faster))

    def test_networks_keep_their_keys_and_their_gradients(self) -> None:
        for name, stride in (("mobilenetv4_conv_small_050", 8), ("mobilenetv3_small_050", 16)):
            torch.manual_seed(1)
            plain = networks.make_network(name, 10, stride, 0).double()
            faster = copy.deepcopy(plain)
            cpu_layers.speed_up(faster)
            self.assertEqual(list(plain.state_dict()), list(faster.state_dict()))
            self.check(plain, torch.randn(4, 3, 32, 32, dtype=torch.float64), faster)

    def test_other_convolutions_stay_as_they_are(self) -> None:
        for layer in (torch.nn.Conv2d(8, 8, 3, dilation=2, padding=2, groups=8),
                      torch.nn.Conv2d(8, 8, 3, padding=0, groups=8),
                      torch.nn.Conv2d(8, 8, (3, 5), padding=(1, 2), groups=8),
                      torch.nn.Conv2d(8, 8, 3, padding=1, padding_mode="circular"),
                      torch.nn.Conv2d(8, 8, 1, 2), torch.nn.Conv2d(8, 8, 1, groups=2)):
            cpu_layers.speed_up(layer)
            self.assertEqual(type(layer), torch.nn.Conv2d)


if __name__ == "__main__":
    unittest.main()
