package import MNV4Core

/// What a node computes. Activations are `[N, H, W, C]`, row major, channels innermost.
///
/// Constants (weights, biases, normalization statistics) are named by their id in the graph; other
/// operands are the node's inputs, in the order stated at each case.
package enum Operation: Hashable, Sendable {
  /// Input, and a residual where there is one.
  case convolution(Convolution)
  /// Input `[…, C]`.
  case fullyConnected(FullyConnected)
  /// Input of any rank, normalized along its last axis.
  case batchNormalization(BatchNormalization)
  /// Input of any rank, scaled along its last axis (layer scale).
  case channelScale(ChannelScale)
  /// Input of any rank.
  case activation(Activation)
  /// Two inputs of one shape.
  case add(Add)
  /// Input `[N, H, W, C]` and factors of the same shape or `[N, 1, 1, C]` (squeeze-and-excite).
  case multiply(Multiply)
  /// Input `[N, H, W, C]` → `[N, 1, 1, C]`: the mean over height and width.
  case globalAveragePool
  /// Input `[N, H, W, C]`.
  case averagePool(AveragePool)
  /// Input of any rank: a run of the last axis.
  case slice(Slice)
  /// Two or more inputs that differ in the last axis only, joined along it.
  case concatenation
  /// Left `[N, M, K]` and right `[N, K, P]`, or `[N, P, K]` where `transposesRight`.
  case matrixProduct(MatrixProduct)
  /// Input of any rank, along its last axis.
  case softmax
  /// The same elements in another shape.
  case reshape(Shape)
  /// Input `[N, H, W, C]` with rows and columns of zeros around it.
  case pad(Padding)
  /// Input `[N, H, W, C]`, resized in height and width.
  case resizeBilinear(ResizeBilinear)
  /// Input of float32, or of 8-bit integers of another scale, zero point or type → 8-bit integers.
  case quantize
  /// Input of 8-bit integers → float32.
  case dequantize
}

/// Names a graph's constant.
package struct ConstantID: Hashable, Sendable {
  package let index: Int

  package init(_ index: Int) { self.index = index }
}

/// A function of one element, alone or at the end of another operation.
/// The raw values are those of the weight format.
package enum Activation: UInt8, Hashable, Sendable, CaseIterable {
  /// x
  case identity = 0
  /// max(x, 0)
  case relu = 1
  /// min(max(x, 0), 6)
  case relu6 = 2
  /// x · hardSigmoid(x)
  case hardSwish = 3
  /// relu6(x + 3) / 6
  case hardSigmoid = 4
  /// 1 / (1 + e⁻ˣ)
  case sigmoid = 5
  /// x · sigmoid(x)
  case silu = 6
  /// x · (1 + erf(x / √2)) / 2
  case gelu = 7

  package var name: String {
    switch self {
    case .identity: "identity"
    case .relu: "ReLU"
    case .relu6: "ReLU6"
    case .hardSwish: "h-swish"
    case .hardSigmoid: "h-sigmoid"
    case .sigmoid: "sigmoid"
    case .silu: "SiLU"
    case .gelu: "GELU"
    }
  }

  /// The bounds of those that only clamp; nil for the others.
  package var clampBounds: ClosedRange<Float>? {
    switch self {
    case .identity: -Float.infinity...Float.infinity
    case .relu: 0...Float.infinity
    case .relu6: 0...6
    case .hardSwish, .hardSigmoid, .sigmoid, .silu, .gelu: nil
    }
  }
}

/// Rows and columns of a filter or a step.
package struct Extent: Hashable, Sendable {
  package var height: Int
  package var width: Int

  package init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  package static let one = Extent(1, 1)
}

/// Rows and columns of zeros around an input.
package struct Padding: Hashable, Sendable {
  package var top: Int
  package var left: Int
  package var bottom: Int
  package var right: Int

  package init(top: Int, left: Int, bottom: Int, right: Int) {
    self.top = top
    self.left = left
    self.bottom = bottom
    self.right = right
  }

  package static let none = Padding(top: 0, left: 0, bottom: 0, right: 0)

  /// PyTorch's `(k − 1) / 2` on every side.
  package static func symmetric(kernel: Extent) -> Padding {
    let vertical = (kernel.height - 1) / 2
    let horizontal = (kernel.width - 1) / 2
    return Padding(top: vertical, left: horizontal, bottom: vertical, right: horizontal)
  }

  /// TensorFlow's SAME: output `ceil(input / stride)`, the smaller half at the top and left.
  package static func same(
    inputHeight: Int, inputWidth: Int, kernel: Extent, stride: Extent
  ) -> Padding {
    func total(_ input: Int, _ kernel: Int, _ stride: Int) -> Int {
      max(((input + stride - 1) / stride - 1) * stride + kernel - input, 0)
    }
    let vertical = total(inputHeight, kernel.height, stride.height)
    let horizontal = total(inputWidth, kernel.width, stride.width)
    return Padding(
      top: vertical / 2, left: horizontal / 2,
      bottom: vertical - vertical / 2, right: horizontal - horizontal / 2)
  }
}

