// Written by tools/list_pretrained_tags.py from timm 1.0.31.

import MNV4Graph

extension PretrainedTag {
  // swift-format-ignore
  static let rows: [Row] = [
    row("mobilenetv4_conv_small_050", "e3000_r224_in1k", 224, 0.875, .bicubic, .half, test: (256, 0.95)),
    row("mobilenetv4_conv_small", "e2400_r224_in1k", 224, 0.875, .bicubic, .imageNet, test: (256, 0.95)),
    row("mobilenetv4_conv_small", "e1200_r224_in1k", 224, 0.875, .bicubic, .imageNet, test: (256, 0.95)),
    row("mobilenetv4_conv_small", "e3600_r256_in1k", 256, 0.95, .bicubic, .half, test: (320, 1.0)),
    row("mobilenetv4_conv_medium", "e500_r256_in1k", 256, 0.95, .bicubic, .imageNet, test: (320, 1.0)),
    row("mobilenetv4_conv_medium", "e180_ad_r384_in12k", 384, 1.0, .bicubic, .imageNet, classes: 11821),
    row("mobilenetv4_conv_medium", "e180_r384_in12k", 384, 1.0, .bicubic, .imageNet, classes: 11821),
    row("mobilenetv4_conv_medium", "e250_r384_in12k", 384, 1.0, .bicubic, .imageNet, classes: 11821),
    row("mobilenetv4_conv_medium", "e250_r384_in12k_ft_in1k", 384, 0.95, .bicubic, .imageNet),
    row("mobilenetv4_conv_medium", "e500_r224_in1k", 224, 0.95, .bicubic, .imageNet, test: (256, 1.0)),
    row("mobilenetv4_conv_large", "e600_r384_in1k", 384, 0.95, .bicubic, .imageNet, test: (448, 1.0)),
    row("mobilenetv4_conv_large", "e500_r256_in1k", 256, 0.95, .bicubic, .imageNet, test: (320, 1.0)),
    row("mobilenetv4_hybrid_medium", "e200_r256_in12k_ft_in1k", 256, 0.95, .bicubic, .imageNet, test: (320, 1.0)),
    row("mobilenetv4_hybrid_medium", "e200_r256_in12k", 256, 0.95, .bicubic, .imageNet, test: (320, 1.0), classes: 11821),
    row("mobilenetv4_hybrid_medium", "e500_r224_in1k", 224, 0.95, .bicubic, .imageNet, test: (256, 1.0)),
    row("mobilenetv4_hybrid_medium", "ix_e550_r256_in1k", 256, 0.95, .bicubic, .imageNet, test: (320, 1.0)),
    row("mobilenetv4_hybrid_medium", "ix_e550_r384_in1k", 384, 0.95, .bicubic, .imageNet, test: (448, 1.0)),
    row("mobilenetv4_hybrid_large", "ix_e600_r384_in1k", 384, 0.95, .bicubic, .imageNet, test: (448, 1.0)),
    row("mobilenetv4_hybrid_large", "e600_r384_in1k", 384, 0.95, .bicubic, .imageNet, test: (448, 1.0)),
    row("mobilenetv2_050", "lamb_in1k", 224, 0.875, .bicubic, .imageNet),
    row("mobilenetv2_100", "ra_in1k", 224, 0.875, .bicubic, .imageNet),
    row("mobilenetv2_140", "ra_in1k", 224, 0.875, .bicubic, .imageNet),
    row("mobilenetv1_100", "ra4_e3600_r224_in1k", 224, 0.875, .bicubic, .half, test: (256, 0.95)),
    row("mobilenetv3_large_100", "ra_in1k", 224, 0.875, .bicubic, .imageNet),
    row("mobilenetv3_large_100", "miil_in21k", 224, 0.875, .bilinear, .unit, classes: 11221),
    row("mobilenetv3_large_100", "miil_in21k_ft_in1k", 224, 0.875, .bilinear, .unit),
    row("mobilenetv3_large_100", "ra4_e3600_r224_in1k", 224, 0.95, .bicubic, .half, test: (256, 1.0)),
    row("mobilenetv3_small_050", "lamb_in1k", 224, 0.875, .bicubic, .imageNet),
    row("mobilenetv3_small_100", "lamb_in1k", 224, 0.875, .bicubic, .imageNet),
    row("efficientnet_b0", "ra_in1k", 224, 0.875, .bicubic, .imageNet),
    row("efficientnet_b0", "ra4_e3600_r224_in1k", 224, 0.9, .bicubic, .half, test: (256, 1.0)),
    row("semnasnet_100", "rmsp_in1k", 224, 0.875, .bicubic, .imageNet),
  ]
}
