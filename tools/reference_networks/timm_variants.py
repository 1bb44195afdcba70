"""Networks that differ from one of timm's in a width or in a layer."""
import functools

import timm
import torch
from timm.models import mobilenetv3


def mobilenetv4_conv_small_075(classes: int) -> torch.nn.Module:
    """timm's generator at a width that timm has no name for."""
    return mobilenetv3._gen_mobilenet_v4(
        "mobilenetv4_conv_small_050", 0.75, pretrained=False, num_classes=classes)


def _forward_with_start(block: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    shortcut = x
    if hasattr(block, "conv_pwl"):
        x = block.bn1(block.conv_pw(x))
        x = block.bn_start(block.conv_dw_start(x))
        x = block.bn2(block.conv_dw(x))
        x = block.bn3(block.conv_pwl(x))
    else:
        x = block.bn_start(block.conv_dw_start(x))
        x = block.bn1(block.conv_dw(x))
        x = block.bn2(block.conv_pw(x))
    return x + shortcut if block.has_skip else x


def mobilenetv2_100_extradw(classes: int) -> torch.nn.Module:
    """Table 5 of the MobileNeXt paper (arXiv 2007.02269): one more depthwise convolution a block,
    of stride 1, normalized and not activated, before the block's own.
    """
    model = timm.create_model("mobilenetv2_100", pretrained=False, num_classes=classes)
    for block in (block for stage in model.blocks for block in stage):
        channels = block.conv_dw.in_channels
        block.conv_dw_start = torch.nn.Conv2d(
            channels, channels, 3, padding=1, groups=channels, bias=False)
        block.bn_start = torch.nn.BatchNorm2d(channels)
        block.forward = functools.partial(_forward_with_start, block)
    return model


NETWORKS = {
    "mobilenetv4_conv_small_075": mobilenetv4_conv_small_075,
    "mobilenetv2_100_extradw": mobilenetv2_100_extradw,
}
