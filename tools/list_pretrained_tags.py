#!/usr/bin/env python3
"""Prints Sources/MNV4Zoo/PretrainedTagTable.swift: timm's pretrained weights of the zoo's networks.

    python tools/list_pretrained_tags.py > Sources/MNV4Zoo/PretrainedTagTable.swift

A network's default tag comes first, the others by name; networks without published weights are
left out. Needs timm.
"""
import timm
from timm.models import get_pretrained_cfg

NETWORKS = [
    "mobilenetv4_conv_small_050", "mobilenetv4_conv_small", "mobilenetv4_conv_medium",
    "mobilenetv4_conv_large", "mobilenetv4_hybrid_medium", "mobilenetv4_hybrid_large",
    "mobilenetv2_050", "mobilenetv2_100", "mobilenetv2_140", "mobilenetv1_100",
    "mobilenetv3_large_100", "mobilenetv3_small_050", "mobilenetv3_small_100", "efficientnet_b0",
    "semnasnet_100",
]
# In the zoo and in timm, without weights there.
UNTRAINED = [
    "mobilenetv4_conv_small_035", "mobilenetv2_035", "mobilenetv2_075", "mobilenetv3_large_075",
    "ghostnet_130",
]
NORMALIZATIONS = {
    ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)): "imageNet",
    ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)): "half",
    ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)): "unit",
}


def side(size: tuple[int, int, int]) -> int:
    channels, height, width = size
    assert channels == 3 and height == width, size
    return height


def tags(network: str) -> list[str]:
    names = sorted(
        name.partition(".")[2] for name in timm.list_pretrained(f"{network}.*"))
    default = get_pretrained_cfg(network).tag
    return sorted(names, key=lambda tag: tag != default)


def row(network: str, tag: str) -> str:
    config = get_pretrained_cfg(f"{network}.{tag}")
    assert config.crop_mode == "center", (network, tag, config.crop_mode)
    fields = [
        f'"{network}"', f'"{tag}"', str(side(config.input_size)), str(config.crop_pct),
        f".{config.interpolation}", f".{NORMALIZATIONS[config.mean, config.std]}",
    ]
    if config.test_input_size or config.test_crop_pct:
        test_side = side(config.test_input_size or config.input_size)
        fields.append(f"test: ({test_side}, {config.test_crop_pct or config.crop_pct})")
    if config.num_classes != 1000:
        fields.append(f"classes: {config.num_classes}")
    return f"    row({', '.join(fields)}),"


def main() -> None:
    for network in UNTRAINED:
        assert not tags(network), f"{network} has weights now"
    print(f"""\
// Written by tools/list_pretrained_tags.py from timm {timm.__version__}.

import MNV4Graph

extension PretrainedTag {{
  // swift-format-ignore
  static let rows: [Row] = [""")
    for network in NETWORKS:
        for tag in tags(network):
            print(row(network, tag))
    print("  ]\n}")


main()
