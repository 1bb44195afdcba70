"""MobileNeXt (Zhou et al., 2020, arXiv 2007.02269) by the rules of the authors' code, with the
keys of their checkpoints.

A block is a flat list of modules; which of its two depthwise convolutions it has depends on its
place: both in the first block, in a stage of one block at stride 1, and where the channel count
stays; the second where the stride is 2; else neither.
"""
import functools
import math

import torch
from torch import nn
from torch.nn import functional


def rounded(count: float, divisor: int = 8) -> int:
    """The nearest multiple, at least one, and never less than nine tenths."""
    nearest = max(divisor, int(count + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * count else nearest


class SameConv2d(nn.Conv2d):
    """TensorFlow's SAME padding: the smaller half at the top and left."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pads = []
        for size, kernel, stride in zip(
                x.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1]):
            total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return functional.conv2d(
            functional.pad(x, pads), self.weight, self.bias, self.stride, 0, 1, self.groups)


class FlatList:
    """Collects convolution, normalization and activation modules in one sequence."""

    def __init__(self, activation: type[nn.Module], same: bool, epsilon: float) -> None:
        self.modules: list[nn.Module] = []
        self.activation, self.same, self.epsilon = activation, same, epsilon

    def add(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1,
            activated: bool = False) -> None:
        make = SameConv2d if self.same else functools.partial(nn.Conv2d, padding=kernel // 2)
        self.modules += [
            make(inputs, outputs, kernel, stride=stride, groups=groups, bias=False),
            nn.BatchNorm2d(outputs, eps=self.epsilon)]
        if activated:
            self.modules.append(self.activation())

    def sequence(self) -> nn.Sequential:
        return nn.Sequential(*self.modules)


def sandglass(
    layers: FlatList, inputs: int, hidden: int, outputs: int, stride: int, depthwise: str,
    kernel: int = 3, groups: int = 1, form: str = "standard",
) -> nn.Sequential:
    """`depthwise` is both, second or neither."""
    if form == "dwbottleneck" and depthwise != "neither":
        layers.add(inputs, hidden, activated=True)
        if depthwise == "both":
            layers.add(hidden, hidden, 3, groups=hidden, activated=True)
        layers.add(hidden, hidden, 3, stride, groups=hidden, activated=True)
        layers.add(hidden, outputs)
        return layers.sequence()
    if depthwise == "both":
        layers.add(inputs, inputs, kernel, groups=inputs, activated=True)
    layers.add(inputs, hidden, groups=groups)
    layers.add(hidden, outputs, groups=groups, activated=True)
    if depthwise != "neither":
        layers.add(outputs, outputs, kernel, stride, groups=outputs, activated=form == "relu6end")
    return layers.sequence()


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, reduction: int, single: bool,
                 identity_divisor: int, form: str) -> None:
        super().__init__()
        hidden = inputs // reduction
        if hidden < outputs / 6:
            hidden = rounded(math.ceil(outputs / 6), 16)
        if reduction == 2 or single or inputs == outputs:
            depthwise = "both"
        else:
            depthwise = "second" if stride == 2 else "neither"
        self.identity_channels = 0
        if reduction != 2 and not single and inputs == outputs:
            self.identity_channels = inputs // identity_divisor
        self.form = form
        # The reduction's normalization ends the bottleneck: after the first depthwise convolution,
        # its normalization and activation, where there is one.
        self.bottleneck_end = 5 if depthwise == "both" else 2
        self.conv = sandglass(
            FlatList(nn.ReLU6, same=False, epsilon=1e-5), inputs, hidden, outputs, stride,
            depthwise, form=form)

    def forward(self, x: torch.Tensor, before: torch.Tensor | None) -> tuple:
        """The output and the bottleneck."""
        if self.form == "bottleneckshortcut":
            bottleneck = self.conv[:self.bottleneck_end](x)
            if self.identity_channels and before is not None and before.shape == bottleneck.shape:
                bottleneck = bottleneck + before
            return self.conv[self.bottleneck_end:](bottleneck), bottleneck
        y = self.conv(x)
        count = self.identity_channels
        if count == y.shape[1]:
            return y + x, None
        return torch.cat([y[:, :count] + x[:, :count], y[:, count:]], dim=1) if count else y, None


class MobileNeXt(nn.Module):
    STAGES = [  # reduction, channels, blocks, stride
        (2, 96, 1, 2), (6, 144, 1, 1), (6, 192, 3, 2), (6, 288, 3, 2), (6, 384, 4, 1),
        (6, 576, 4, 2), (6, 960, 3, 1), (6, 1280, 1, 1)]

    def __init__(self, classes: int, width: float = 1, identity_divisor: int = 1,
                 form: str = "standard") -> None:
        super().__init__()
        channels = rounded(32 * width)
        stem = FlatList(nn.ReLU6, same=False, epsilon=1e-5)
        stem.add(3, channels, 3, 2, activated=True)
        self.features = nn.ModuleList([stem.sequence()])
        for reduction, count, blocks, stride in self.STAGES:
            outputs = 1280 if count == 1280 and width < 1 else rounded(count * width)
            for index in range(blocks):
                self.features.append(Block(
                    channels, outputs, 1 if index else stride, reduction,
                    blocks == 1 and stride == 1, identity_divisor, form))
                channels = outputs
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(channels, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x, bottleneck = self.features[0](x), None
        for block in self.features[1:]:
            x, bottleneck = block(x, bottleneck)
        return self.classifier(x.mean((2, 3)))


class SEBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, reduction: int, kernel: int,
                 groups: int) -> None:
        super().__init__()
        if reduction == 2 or inputs == outputs:
            depthwise = "both"
        else:
            depthwise = "second" if stride == 2 else "neither"
        self.has_identity = reduction != 2 and inputs == outputs
        self.features = sandglass(
            FlatList(nn.SiLU, same=True, epsilon=1e-3), inputs, rounded(inputs // reduction, 2),
            outputs, stride, depthwise, kernel, groups if depthwise == "both" else 1)
        squeezed = int(outputs / reduction * 0.25)
        self._se_reduce = nn.Conv2d(outputs, squeezed, 1)
        self._se_expand = nn.Conv2d(squeezed, outputs, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.features(x)
        gate = self._se_expand(functional.silu(self._se_reduce(y.mean((2, 3), keepdim=True))))
        y = y * gate.sigmoid()
        return y + x if self.has_identity else y


class MobileNeXtSE(nn.Module):
    STAGES = [  # reduction, channels, blocks, stride, kernel
        (2, 96, 1, 1, 3), (6, 144, 1, 2, 3), (6, 192, 3, 2, 5), (6, 288, 3, 2, 3),
        (6, 384, 4, 1, 5), (6, 576, 4, 2, 5), (6, 960, 3, 1, 3), (6, 1280, 1, 1, 3)]

    def __init__(self, classes: int, depth: float = 1, groups: int = 1) -> None:
        super().__init__()
        self._conv_stem = SameConv2d(3, 32, 3, stride=2, bias=False)
        self._bn0 = nn.BatchNorm2d(32, eps=1e-3)
        self._blocks = nn.ModuleList()
        channels = 32
        for reduction, outputs, blocks, stride, kernel in self.STAGES:
            for index in range(math.ceil(blocks * depth)):
                self._blocks.append(SEBlock(
                    channels, outputs, 1 if index else stride, reduction, kernel, groups))
                channels = outputs
        self._bn1 = nn.BatchNorm2d(channels, eps=1e-3)  # in the checkpoints, never applied
        self._fc = nn.Linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.silu(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        return self._fc(x.mean((2, 3)))


NETWORKS = {
    "mobilenext_035": functools.partial(MobileNeXt, width=0.35),
    "mobilenext_050": functools.partial(MobileNeXt, width=0.5),
    "mobilenext_075": functools.partial(MobileNeXt, width=0.75),
    "mobilenext_100": MobileNeXt,
    "mobilenext_140": functools.partial(MobileNeXt, width=1.4),
    "mobilenext_050_id050": functools.partial(MobileNeXt, width=0.5, identity_divisor=2),
    "mobilenext_050_id033": functools.partial(MobileNeXt, width=0.5, identity_divisor=3),
    "mobilenext_050_id017": functools.partial(MobileNeXt, width=0.5, identity_divisor=6),
    "mobilenext_100_id050": functools.partial(MobileNeXt, identity_divisor=2),
    "mobilenext_100_id033": functools.partial(MobileNeXt, identity_divisor=3),
    "mobilenext_100_id017": functools.partial(MobileNeXt, identity_divisor=6),
    "mobilenext_100_dwbottleneck": functools.partial(MobileNeXt, form="dwbottleneck"),
    "mobilenext_100_bottleneckshortcut": functools.partial(MobileNeXt, form="bottleneckshortcut"),
    "mobilenext_100_relu6end": functools.partial(MobileNeXt, form="relu6end"),
    "mobilenext_100_se": MobileNeXtSE,
    "mobilenext_110_se": functools.partial(MobileNeXtSE, depth=1.1, groups=2),
}
