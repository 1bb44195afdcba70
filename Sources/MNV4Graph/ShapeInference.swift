package import MNV4Core

/// Checks one operation against its operands and computes the shape of its output.
///
/// The operation may come from a hostile file: every attribute is checked before it is used.
package struct ShapeInference {
  package static let maximumKernel = 64
  package static let maximumStride = 64
  /// Of one side of a pad.
  package static let maximumPadding = 1024
  /// Rows or columns that a resize makes.
  package static let maximumResizedExtent = 1 << 16

  private let inputs: [Value]
  private let constants: [Constant]

  /// The shape of `operation`'s output for inputs of the given shapes and types.
  package static func outputShape(
    of operation: Operation, inputs: [Value], constants: [Constant]
  ) throws(Failure) -> Shape {
    try ShapeInference(inputs: inputs, constants: constants).outputShape(of: operation)
  }

  package typealias Failure = GraphError.Rule

  private func outputShape(of operation: Operation) throws(Failure) -> Shape {
    switch operation {
    case .convolution(let convolution): return try shape(of: convolution)
    case .fullyConnected(let layer): return try shape(of: layer)
    case .batchNormalization(let normalization): return try shape(of: normalization)
    case .channelScale(let scaling):
      let input = try only("channelScale")
      try requireFloat(vector(scaling.scale, count: input.shape.last, field: "scale"), "scale")
      return input.shape
    case .activation: return try only("activation").shape
    case .add(let add): return try shape(of: add)
    case .multiply: return try multiplyShape()
    case .globalAveragePool:
      let input = try image(only("globalAveragePool"))
      return try makeShape([input[0], 1, 1, input[3]])
    case .averagePool(let pool):
      let input = try image(only("averagePool"))
      let size = try window(
        input: input, kernel: pool.kernel, stride: pool.stride, padding: pool.padding)
      return try makeShape([input[0], size.height, size.width, input[3]])
    case .slice(let slice): return try shape(of: slice)
    case .concatenation: return try concatenationShape()
    case .matrixProduct(let product): return try shape(of: product)
    case .softmax: return try only("softmax").shape
    case .reshape(let shape):
      let input = try only("reshape")
      guard shape.elementCount == input.shape.elementCount else {
        throw .field(
          "shape", expected: "\(input.shape.elementCount) elements", found: "\(shape)")
      }
      return shape
    case .pad(let padding): return try shape(of: padding)
    case .resizeBilinear(let resize): return try shape(of: resize)
    case .quantize: return try only("quantize").shape
    case .dequantize: return try only("dequantize").shape
    }
  }

  // MARK: Operations

  private func shape(of convolution: Convolution) throws(Failure) -> Shape {
    try requireInputCount(convolution.hasResidual ? 2 : 1)
    let input = try image(inputs[0])
    let groups = convolution.groups
    guard groups >= 1, input[3] % groups == 0 else {
      throw .field("groups", expected: "a divisor of \(input[3])", found: "\(groups)")
    }
    let weights = try constant(convolution.weights, field: "weights")
    let expected = [convolution.kernel.height, convolution.kernel.width, input[3] / groups]
    guard weights.shape.rank == 4, Array(weights.shape.dimensions[1...]) == expected else {
      throw .field(
        "weights", expected: "shape outputs×\(Shape.describe(expected))",
        found: "\(weights.shape)")
    }
    let outputs = weights.shape[0]
    guard outputs % groups == 0 else {
      throw .field("groups", expected: "a divisor of \(outputs) outputs", found: "\(groups)")
    }
    try checkTypes(weights: weights, bias: convolution.bias, outputs: outputs)
    let size = try window(
      input: input, kernel: convolution.kernel, stride: convolution.stride,
      padding: convolution.padding)
    let output = try makeShape([input[0], size.height, size.width, outputs])
    if convolution.hasResidual {
      guard inputs[1].shape == output else {
        throw .field("residual", expected: "shape \(output)", found: "\(inputs[1].shape)")
      }
      if case .channels(let count) = convolution.residual, !(1...outputs).contains(count) {
        throw .field("residual channel count", expected: "1 to \(outputs)", found: "\(count)")
      }
    }
    return output
  }

  private func shape(of layer: FullyConnected) throws(Failure) -> Shape {
    let input = try only("fullyConnected")
    let weights = try constant(layer.weights, field: "weights")
    guard weights.shape.rank == 2, weights.shape[1] == input.shape.last else {
      throw .field(
        "weights", expected: "shape outputs×\(input.shape.last)", found: "\(weights.shape)")
    }
    try checkTypes(weights: weights, bias: layer.bias, outputs: weights.shape[0])
    return try makeShape(input.shape.dimensions.dropLast() + [weights.shape[0]])
  }

  private func shape(of normalization: BatchNormalization) throws(Failure) -> Shape {
    let input = try only("batchNormalization")
    let fields = [
      ("scale", normalization.scale), ("shift", normalization.shift),
      ("mean", normalization.mean), ("variance", normalization.variance),
    ]
    for (field, id) in fields {
      try requireFloat(vector(id, count: input.shape.last, field: field), field)
    }
    guard normalization.epsilon >= 0, normalization.epsilon <= 1 else {
      throw .field("epsilon", expected: "0 to 1", found: "\(normalization.epsilon)")
    }
    return input.shape
  }

  private func shape(of add: Add) throws(Failure) -> Shape {
    try requireInputCount(2)
    guard inputs[0].shape == inputs[1].shape else {
      throw .field(
        "second input", expected: "shape \(inputs[0].shape)", found: "\(inputs[1].shape)")
    }
    if let count = add.channelCount {
      guard (1...inputs[0].shape.last).contains(count) else {
        throw .field(
          "channel count", expected: "1 to \(inputs[0].shape.last)", found: "\(count)")
      }
    }
    return inputs[0].shape
  }

  private func multiplyShape() throws(Failure) -> Shape {
    try requireInputCount(2)
    let (first, second) = (inputs[0].shape, inputs[1].shape)
    if first == second { return first }
    let input = try image(inputs[0])
    guard second.dimensions == [input[0], 1, 1, input[3]] else {
      throw .field(
        "second input", expected: "shape \(first) or \(input[0])×1×1×\(input[3])",
        found: "\(second)")
    }
    return first
  }

  private func shape(of slice: Slice) throws(Failure) -> Shape {
    let input = try only("slice").shape
    guard slice.start >= 0, slice.start < input.last else {
      throw .field("start", expected: "0 to \(input.last - 1)", found: "\(slice.start)")
    }
    guard slice.count >= 1, slice.count <= input.last - slice.start else {
      throw .field("count", expected: "1 to \(input.last - slice.start)", found: "\(slice.count)")
    }
    return try makeShape(input.dimensions.dropLast() + [slice.count])
  }

  private func concatenationShape() throws(Failure) -> Shape {
    guard inputs.count >= 2 else {
      throw .field("input count", expected: "2 or more", found: "\(inputs.count)")
    }
    let outer = inputs[0].shape.dimensions.dropLast()
    var channels = 0
    for input in inputs {
      guard input.shape.dimensions.dropLast() == outer else {
        throw .field(
          "input", expected: "shape \(Shape.describe(Array(outer)))×channels",
          found: "\(input.shape)")
      }
      channels += input.shape.last
    }
    return try makeShape(outer + [channels])
  }

  private func shape(of product: MatrixProduct) throws(Failure) -> Shape {
    try requireInputCount(2)
    let (left, right) = (inputs[0].shape, inputs[1].shape)
    guard left.rank == 3, right.rank == 3, left[0] == right[0] else {
      throw .field("inputs", expected: "N×M×K and N×K×P", found: "\(left) and \(right)")
    }
    guard left[2] == right[product.transposesRight ? 2 : 1] else {
      throw .field("inputs", expected: "one inner extent", found: "\(left) and \(right)")
    }
    guard product.scale.isFinite else {
      throw .field("scale", expected: "a finite number", found: "\(product.scale)")
    }
    return try makeShape([left[0], left[1], right[product.transposesRight ? 1 : 2]])
  }

  private func shape(of padding: Padding) throws(Failure) -> Shape {
    let input = try image(only("pad"))
    let sides = [padding.top, padding.left, padding.bottom, padding.right]
    for side in sides where !(0...Self.maximumPadding).contains(side) {
      throw .field("padding", expected: "0 to \(Self.maximumPadding)", found: "\(side)")
    }
    return try makeShape([
      input[0], input[1] + padding.top + padding.bottom,
      input[2] + padding.left + padding.right, input[3],
    ])
  }

  private func shape(of resize: ResizeBilinear) throws(Failure) -> Shape {
    let input = try image(only("resizeBilinear"))
    for (field, extent) in [("height", resize.height), ("width", resize.width)] {
      guard (1...Self.maximumResizedExtent).contains(extent) else {
        throw .field(field, expected: "1 to \(Self.maximumResizedExtent)", found: "\(extent)")
      }
    }
    return try makeShape([input[0], resize.height, resize.width, input[3]])
  }

  // MARK: Rules

  private func requireInputCount(_ count: Int) throws(Failure) {
    guard inputs.count == count else {
      throw .field("input count", expected: "\(count)", found: "\(inputs.count)")
    }
  }

  private func only(_ operation: String) throws(Failure) -> Value {
    try requireInputCount(1)
    return inputs[0]
  }

  private func image(_ value: Value) throws(Failure) -> Shape {
    guard value.shape.rank == 4 else {
      throw .field("input", expected: "shape N×H×W×C", found: "\(value.shape)")
    }
    return value.shape
  }

  private func constant(_ id: ConstantID, field: String) throws(Failure) -> Constant {
    guard constants.indices.contains(id.index) else {
      throw .field(
        field, expected: "a constant below \(constants.count)", found: "\(id.index)")
    }
    return constants[id.index]
  }

  private func vector(
    _ id: ConstantID, count: Int, field: String
  ) throws(Failure) -> Constant {
    let vector = try constant(id, field: field)
    guard vector.shape.dimensions == [count] else {
      throw .field(field, expected: "shape \(count)", found: "\(vector.shape)")
    }
    return vector
  }

  private func requireFloat(_ constant: Constant, _ field: String) throws(Failure) {
    guard constant.elementType == .float32 else {
      throw .field(field, expected: "float32", found: "\(constant.elementType)")
    }
  }

  /// Float inputs take float weights and bias; 8-bit inputs take weights of int8 or, of uint8, also of
  /// uint8, and a 32-bit bias.
  private func checkTypes(
    weights: Constant, bias: ConstantID?, outputs: Int
  ) throws(Failure) {
    let type = inputs[0].elementType
    guard weights.elementType == type || type == .uint8 && weights.elementType == .int8 else {
      throw .field(
        "weights", expected: type == .uint8 ? "int8 or uint8" : "\(type)",
        found: "\(weights.elementType)")
    }
    let bias: Constant? =
      if let bias { try vector(bias, count: outputs, field: "bias") } else { nil }
    let biasType = type == .float32 ? type : .int32
    if let bias, bias.elementType != biasType {
      throw .field("bias", expected: "\(biasType)", found: "\(bias.elementType)")
    }
  }

  /// The size of the output of a filter that slides over a padded image.
  private func window(
    input: Shape, kernel: Extent, stride: Extent, padding: Padding
  ) throws(Failure) -> Extent {
    func size(
      _ axis: String, _ input: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ after: Int
    ) throws(Failure) -> Int {
      guard (1...Self.maximumKernel).contains(kernel) else {
        throw .field("kernel \(axis)", expected: "1 to \(Self.maximumKernel)", found: "\(kernel)")
      }
      guard (1...Self.maximumStride).contains(stride) else {
        throw .field("stride \(axis)", expected: "1 to \(Self.maximumStride)", found: "\(stride)")
      }
      // A filter that fits into the padding alone would compute nothing but the bias.
      guard before >= 0, before < kernel, after >= 0, after < kernel else {
        throw .field(
          "padding \(axis)", expected: "0 to \(kernel - 1)", found: "\(before), \(after)")
      }
      let padded = input + before + after
      guard padded >= kernel else {
        throw .field(
          "kernel \(axis)", expected: "at most the padded input's \(padded)", found: "\(kernel)")
      }
      return (padded - kernel) / stride + 1
    }
    let height = try size(
      "height", input[1], kernel.height, stride.height, padding.top, padding.bottom)
    let width = try size(
      "width", input[2], kernel.width, stride.width, padding.left, padding.right)
    return Extent(height, width)
  }

  private func makeShape(_ dimensions: some Sequence<Int>) throws(Failure) -> Shape {
    do { return try Shape(Array(dimensions)) } catch { throw .shape(error) }
  }
}
