import MNV4Graph

/// The layers between the input and the pooling, at width 1.
struct MobileNetV4Table: Sendable {
  enum Block: Sendable {
    /// Convolution, batch normalization, activation.
    case convolution(kernel: Int, stride: Int, outputs: Int)
    /// An inverted bottleneck whose expansion is a convolution of a window.
    case fused(kernel: Int, stride: Int, expansion: Int, outputs: Int)
    /// The universal inverted bottleneck: filter sizes of its two depthwise convolutions.
    case universal(start: Int?, middle: Int?, stride: Int, expansion: Int, outputs: Int)
    case attention(MobileMQA)

    /// Depthwise before the expansion and before the projection.
    static func extra(
      _ start: Int, _ middle: Int, stride: Int = 1, expansion: Int = 4, outputs: Int
    ) -> Block {
      .universal(
        start: start, middle: middle, stride: stride, expansion: expansion, outputs: outputs)
    }

    /// The inverted bottleneck of MobileNetV2.
    static func inverted(_ kernel: Int, expansion: Int, outputs: Int) -> Block {
      .universal(start: nil, middle: kernel, stride: 1, expansion: expansion, outputs: outputs)
    }

    /// Like a ConvNeXt block: depthwise first.
    static func convNext(_ kernel: Int, expansion: Int = 4, outputs: Int) -> Block {
      .universal(start: kernel, middle: nil, stride: 1, expansion: expansion, outputs: outputs)
    }

    /// No depthwise convolution.
    static func feedForward(expansion: Int, outputs: Int) -> Block {
      .universal(start: nil, middle: nil, stride: 1, expansion: expansion, outputs: outputs)
    }
  }

  var stemOutputs: Int
  var activation: Activation
  /// Whether the universal inverted bottlenecks scale their output a channel.
  var hasLayerScale = false
  var stages: [[Block]]
}

// MARK: Variants

extension MobileNetV4Table {
  /// Every universal inverted bottleneck with both depthwise convolutions, the variant that the paper
  /// calls ExtraDW: one that is missing takes the filter size of the other, 3 where there is neither.
  var withBothDepthwise: MobileNetV4Table {
    mappingUniversal { start, middle, _ in (start ?? middle ?? 3, middle ?? start ?? 3) }
  }

  /// Every universal inverted bottleneck of stride 1 with a start depthwise convolution only, as in a
  /// ConvNeXt block, of the filter size of its start's, else of its middle's; those of stride 2 and
  /// those without depthwise convolutions stay.
  var withStartDepthwise: MobileNetV4Table {
    mappingUniversal { start, middle, stride in
      stride == 1 ? (start ?? middle, nil) : (start, middle)
    }
  }

  /// The table with other filter sizes in its universal inverted bottlenecks.
  private func mappingUniversal(
    _ kernels: (_ start: Int?, _ middle: Int?, _ stride: Int) -> (start: Int?, middle: Int?)
  ) -> MobileNetV4Table {
    var table = self
    table.stages = stages.map { stage in
      stage.map { block in
        switch block {
        case .convolution, .fused, .attention: return block
        case .universal(let start, let middle, let stride, let expansion, let outputs):
          let (start, middle) = kernels(start, middle, stride)
          return .universal(
            start: start, middle: middle, stride: stride, expansion: expansion, outputs: outputs)
        }
      }
    }
    return table
  }
}

// MARK: Convolutional networks

extension MobileNetV4Table {
  static let convSmall = MobileNetV4Table(
    stemOutputs: 32, activation: .relu,
    stages: [
      [
        .convolution(kernel: 3, stride: 2, outputs: 32),
        .convolution(kernel: 1, stride: 1, outputs: 32),
      ],
      [
        .convolution(kernel: 3, stride: 2, outputs: 96),
        .convolution(kernel: 1, stride: 1, outputs: 64),
      ],
      [
        .extra(5, 5, stride: 2, expansion: 3, outputs: 96),
        .inverted(3, expansion: 2, outputs: 96),
        .inverted(3, expansion: 2, outputs: 96),
        .inverted(3, expansion: 2, outputs: 96),
        .inverted(3, expansion: 2, outputs: 96),
        .convNext(3, outputs: 96),
      ],
      [
        .extra(3, 3, stride: 2, expansion: 6, outputs: 128),
        .extra(5, 5, outputs: 128),
        .inverted(5, expansion: 4, outputs: 128),
        .inverted(5, expansion: 3, outputs: 128),
        .inverted(3, expansion: 4, outputs: 128),
        .inverted(3, expansion: 4, outputs: 128),
      ],
      [.convolution(kernel: 1, stride: 1, outputs: 960)],
    ])

