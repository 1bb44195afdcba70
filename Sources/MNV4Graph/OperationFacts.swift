import MNV4Core

extension Operation {
  /// The name a person reads: the kind of convolution where it is one.
  package func describe(inputs: [Value]) -> String {
    switch self {
    case .convolution(let convolution): convolution.kindName(inputs: inputs)
    case .fullyConnected: "fully connected"
    case .batchNormalization: "batch normalization"
    case .channelScale: "channel scale"
    case .activation(let function): function.name
    case .add(let add): add.channelCount == nil ? "add" : "partial add"
    case .multiply: "multiply"
    case .globalAveragePool: "global average pool"
    case .averagePool: "average pool"
    case .slice: "slice"
    case .concatenation: "concatenation"
    case .matrixProduct: "matrix product"
    case .softmax: "softmax"
    case .reshape: "reshape"
    case .pad: "pad"
    case .resizeBilinear: "resize bilinear"
    case .quantize: "quantize"
    case .dequantize: "dequantize"
    }
  }

  /// What is applied to each element at the end; identity where nothing is.
  package var fusedActivation: Activation {
    switch self {
    case .convolution(let convolution): convolution.activation
    case .fullyConnected(let layer): layer.activation
    case .add(let add): add.activation
    case .multiply(let multiply): multiply.activation
    case .batchNormalization, .channelScale, .activation, .globalAveragePool, .averagePool,
      .slice, .concatenation, .matrixProduct, .softmax, .reshape, .pad, .resizeBilinear, .quantize,
      .dequantize:
      .identity
    }
  }

  /// The same operation with `activation` at its end; nil where it cannot take one.
  package func fusing(_ activation: Activation) -> Operation? {
    guard fusedActivation == .identity else { return nil }
    switch self {
    case .convolution(var convolution):
      convolution.activation = activation
      return .convolution(convolution)
    case .fullyConnected(var layer):
      layer.activation = activation
      return .fullyConnected(layer)
    case .add(var add):
      add.activation = activation
      return .add(add)
    case .multiply(var multiply):
      multiply.activation = activation
      return .multiply(multiply)
    case .batchNormalization, .channelScale, .activation, .globalAveragePool, .averagePool,
      .slice, .concatenation, .matrixProduct, .softmax, .reshape, .pad, .resizeBilinear, .quantize,
      .dequantize:
      return nil
    }
  }

  /// Whether the output may overwrite the first input: each element depends on its own place only.
  package var allowsInPlace: Bool {
    switch self {
    case .batchNormalization, .channelScale, .activation, .add, .multiply, .reshape, .quantize: true
    case .convolution, .fullyConnected, .globalAveragePool, .averagePool, .slice,
      .concatenation, .matrixProduct, .softmax, .pad, .resizeBilinear, .dequantize:
      false
    }
  }

  /// The constants it reads.
  package var constants: [ConstantID] {
    switch self {
    case .convolution(let convolution):
      [convolution.weights] + [convolution.bias].compactMap(\.self)
    case .fullyConnected(let layer): [layer.weights] + [layer.bias].compactMap(\.self)
    case .batchNormalization(let normalization):
      [normalization.scale, normalization.shift, normalization.mean, normalization.variance]
    case .channelScale(let scaling): [scaling.scale]
    case .activation, .add, .multiply, .globalAveragePool, .averagePool, .slice, .concatenation,
      .matrixProduct, .softmax, .reshape, .pad, .resizeBilinear, .quantize, .dequantize:
      []
    }
  }

  /// Multiply-accumulates for operands of validated shapes: those of convolutions, fully connected
  /// layers and matrix products; everything else counts as zero.
  package func multiplyAccumulateCount(inputs: [Value], output: Value) -> Int {
    switch self {
    case .convolution(let convolution):
      output.shape.elementCount * convolution.kernel.height * convolution.kernel.width
        * (inputs[0].shape.last / convolution.groups)
    case .fullyConnected: output.shape.elementCount * inputs[0].shape.last
    case .matrixProduct: output.shape.elementCount * inputs[0].shape.last
    case .batchNormalization, .channelScale, .activation, .add, .multiply, .globalAveragePool,
      .averagePool, .slice, .concatenation, .softmax, .reshape, .pad, .resizeBilinear, .quantize,
      .dequantize:
      0
    }
  }
}

extension Convolution {
  /// Whether each output channel reads the one input channel of the same number.
  package func isDepthwise(inputChannels: Int, outputChannels: Int) -> Bool {
    groups > 1 && groups == inputChannels && groups == outputChannels
  }

  /// Whether it is a product of the pixels with one matrix.
  package var isPointwise: Bool {
    kernel == .one && stride == .one && groups == 1 && padding == .none
  }

  fileprivate func kindName(inputs: [Value]) -> String {
    let size = "\(kernel.height)×\(kernel.width)"
    let step = stride == .one ? "" : " stride \(stride.height)"
    let kind =
      if groups > 1 && groups == inputs[0].shape.last {
        "depthwise \(size)"
      } else if groups > 1 {
        "conv \(size) groups \(groups)"
      } else if kernel == .one {
        "pointwise"
      } else {
        "conv \(size)"
      }
    return kind + step
  }
}
