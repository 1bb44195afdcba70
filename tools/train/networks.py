"""The networks that can be trained, by the runtime's names; state dictionaries have the keys of
timm, and for MobileNeXt those of its authors.
"""
import collections.abc
import functools
import pathlib
import re
import sys

import timm
import torch
from timm.models import _efficientnet_builder, mobilenetv3

from .failure import Failure

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

from reference_networks import NETWORKS as REFERENCE_NETWORKS  # noqa: E402

TOTAL_STRIDES = (32, 16, 8)  # those of the networks' tables, and with one and two fewer halvings

CONV_SMALL = [
    ["cn_r1_k3_s2_e1_c32", "cn_r1_k1_s1_e1_c32"],
    ["cn_r1_k3_s2_e1_c96", "cn_r1_k1_s1_e1_c64"],
    ["uir_r1_a5_k5_s2_e3_c96", "uir_r4_a0_k3_s1_e2_c96", "uir_r1_a3_k0_s1_e4_c96"],
    ["uir_r1_a3_k3_s2_e6_c128", "uir_r1_a5_k5_s1_e4_c128", "uir_r1_a0_k5_s1_e4_c128",
     "uir_r1_a0_k5_s1_e3_c128", "uir_r2_a0_k3_s1_e4_c128"],
    ["cn_r1_k1_s1_c960"],
]
"""MobileNetV4-Conv-S (arXiv 2404.10518, Table 11) in timm's notation: r repeats, a the kernel of
the first depthwise convolution, k that of the middle one, s stride, e expansion, c channels."""


def all_extra_depthwise(start: int, middle: int, stride: int) -> tuple[int, int]:
    """Both depthwise convolutions in every block; a missing one takes the other's kernel."""
    return start or middle or 3, middle or start or 3


def all_convnext_like(start: int, middle: int, stride: int) -> tuple[int, int]:
    """Only the first depthwise convolution, except where a block halves the picture: those blocks
    are ExtraDW in the published table and stay so.
    """
    return (start or middle or 3, 0) if stride == 1 else (start, middle)


KernelRule = collections.abc.Callable[[int, int, int], tuple[int, int]]


def with_kernels(stages: list[list[str]], rule: KernelRule) -> list[list[str]]:
    """A table whose universal inverted bottlenecks have the depthwise kernels that `rule` gives."""
    def changed(match: re.Match) -> str:
        start, middle, stride = map(int, match.groups())
        start, middle = rule(start, middle, stride)
        return f"_a{start}_k{middle}_s{stride}_"

    pattern = re.compile(r"_a(\d+)_k(\d+)_s(\d+)_")
    return [[pattern.sub(changed, layer) for layer in stage] for stage in stages]


def conv_small(classes: int, rule: KernelRule, width: float = 1) -> torch.nn.Module:
    """MobileNetV4-Conv-S with other blocks, as timm builds it."""
    return mobilenetv3._create_mnv3(
        "mobilenetv4_conv_small",
        block_args=_efficientnet_builder.decode_arch_def(with_kernels(CONV_SMALL, rule)),
        head_bias=False, head_norm=True, num_features=1280, stem_size=32, fix_stem=width < 1,
        round_chs_fn=functools.partial(_efficientnet_builder.round_channels, multiplier=width),
        norm_layer=torch.nn.BatchNorm2d, act_layer=torch.nn.ReLU, layer_scale_init_value=None,
        num_classes=classes)


def _timm(name: str, classes: int) -> torch.nn.Module:
    return timm.create_model(name, pretrained=False, num_classes=classes)


def _conv(size: str, width: float, classes: int) -> torch.nn.Module:
    return mobilenetv3._gen_mobilenet_v4(
        f"mobilenetv4_conv_{size}", width, pretrained=False, num_classes=classes)


NETWORKS: dict[str, collections.abc.Callable[[int], torch.nn.Module]] = {
    **{name: functools.partial(_timm, name) for name in (
        "mobilenetv2_035", "mobilenetv2_050", "mobilenetv2_075", "mobilenetv2_100",
        "mobilenetv2_140", "mobilenetv3_small_050", "mobilenetv3_small_100",
        "mobilenetv3_large_100", "mobilenetv4_conv_small", "mobilenetv4_conv_medium",
        "mobilenetv4_conv_large")},
    **{f"mobilenetv4_conv_{size}_050": functools.partial(_conv, size, 0.5)
       for size in ("small", "medium", "large")},
    **{f"mobilenetv4_conv_small_{kind}{suffix}":
       functools.partial(conv_small, rule=rule, width=width)
       for kind, rule in (("extradw", all_extra_depthwise), ("convnext", all_convnext_like))
       for suffix, width in (("", 1.0), ("_050", 0.5))},
    **REFERENCE_NETWORKS,
}


def make_network(name: str, classes: int, total_stride: int, dropout: float) -> torch.nn.Module:
    """Freshly initialized from PyTorch's global generator."""
    if name not in NETWORKS:
        raise Failure(f"{name}: no such network; --list prints those that there are")
    model = NETWORKS[name](classes)
    restride(model, total_stride)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = dropout
    if hasattr(model, "drop_rate"):
        model.drop_rate = dropout
    initialize(model)
    return model


def restride(model: torch.nn.Module, total_stride: int) -> None:
    """Lets the first convolutions that halve the picture run at stride 1 instead, until the network
    reduces it `total_stride` times. In all networks here the order of modules is that of execution.
    """
    halving = [module for module in model.modules()
               if isinstance(module, torch.nn.Conv2d) and module.stride[0] == 2]
    published = 2 ** len(halving)
    if published != TOTAL_STRIDES[0] or total_stride not in TOTAL_STRIDES:
        raise Failure(
            f"total stride {total_stride}: expected one of {TOTAL_STRIDES} for a network that"
            f" reduces {TOTAL_STRIDES[0]} times; this one reduces {published} times")
    for module in halving[:TOTAL_STRIDES.index(total_stride)]:
        module.stride = (1, 1)


def initialize(model: torch.nn.Module) -> None:
    """The same rule for all networks: convolutions normal with the variance of He et al. over
    outputs, normalization to the identity, and the classifier so small that the first loss is the
    logarithm of the number of classes.
    """
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            height, width = module.kernel_size
            fan = height * width * module.out_channels // module.groups
            torch.nn.init.normal_(module.weight, 0, (2 / fan) ** 0.5)
        elif isinstance(module, torch.nn.Linear):
            torch.nn.init.normal_(module.weight, 0, 0.01)
        elif isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.ones_(module.weight)
        else:
            continue
        if module.bias is not None:
            torch.nn.init.zeros_(module.bias)


def count_macs(model: torch.nn.Module, size: int) -> int:
    """Multiplications of convolutions and linear layers for one picture."""
    total = 0

    def add(module: torch.nn.Module, _: tuple, output: torch.Tensor) -> None:
        nonlocal total
        total += module.weight.numel() * output.numel() // output.shape[1]

    layers = [m for m in model.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    handles = [layer.register_forward_hook(add) for layer in layers]
    training = model.training
    weight = next(model.parameters())
    with torch.no_grad():
        model.eval()(torch.zeros((1, 3, size, size), dtype=weight.dtype, device=weight.device))
    model.train(training)
    for handle in handles:
        handle.remove()
    return total