  static let convMedium = MobileNetV4Table(
    stemOutputs: 32, activation: .relu,
    stages: [
      [.fused(kernel: 3, stride: 2, expansion: 4, outputs: 48)],
      [
        .extra(3, 5, stride: 2, outputs: 80),
        .extra(3, 3, expansion: 2, outputs: 80),
      ],
      [
        .extra(3, 5, stride: 2, expansion: 6, outputs: 160),
        .extra(3, 3, outputs: 160),
        .extra(3, 3, outputs: 160),
        .extra(3, 5, outputs: 160),
        .extra(3, 3, outputs: 160),
        .convNext(3, outputs: 160),
        .feedForward(expansion: 2, outputs: 160),
        .convNext(3, outputs: 160),
      ],
      [
        .extra(5, 5, stride: 2, expansion: 6, outputs: 256),
        .extra(5, 5, outputs: 256),
        .extra(3, 5, outputs: 256),
        .extra(3, 5, outputs: 256),
        .feedForward(expansion: 4, outputs: 256),
        .convNext(3, outputs: 256),
        .extra(3, 5, expansion: 2, outputs: 256),
        .extra(5, 5, outputs: 256),
        .feedForward(expansion: 4, outputs: 256),
        .feedForward(expansion: 4, outputs: 256),
        .convNext(5, expansion: 2, outputs: 256),
      ],
      [.convolution(kernel: 1, stride: 1, outputs: 960)],
    ])

  static let convLarge = MobileNetV4Table(
    stemOutputs: 24, activation: .relu,
    stages: [
      [.fused(kernel: 3, stride: 2, expansion: 4, outputs: 48)],
      [
        .extra(3, 5, stride: 2, outputs: 96),
        .extra(3, 3, outputs: 96),
      ],
      [
        .extra(3, 5, stride: 2, outputs: 192),
        .extra(3, 3, outputs: 192),
        .extra(3, 3, outputs: 192),
        .extra(3, 3, outputs: 192),
        .extra(3, 5, outputs: 192),
        .extra(5, 3, outputs: 192),
        .extra(5, 3, outputs: 192),
        .extra(5, 3, outputs: 192),
        .extra(5, 3, outputs: 192),
        .extra(5, 3, outputs: 192),
        .convNext(3, outputs: 192),
      ],
      [
        .extra(5, 5, stride: 2, outputs: 512),
        .extra(5, 5, outputs: 512),
        .extra(5, 5, outputs: 512),
        .extra(5, 5, outputs: 512),
        .convNext(5, outputs: 512),
        .extra(5, 3, outputs: 512),
        .convNext(5, outputs: 512),
        .convNext(5, outputs: 512),
        .extra(5, 3, outputs: 512),
        .extra(5, 5, outputs: 512),
        .convNext(5, outputs: 512),
        .convNext(5, outputs: 512),
        .convNext(5, outputs: 512),
      ],
      [.convolution(kernel: 1, stride: 1, outputs: 960)],
    ])
}

// MARK: Networks with attention

