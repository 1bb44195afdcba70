import MNV4Core

/// The fields of a one-node file, to be changed one at a time before they are laid out.
struct Handmade {
  struct Tensor {
    var type: UInt8 = 1
    var dimensions: [UInt32]
    var rank: UInt8?
    /// The record of quantization parameters.
    var quantization: [UInt8] = [0]

    var bytes: [UInt8] {
      var bytes: [UInt8] = [type, rank ?? UInt8(dimensions.count)]
      for dimension in dimensions { bytes.put(dimension) }
      return bytes + quantization
    }
  }

  var name = "handmade"
  var values = [Tensor(dimensions: [1, 5, 5, 3]), Tensor(dimensions: [1, 2, 2, 2])]
  var code: UInt16 = 1
  var attributes = Handmade.convolution()
  /// Nil states that of `attributes`.
  var attributeByteCount: UInt16?
  var nodeInputs: [UInt32] = [0]
  var nodeOutput: UInt32 = 1
  var inputs: [UInt32] = [0]
  var outputs: [UInt32] = [1]
  var constantNames = ["w", "b"]
  var constants = [Tensor(dimensions: [2, 3, 3, 3]), Tensor(dimensions: [2])]
  var data = [UInt8](repeating: 0, count: 256 + 8)

  static func convolution(
    weights: UInt32 = 0, bias: UInt32 = 1, kernel: (UInt16, UInt16) = (3, 3),
    stride: (UInt16, UInt16) = (2, 2), padding: [UInt16] = [0, 0, 0, 0], groups: UInt32 = 1,
    activation: UInt8 = 1, hasResidual: UInt8 = 0
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.put(weights)
    bytes.put(bias)
    for value in [kernel.0, kernel.1, stride.0, stride.1] + padding { bytes.put(value) }
    bytes.put(groups)
    return bytes + [activation, hasResidual]
  }

  /// The record of one scale for the whole tensor.
  static func perTensor(_ scale: Float, _ zeroPoint: Int32) -> [UInt8] {
    var bytes: [UInt8] = [1]
    bytes.put(scale)
    bytes.put(zeroPoint)
    return bytes
  }

  /// The record of scales along an axis, without zero points.
  static func perAxis(_ axis: UInt8, _ scales: [Float], count: UInt32? = nil) -> [UInt8] {
    var bytes: [UInt8] = [2, axis, 0]
    bytes.put(count ?? UInt32(scales.count))
    for scale in scales { bytes.put(scale) }
    return bytes
  }

  var graphSection: [UInt8] {
    var bytes: [UInt8] = []
    bytes.put(text: name)
    bytes.put(UInt32(values.count))
    for value in values { bytes += value.bytes }
    bytes.put(UInt32(1))
    bytes.put(text: "node")
    bytes.put(code)
    bytes.put(attributeByteCount ?? UInt16(attributes.count))
    bytes += attributes
    bytes.put(UInt16(nodeInputs.count))
    for input in nodeInputs { bytes.put(input) }
    bytes.put(nodeOutput)
    bytes.put(UInt16(inputs.count))
    for input in inputs { bytes.put(input) }
    bytes.put(UInt16(outputs.count))
    for output in outputs { bytes.put(output) }
    return bytes
  }

  var constantSection: [UInt8] {
    var bytes: [UInt8] = []
    bytes.put(UInt32(constants.count))
    for (name, constant) in zip(constantNames, constants) {
      bytes.put(text: name)
      bytes += constant.bytes
    }
    return bytes
  }

  var container: Container {
    Container(sections: [(1, graphSection), (2, constantSection), (3, data)])
  }
}
