"""Convolutions for training on a CPU: the same sums as PyTorch's own, in forms that run faster there.

PyTorch computes the gradients of some weights without vector instructions, and treats a product of
matrices as a convolution where the picture is one pixel. Parameters and their names stay.
"""
import functools

import torch
from torch.nn import functional


def speed_up(model: torch.nn.Module) -> None:
    """Lets plain convolutions of `model` compute by the classes below, where they apply."""
    for module in model.modules():
        if type(module) is torch.nn.Conv2d:
            module.__class__ = _faster(module)


def _faster(module: torch.nn.Conv2d) -> type[torch.nn.Conv2d]:
    side, stride = module.kernel_size[0], module.stride[0]
    square = (side, side) == module.kernel_size and (stride, stride) == module.stride
    if not square or module.dilation != (1, 1) or module.padding_mode != "zeros":
        return torch.nn.Conv2d
    if side == 1 and stride == 1 and module.groups == 1 and module.padding == (0, 0):
        return PointwiseConv2d
    centred = module.padding == (side // 2, side // 2) and side in (3, 5) and stride in (1, 2)
    if not centred or module.bias is not None:
        return torch.nn.Conv2d
    if module.groups == module.in_channels == module.out_channels:
        return DepthwiseConv2d
    return DenseConv2d if module.groups == 1 and stride == 2 else torch.nn.Conv2d


class PointwiseConv2d(torch.nn.Conv2d):
    """A 1 x 1 convolution as one product of matrices."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pixels = x.permute(0, 2, 3, 1)
        return functional.linear(pixels, self.weight.flatten(1), self.bias).permute(0, 3, 1, 2)


class DepthwiseConv2d(torch.nn.Conv2d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gradient = _depthwise_gradient(self.kernel_size[0], self.stride[0], x.shape[2], x.shape[3])
        if gradient is None:
            return super().forward(x)
        return _Convolution.apply(x, self.weight, self.stride[0], self.groups, gradient)


class DenseConv2d(torch.nn.Conv2d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _Convolution.apply(
            x, self.weight, self.stride[0], self.groups, gradient_by_patches)


class _Convolution(torch.autograd.Function):
    """PyTorch's convolution with another way to its weights' gradient."""

    @staticmethod
    def forward(ctx, x, weight, stride: int, groups: int, gradient):
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.groups, ctx.gradient = stride, groups, gradient
        return functional.conv2d(x, weight, None, stride, weight.shape[2] // 2, 1, groups)

    @staticmethod
    def backward(ctx, outer):
        x, weight = ctx.saved_tensors
        outer = outer.contiguous(memory_format=torch.channels_last)
        of_x = of_weight = None
        if ctx.needs_input_grad[0]:
            of_x = _backward(outer, x, weight, ctx.stride, ctx.groups, 0)
        if ctx.needs_input_grad[1]:
            of_weight = ctx.gradient(outer, x, weight, ctx.stride)
        return of_x, of_weight, None, None, None


def _backward(outer, x, weight, stride: int, groups: int, which: int) -> torch.Tensor:
    """PyTorch's own gradient, of the input (`which` 0) or of the weights (1)."""
    pad = weight.shape[2] // 2
    return torch.ops.aten.convolution_backward(
        outer, x, weight, None, (stride, stride), (pad, pad), (1, 1), False, (0, 0), groups,
        (which == 0, which == 1, False))[which]


def _depthwise_gradient(side: int, stride: int, height: int, width: int):
    """The fastest way to the weights' gradient, or None where that is PyTorch's own."""
    if side == 5 and stride == 2 and min(height, width) >= 8 and height % 2 == width % 2 == 0:
        return gradient_by_phases
    return gradient_by_pairs if height * width <= (64 if side == 5 else 4) else None


def gradient_by_pairs(outer, x, weight, stride: int) -> torch.Tensor:
    """Of depthwise weights: the products of every input pixel with every output pixel, summed over
    pictures, and of these the ones that share a tap. For small pictures, where most pairs do.
    """
    channels, _, side, _ = weight.shape
    pairs = torch.bmm(_by_channel(x).transpose(1, 2), _by_channel(outer))
    taps = _taps(side, stride, tuple(x.shape[2:]), tuple(outer.shape[2:]))
    return (pairs.flatten(1) @ taps.to(pairs.dtype)).view(channels, 1, side, side)


def _by_channel(x: torch.Tensor) -> torch.Tensor:
    """From [n, c, h, w] with channels innermost to [c, n, h * w]."""
    count, channels = x.shape[:2]
    return x.permute(0, 2, 3, 1).reshape(-1, channels).t().contiguous().view(channels, count, -1)


@functools.lru_cache(maxsize=64)
def _taps(side: int, stride: int, size: tuple[int, int], outer: tuple[int, int]) -> torch.Tensor:
    """[input pixels * output pixels, side * side], one where the pair meets at the tap."""
    def along(length: int, outer_length: int) -> torch.Tensor:
        place = torch.arange(length)[:, None, None]
        first = torch.arange(outer_length)[:, None] * stride - side // 2
        return place == first + torch.arange(side)

    rows, columns = along(size[0], outer[0]), along(size[1], outer[1])
    meet = rows[:, None, :, None, :, None] & columns[None, :, None, :, None, :]
    return meet.float().reshape(-1, side * side)


def gradient_by_phases(outer, x, weight, stride: int) -> torch.Tensor:
    """Of depthwise 5 x 5 weights at stride 2: the input's even and odd rows and columns each meet
    every second tap, as in a 3 x 3 convolution of stride 1, which PyTorch has fast code for.
    """
    found = torch.empty_like(weight)
    smaller = weight[:, :, :3, :3].contiguous()
    for row in (0, 1):
        for column in (0, 1):
            phase = x[:, :, row::2, column::2].contiguous(memory_format=torch.channels_last)
            part = _backward(outer, phase, smaller, 1, len(weight), 1)
            found[:, :, row::2, column::2] = part[:, :, :3 - row, :3 - column]
    return found


PATCH_BYTES = 1 << 20


def gradient_by_patches(outer, x, weight, stride: int) -> torch.Tensor:
    """Of dense weights: a product of matrices with the patches under each output pixel, for as many
    pictures at a time as stay in a core's cache.
    """
    out_channels, channels, side, _ = weight.shape
    count, _, height, width = outer.shape
    padded = functional.pad(x.permute(0, 2, 3, 1), (0, 0, *(side // 2,) * 4))
    step = max(1, PATCH_BYTES // (4 * side * side * channels * height * width))
    found = weight.new_zeros(out_channels, side * side * channels)
    outer = outer.permute(0, 2, 3, 1)
    for start in range(0, count, step):
        patches = padded[start:start + step].unfold(1, side, stride).unfold(2, side, stride)
        patches = patches.permute(0, 1, 2, 4, 5, 3).reshape(-1, side * side * channels)
        found.addmm_(outer[start:start + step].reshape(-1, out_channels).t(), patches)
    return found.view(out_channels, side, side, channels).permute(0, 3, 1, 2)