extension MobileNetV4Table {
  /// As the checkpoints have it; the paper's Table 13 lists other blocks in the last two stages.
  static let hybridMedium = MobileNetV4Table(
    stemOutputs: 32, activation: .relu, hasLayerScale: true,
    stages: [
      [.fused(kernel: 3, stride: 2, expansion: 4, outputs: 48)],
      [
        .extra(3, 5, stride: 2, outputs: 80),
        .extra(3, 3, expansion: 2, outputs: 80),
      ],
      [
        .extra(3, 5, stride: 2, expansion: 6, outputs: 160),
        .feedForward(expansion: 2, outputs: 160),
        .extra(3, 3, outputs: 160),
        .extra(3, 5, outputs: 160),
        .attention(MobileMQA(heads: 4, headChannels: 64, keyStride: 2)),
        .extra(3, 3, outputs: 160),
        .attention(MobileMQA(heads: 4, headChannels: 64, keyStride: 2)),
        .convNext(3, outputs: 160),
        .attention(MobileMQA(heads: 4, headChannels: 64, keyStride: 2)),
        .extra(3, 3, outputs: 160),
        .attention(MobileMQA(heads: 4, headChannels: 64, keyStride: 2)),
        .convNext(3, outputs: 160),
      ],
      [
        .extra(5, 5, stride: 2, expansion: 6, outputs: 256),
        .extra(5, 5, outputs: 256),
        .extra(3, 5, outputs: 256),
        .extra(3, 5, outputs: 256),
        .feedForward(expansion: 2, outputs: 256),
        .extra(3, 5, expansion: 2, outputs: 256),
        .feedForward(expansion: 2, outputs: 256),
        .feedForward(expansion: 4, outputs: 256),
        .attention(MobileMQA(heads: 4, headChannels: 64)),
        .convNext(3, outputs: 256),
        .attention(MobileMQA(heads: 4, headChannels: 64)),
        .extra(5, 5, outputs: 256),
        .attention(MobileMQA(heads: 4, headChannels: 64)),
        .convNext(5, outputs: 256),
        .attention(MobileMQA(heads: 4, headChannels: 64)),
        .convNext(5, outputs: 256),
      ],
      [.convolution(kernel: 1, stride: 1, outputs: 960)],
    ])

  static let hybridLarge = MobileNetV4Table(
    stemOutputs: 24, activation: .gelu, hasLayerScale: true,
    stages: [
      [.fused(kernel: 3, stride: 2, expansion: 4, outputs: 48)],
      [
        .extra(3, 5, stride: 2, outputs: 96),
        .extra(3, 3, outputs: 96),
      ],
      [
        .extra(3, 5, stride: 2, outputs: 192),
        .extra(3, 3, outputs: 192),
        .extra(3, 3, outputs: 192),
        .extra(3, 3, outputs: 192),
        .extra(3, 5, outputs: 192),
        .extra(5, 3, outputs: 192),
        .extra(5, 3, outputs: 192),
        .attention(MobileMQA(heads: 8, headChannels: 48, keyStride: 2)),
        .extra(5, 3, outputs: 192),
        .attention(MobileMQA(heads: 8, headChannels: 48, keyStride: 2)),
        .extra(5, 3, outputs: 192),
        .attention(MobileMQA(heads: 8, headChannels: 48, keyStride: 2)),
        .extra(5, 3, outputs: 192),
        .attention(MobileMQA(heads: 8, headChannels: 48, keyStride: 2)),
        .convNext(3, outputs: 192),
      ],
      [
        .extra(5, 5, stride: 2, outputs: 512),
        .extra(5, 5, outputs: 512),
        .extra(5, 5, outputs: 512),
        .extra(5, 5, outputs: 512),
        .convNext(5, outputs: 512),
        .extra(5, 3, outputs: 512),
        .convNext(5, outputs: 512),
        .convNext(5, outputs: 512),
        .extra(5, 3, outputs: 512),
        .extra(5, 5, outputs: 512),
        .attention(MobileMQA(heads: 8, headChannels: 64)),
        .convNext(5, outputs: 512),
        .attention(MobileMQA(heads: 8, headChannels: 64)),
        .convNext(5, outputs: 512),
        .attention(MobileMQA(heads: 8, headChannels: 64)),
        .convNext(5, outputs: 512),
        .attention(MobileMQA(heads: 8, headChannels: 64)),
        .convNext(5, outputs: 512),
      ],
      [.convolution(kernel: 1, stride: 1, outputs: 960)],
    ])
}
