"""The networks that are measured, as PyTorch modules with seeded random weights."""
import functools
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))


def _import_timm():
    """timm, also beside a PyTorch without CUDA.

    torchvision's compiled operators, as PyPI has them, do not load there; no network here uses them,
    but importing torchvision, as timm does, fails unless two of them are declared.
    """
    try:
        import timm
    except RuntimeError:
        for name in ("nms", "qnms"):
            torch.library.define(
                f"torchvision::{name}", "(Tensor dets, Tensor scores, float threshold) -> Tensor")
        import timm
    return timm


timm = _import_timm()

from random_weights import randomize  # noqa: E402
from reference_networks import NETWORKS  # noqa: E402


def _forward_whole(block: torch.nn.Module, x: torch.Tensor, before: None) -> tuple:
    return block.conv(x) + x, None


def make_network(name: str) -> torch.nn.Module:
    """timm's network where timm has the name, else that of tools/reference_networks; 1000 classes,
    ready for inference.
    """
    if name in NETWORKS:
        model = NETWORKS[name](1000)
        for block in model.modules():
            # A shortcut over all channels is a plain addition; the general form would leave slices
            # and an empty concatenation in what is exported.
            if getattr(block, "identity_channels", 0) and block.form != "bottleneckshortcut":
                if block.identity_channels == block.conv[-1].num_features:
                    block.forward = functools.partial(_forward_whole, block)
    elif timm.is_model(name):
        model = timm.create_model(name, pretrained=False, num_classes=1000)
    else:
        raise ValueError(f"{name}: neither timm nor tools/reference_networks has it")
    randomize(model, torch.Generator().manual_seed(0))
    return model.eval()


def example_input(size: int, seed: int = 0) -> torch.Tensor:
    """A random picture, [1, 3, size, size]."""
    return torch.randn((1, 3, size, size), generator=torch.Generator().manual_seed(seed))
