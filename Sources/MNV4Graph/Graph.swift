package import MNV4Core

/// A network: nodes in an order in which every input is defined before it is used.
package struct Graph: Sendable {
  package var name: String
  package var values: [Value]
  package var constants: [Constant]
  package var nodes: [Node]
  package var inputs: [ValueID]
  package var outputs: [ValueID]

  package init(
    name: String, values: [Value] = [], constants: [Constant] = [], nodes: [Node] = [],
    inputs: [ValueID] = [], outputs: [ValueID] = []
  ) {
    self.name = name
    self.values = values
    self.constants = constants
    self.nodes = nodes
    self.inputs = inputs
    self.outputs = outputs
  }

  package subscript(_ id: ValueID) -> Value { values[id.index] }
  package subscript(_ id: ConstantID) -> Constant { constants[id.index] }
}

/// Names a value: an input of the graph or the output of a node.
package struct ValueID: Hashable, Sendable {
  package let index: Int

  package init(_ index: Int) { self.index = index }
}

/// A tensor that exists while the network runs.
package struct Value: Hashable, Sendable {
  package var shape: Shape
  package var elementType: ElementType
  /// Present exactly where the element type is an integer.
  package var quantization: QuantizationParameters?

  package init(
    shape: Shape, elementType: ElementType = .float32,
    quantization: QuantizationParameters? = nil
  ) {
    self.shape = shape
    self.elementType = elementType
    self.quantization = quantization
  }

  /// Of all its elements.
  package var byteCount: Int { shape.elementCount * elementType.byteCount }
}

/// A tensor that is part of the model: weights, biases, statistics.
package struct Constant: Sendable {
  package var name: String
  package var shape: Shape
  package var elementType: ElementType
  package var quantization: QuantizationParameters?
  /// `shape.elementCount` elements, row major, little-endian.
  package var data: ByteSlice
  /// Whether a weight file holds the elements as float16: they are float32, and each is a number of
  /// float16, too.
  package var isStoredAsFloat16 = false

  package init(
    name: String, shape: Shape, elementType: ElementType,
    quantization: QuantizationParameters? = nil, data: ByteSlice
  ) {
    precondition(data.byteCount == shape.elementCount * elementType.byteCount)
    self.name = name
    self.shape = shape
    self.elementType = elementType
    self.quantization = quantization
    self.data = data
  }

  /// A float32 constant that holds a copy of `elements`.
  package init(name: String, shape: Shape, copying elements: [Float]) throws(AllocationError) {
    precondition(elements.count == shape.elementCount)
    let buffer = try AlignedBuffer(byteCount: elements.count * MemoryLayout<Float>.stride)
    elements.withUnsafeBytes { buffer.unsafeMutableBytes.copyMemory(from: $0) }
    self.init(name: name, shape: shape, elementType: .float32, data: ByteSlice(buffer))
  }

  /// The float32 constant that a float16 one stands for.
  package func widened() throws(AllocationError) -> Constant {
    precondition(elementType == .float16)
    let buffer = try AlignedBuffer(
      byteCount: shape.elementCount * MemoryLayout<Float>.stride, zeroed: false)
    data.withElements(as: UInt16.self) { stored in
      let target = buffer.pointer(as: Float.self)
      for index in stored.indices {
        target[index] = float32(float16: UInt16(littleEndian: stored[index]))
      }
    }
    var constant = Constant(
      name: name, shape: shape, elementType: .float32, data: ByteSlice(buffer))
    constant.isStoredAsFloat16 = true
    return constant
  }

  /// The element type and the bytes of the elements in a weight file.
  package var storedElementType: ElementType { isStoredAsFloat16 ? .float16 : elementType }
  package var storedByteCount: Int { shape.elementCount * storedElementType.byteCount }

  /// The elements of a float32 constant.
  package var floats: [Float] {
    precondition(elementType == .float32)
    return data.withElements(as: Float.self) { Array($0) }
  }
}

/// One operation with its operands. The name is that of the layer it came from.
package struct Node: Hashable, Sendable {
  package var name: String
  package var operation: Operation
  package var inputs: [ValueID]
  package var output: ValueID

  package init(name: String, operation: Operation, inputs: [ValueID], output: ValueID) {
    self.name = name
    self.operation = operation
    self.inputs = inputs
    self.output = output
  }
}
