internal import MNV4Core
internal import MNV4Graph

/// The sections of constants: the table that describes them, and their elements.
enum ConstantCoding {
  static func decode(
    table: inout ByteReader, data: inout ByteReader
  ) throws(FormatError) -> [Constant] {
    let count = try table.count(
      UInt32.self, "constant count", in: 0...FormatLimits.constantCount,
      minimumByteCount: 2 + TensorCoding.minimumByteCount)
    var constants: [Constant] = []
    constants.reserveCapacity(count)
    var names = Set<TextBytes>(minimumCapacity: count)
    for index in 0..<count {
      table.subject = .item("constant", index)
      data.subject = .item("constant", index)
      let start = table.position
      let name = try table.text("name", in: 0...FormatLimits.nameByteCount)
      guard names.insert(TextBytes(name)).inserted else {
        throw table.failure(
          "name", at: start, expected: "one that no other constant has", found: "'\(name)'")
      }
      let tensor = try TensorCoding.decode(&table)
      try data.padding("padding before elements")
      let elements = try data.bytes(
        tensor.shape.elementCount * tensor.elementType.byteCount, "elements")
      constants.append(
        Constant(
          name: name, shape: tensor.shape, elementType: tensor.elementType,
          quantization: tensor.quantization, data: elements))
    }
    table.subject = .section
    data.subject = .section
    try table.finish()
    try data.finish()
    return constants
  }

  static func encodeTable(
    _ constants: [Constant], to writer: inout ByteWriter
  ) throws(FormatError) {
    try writer.integer(constants.count, as: UInt32.self, "constant count")
    for (index, constant) in constants.enumerated() {
      writer.subject = "constant \(index): "
      try writer.text(constant.name, "name")
      try TensorCoding.encode(
        TensorCoding.Description(
          elementType: constant.storedElementType, shape: constant.shape,
          quantization: constant.quantization),
        to: &writer)
      if constant.isStoredAsFloat16 { try checkFloat16(constant, writer) }
    }
  }

  private static func checkFloat16(
    _ constant: Constant, _ writer: ByteWriter
  ) throws(FormatError) {
    guard constant.elementType == .float32 else {
      throw writer.failure("elements", expected: "float32", found: "\(constant.elementType)")
    }
    let misfit = constant.floats.first {
      float32(float16: float16Bits(nearest: $0)).bitPattern != $0.bitPattern
    }
    guard let misfit else { return }
    throw writer.failure("elements", expected: "numbers of float16", found: "\(misfit)")
  }

  /// The weights of layers that are float16 as float32 constants, which remember how they are stored;
  /// all others as they are.
  static func widened(_ graph: Graph) throws(FormatError) -> [Constant] {
    var constants = graph.constants
    for id in graph.layerWeightIDs where constants.indices.contains(id.index) {
      let constant = constants[id.index]
      guard constant.elementType == .float16, constant.quantization == nil else { continue }
      do throws(AllocationError) { constants[id.index] = try constant.widened() } catch {
        throw .allocation(error)
      }
    }
    return constants
  }

  /// The bytes of the section, which begins at a multiple of 64.
  static func dataByteCount(_ constants: [Constant]) -> Int {
    constants.reduce(0) { Header.aligned($0) + $1.storedByteCount }
  }

  static func copyData(
    of constants: [Constant], to bytes: UnsafeMutableRawBufferPointer, at start: Int
  ) {
    var position = start
    for constant in constants {
      position = Header.aligned(position)
      let target = UnsafeMutableRawBufferPointer(
        rebasing: bytes[position..<position + constant.storedByteCount])
      if constant.isStoredAsFloat16 {
        for (index, element) in constant.floats.enumerated() {
          target.storeBytes(
            of: float16Bits(nearest: element).littleEndian, toByteOffset: 2 * index,
            as: UInt16.self)
        }
      } else {
        constant.data.withElements(as: UInt8.self) {
          target.copyMemory(from: UnsafeRawBufferPointer($0))
        }
      }
      position += constant.storedByteCount
    }
  }
}

/// A text that equals another where its bytes do; that of `String` is by canonical equivalence.
struct TextBytes: Hashable {
  private let text: String

  init(_ text: String) { self.text = text }

  static func == (left: TextBytes, right: TextBytes) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    let isDone: Void? = text.utf8.withContiguousStorageIfAvailable {
      hasher.combine(bytes: UnsafeRawBufferPointer($0))
    }
    if isDone == nil {
      for byte in text.utf8 { hasher.combine(byte) }
    }
  }
}
