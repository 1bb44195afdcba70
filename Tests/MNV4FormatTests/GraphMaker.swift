import MNV4Core
import MNV4Graph

/// Builds graphs of random content for tests: shapes as inferred, names by number.
struct GraphMaker {
  var graph: Graph
  var random: SplitMix64

  init(name: String = "test", input: [Int], type: ElementType = .float32, seed: UInt64) throws {
    graph = Graph(name: name)
    random = SplitMix64(seed: seed)
    graph.values = [try Self.value(Shape(input), type)]
    graph.inputs = [ValueID(0)]
    graph.outputs = [ValueID(0)]
  }

  static func value(_ shape: Shape, _ type: ElementType) throws -> Value {
    let quantization =
      type == .float32
      ? nil
      : try QuantizationParameters(
        scales: [0.05], zeroPoints: [type == .uint8 ? 128 : 0], axis: nil, shape: shape,
        elementType: type)
    return Value(shape: shape, elementType: type, quantization: quantization)
  }

  /// The shape of the newest value.
  var shape: Shape { graph.values[graph.values.count - 1].shape }
  var last: ValueID { ValueID(graph.values.count - 1) }

  @discardableResult
  mutating func add(_ operation: Operation, _ inputs: ValueID...) throws -> ValueID {
    try add(operation, inputs)
  }

  @discardableResult
  mutating func add(
    _ operation: Operation, _ inputs: [ValueID], type: ElementType? = nil
  ) throws -> ValueID {
    let shape = try ShapeInference.outputShape(
      of: operation, inputs: inputs.map { graph[$0] }, constants: graph.constants)
    graph.values.append(try Self.value(shape, type ?? graph[inputs[0]].elementType))
    graph.nodes.append(
      Node(name: "node \(graph.nodes.count)", operation: operation, inputs: inputs, output: last))
    graph.outputs = [last]
    return last
  }

  /// A constant of random bytes, or of small numbers where it is float32 or int32.
  mutating func constant(
    _ dimensions: [Int], _ type: ElementType = .float32, scales: QuantizationAxis = .none,
    name: String? = nil
  ) throws -> ConstantID {
    let shape = try Shape(dimensions)
    let buffer = try AlignedBuffer(byteCount: shape.elementCount * type.byteCount)
    if type == .float32 {
      for index in 0..<shape.elementCount {
        buffer.unsafeMutableBytes.storeBytes(
          of: random.nextFloat(), toByteOffset: index * 4, as: Float.self)
      }
    } else if type == .int32 {
      for index in 0..<shape.elementCount {
        buffer.unsafeMutableBytes.storeBytes(
          of: Int32(Int16(truncatingIfNeeded: random.next())), toByteOffset: index * 4,
          as: Int32.self)
      }
    } else {
      for index in 0..<buffer.byteCount {
        buffer.unsafeMutableBytes[index] = UInt8(truncatingIfNeeded: random.next())
      }
    }
    graph.constants.append(
      Constant(
        name: name ?? "constant \(graph.constants.count)", shape: shape, elementType: type,
        quantization: try quantization(scales, shape: shape, type: type), data: ByteSlice(buffer)))
    return ConstantID(graph.constants.count - 1)
  }

  enum QuantizationAxis: Hashable, Sendable {
    case none
    case tensor
    case axis(Int, zeroPoints: Bool)
  }

  private mutating func quantization(
    _ axis: QuantizationAxis, shape: Shape, type: ElementType
  ) throws -> QuantizationParameters? {
    switch axis {
    case .none: return nil
    case .tensor:
      return try QuantizationParameters(
        scales: [abs(random.nextFloat()) + 0.001],
        zeroPoints: [type == .int32 ? 0 : 7], axis: nil, shape: shape, elementType: type)
    case .axis(let axis, let hasZeroPoints):
      let count = shape[axis]
      let scales = (0..<count).map { _ in abs(random.nextFloat()) + 0.001 }
      let zeroPoints = (0..<count).map { Int32(hasZeroPoints ? $0 % 100 + 1 : 0) }
      return try QuantizationParameters(
        scales: scales, zeroPoints: zeroPoints, axis: axis, shape: shape, elementType: type)
    }
  }
}
