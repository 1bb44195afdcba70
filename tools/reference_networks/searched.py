"""ProxylessNAS-mobile and FBNet-B: networks of inverted residuals that a search chose."""
import collections

import torch
from torch import nn


class Separable(nn.Module):
    """Depthwise, then 1×1, without an expansion."""

    def __init__(self, inputs: int, outputs: int, kernel: int, act: type[nn.Module], eps: float):
        super().__init__()
        self.conv_dw = nn.Conv2d(
            inputs, inputs, kernel, padding=kernel // 2, groups=inputs, bias=False)
        self.bn1 = nn.BatchNorm2d(inputs, eps=eps)
        self.conv_pw = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs, eps=eps)
        self.act = act()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn2(self.conv_pw(self.act(self.bn1(self.conv_dw(x)))))


class Inverted(nn.Module):
    """1×1 expansion (kept at ratio 1), depthwise, 1×1 projection; a residual where it fits."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, ratio: int, stride: int,
        act: type[nn.Module], eps: float,
    ):
        super().__init__()
        middle = inputs * ratio
        self.conv_pw = nn.Conv2d(inputs, middle, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(middle, eps=eps)
        self.conv_dw = nn.Conv2d(
            middle, middle, kernel, stride=stride, padding=kernel // 2, groups=middle, bias=False)
        self.bn2 = nn.BatchNorm2d(middle, eps=eps)
        self.conv_pwl = nn.Conv2d(middle, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs, eps=eps)
        self.act = act()
        self.has_residual = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.act(self.bn1(self.conv_pw(x)))
        y = self.act(self.bn2(self.conv_dw(y)))
        y = self.bn3(self.conv_pwl(y))
        return x + y if self.has_residual else y


def network(
    stem: int, first: int | None, stages: list[tuple[int, int, str]], last: int, classes: int,
    act: type[nn.Module], eps: float,
) -> nn.Module:
    """`stages` are (outputs, stride, layers), layers written kernel/ratio and parted by blanks.

    `first` is the number of outputs of a separable block before them; None for none.
    """
    layers: dict[str, nn.Module] = collections.OrderedDict(
        conv_stem=nn.Conv2d(3, stem, 3, stride=2, padding=1, bias=False),
        bn1=nn.BatchNorm2d(stem, eps=eps), act1=act())
    blocks = []
    channels = stem
    if first is not None:
        blocks.append(nn.Sequential(Separable(channels, first, 3, act, eps)))
        channels = first
    for outputs, stride, text in stages:
        stage = []
        for layer in text.split():
            kernel, ratio = map(int, layer.split("/"))
            stage.append(Inverted(channels, outputs, kernel, ratio, stride, act, eps))
            channels, stride = outputs, 1
        blocks.append(nn.Sequential(*stage))
    layers["blocks"] = nn.Sequential(*blocks)
    layers["conv_head"] = nn.Conv2d(channels, last, 1, bias=False)
    layers["bn2"] = nn.BatchNorm2d(last, eps=eps)
    layers["act2"] = act()
    layers["pool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["classifier"] = nn.Linear(last, classes)
    return nn.Sequential(layers)


def proxylessnas_mobile(classes: int) -> nn.Module:
    """ProxylessNAS (arXiv 1812.00332), the mobile network of the authors' code."""
    return network(
        stem=32, first=16,
        stages=[
            (32, 2, "5/3 3/3"),
            (40, 2, "7/3 3/3 5/3 5/3"),
            (80, 2, "7/6 5/3 5/3 5/3"),
            (96, 1, "5/6 5/3 5/3 5/3"),
            (192, 2, "7/6 7/6 7/3 7/3"),
            (320, 1, "7/6"),
        ],
        last=1280, classes=classes, act=nn.ReLU6, eps=1e-3)


def fbnet_b(classes: int) -> nn.Module:
    """FBNet (arXiv 1812.03443), network B as in the authors' first code."""
    return network(
        stem=16, first=None,
        stages=[
            (16, 1, "3/1"),
            (24, 2, "3/6 5/1 3/1 3/1"),
            (32, 2, "5/6 5/3 3/6 5/6"),
            (64, 2, "5/6 5/1 5/3"),
            (112, 1, "5/6 3/1 5/1 5/3"),
            (184, 2, "5/6 5/1 5/6 5/6"),
            (352, 1, "3/6"),
        ],
        last=1984, classes=classes, act=nn.ReLU, eps=1e-5)


NETWORKS = {"proxylessnas_mobile": proxylessnas_mobile, "fbnet_b": fbnet_b}