/// `activation(filter ∗ input + bias [+ residual])`.
package struct Convolution: Hashable, Sendable {
  /// A second input, of the output's shape, that is added before the activation.
  package enum Residual: Hashable, Sendable {
    case none
    case whole
    /// Added to that many of the first channels only, at least one.
    case channels(Int)
  }

  /// `[outputs, height, width, inputs / groups]`.
  package var weights: ConstantID
  /// `[outputs]`.
  package var bias: ConstantID?
  package var kernel: Extent
  package var stride: Extent
  package var padding: Padding
  /// Depthwise where it equals both channel counts.
  package var groups: Int
  package var activation: Activation
  package var residual: Residual

  package init(
    weights: ConstantID, bias: ConstantID?, kernel: Extent, stride: Extent = .one,
    padding: Padding = .none, groups: Int = 1, activation: Activation = .identity,
    residual: Residual = .none
  ) {
    self.weights = weights
    self.bias = bias
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.groups = groups
    self.activation = activation
    self.residual = residual
  }

  package var hasResidual: Bool { residual != .none }
}

/// `activation(weights · input + bias)` for each row of the input.
package struct FullyConnected: Hashable, Sendable {
  /// `[outputs, inputs]`.
  package var weights: ConstantID
  /// `[outputs]`.
  package var bias: ConstantID?
  package var activation: Activation

  package init(weights: ConstantID, bias: ConstantID?, activation: Activation = .identity) {
    self.weights = weights
    self.bias = bias
    self.activation = activation
  }
}

/// `scale · (input − mean) / √(variance + epsilon) + shift`, each a constant `[C]`.
package struct BatchNormalization: Hashable, Sendable {
  package var scale: ConstantID
  package var shift: ConstantID
  package var mean: ConstantID
  package var variance: ConstantID
  package var epsilon: Float

  package init(
    scale: ConstantID, shift: ConstantID, mean: ConstantID, variance: ConstantID, epsilon: Float
  ) {
    self.scale = scale
    self.shift = shift
    self.mean = mean
    self.variance = variance
    self.epsilon = epsilon
  }
}

/// `scale · input`, the scale a constant `[C]`.
package struct ChannelScale: Hashable, Sendable {
  package var scale: ConstantID

  package init(scale: ConstantID) { self.scale = scale }
}

/// `activation(first + second)`, the second added to the first `channelCount` channels only.
package struct Add: Hashable, Sendable {
  /// Nil adds all of them. The others pass through from the first input.
  package var channelCount: Int?
  package var activation: Activation

  package init(channelCount: Int? = nil, activation: Activation = .identity) {
    self.channelCount = channelCount
    self.activation = activation
  }
}

/// `activation(first · second)`.
package struct Multiply: Hashable, Sendable {
  package var activation: Activation

  package init(activation: Activation = .identity) { self.activation = activation }
}

/// The mean of each window; padding does not count towards it.
package struct AveragePool: Hashable, Sendable {
  package var kernel: Extent
  package var stride: Extent
  package var padding: Padding

  package init(kernel: Extent, stride: Extent, padding: Padding = .none) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }
}

/// Channels `start ..< start + count`.
package struct Slice: Hashable, Sendable {
  package var start: Int
  package var count: Int

  package init(start: Int, count: Int) {
    self.start = start
    self.count = count
  }
}

/// `scale · left · right`.
package struct MatrixProduct: Hashable, Sendable {
  package var transposesRight: Bool
  package var scale: Float

  package init(transposesRight: Bool = false, scale: Float = 1) {
    self.transposesRight = transposesRight
    self.scale = scale
  }
}

/// Each output is interpolated between the four nearest inputs; outside the image the edge repeats.
///
/// The output row y stands for the input row, in this order of precedence:
/// `y · (H − 1) / (height − 1)` with `alignsCorners` (0 where `height` is 1),
/// `(y + ½) · H / height − ½` with `usesHalfPixelCenters`, `y · H / height` otherwise; columns alike.
package struct ResizeBilinear: Hashable, Sendable {
  package var height: Int
  package var width: Int
  package var alignsCorners: Bool
  package var usesHalfPixelCenters: Bool

  package init(
    height: Int, width: Int, alignsCorners: Bool = false, usesHalfPixelCenters: Bool = false
  ) {
    self.height = height
    self.width = width
    self.alignsCorners = alignsCorners
    self.usesHalfPixelCenters = usesHalfPixelCenters
  }
}
