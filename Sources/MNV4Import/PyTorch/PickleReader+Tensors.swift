internal import MNV4Graph

/// What the functions of a pickle rebuild, each field checked.
extension PickleReader {
  /// The function or storage type of that name.
  func resolve(module: Range<Int>, name: Range<Int>) throws(PickleError) -> PickleValue {
    let limit = 128
    guard module.count <= limit, name.count <= limit else {
      throw error(.limit("bytes of a name", limit))
    }
    guard let module = text(module), let name = text(name) else { throw error(.utf8) }
    let path = "\(module).\(name)"
    // Protocols up to 2 name the classes of Python 3 as Python 2 did; none of these changed.
    if let function = PickleFunction(rawValue: path) { return .function(function) }
    if module == "torch", let type = Self.storageTypes[name] { return .storageType(type) }
    throw error(.call(Self.printable(path)))
  }

  /// PyTorch's storage classes, those whose elements this reader knows.
  private static let storageTypes: [String: CheckpointElementType] = [
    "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
    "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
  ]

  /// A dotted name for a message: as it is where it is plain, else quoted.
  private static func printable(_ path: String) -> String {
    let isPlain = path.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "." || $0 == "_"
    }
    return isPlain ? path : path.quoted
  }

  /// `("storage", type, key, location, element count)`.
  func storage(_ value: PickleValue) throws(PickleError) -> PickleHeap.Storage {
    let user = "BINPERSID"
    guard case .tuple(let tuple) = value, heap.tuples[tuple].count == 5 else {
      throw error(.operand(of: user, expected: "a tuple of 5", found: value.kind))
    }
    let fields = heap.tuples[tuple]
    guard isText(fields[0], "storage") else {
      throw error(.operand(of: user, expected: "the word 'storage'", found: fields[0].kind))
    }
    guard case .storageType(let elementType) = fields[1] else {
      throw error(.operand(of: user, expected: "a storage type", found: fields[1].kind))
    }
    guard case .text(let key) = fields[2] else {
      throw error(.operand(of: user, expected: "a string as key", found: fields[2].kind))
    }
    guard case .int(let elementCount) = fields[4], elementCount >= 0 else {
      throw error(.operand(of: user, expected: "a count of elements", found: fields[4].kind))
    }
    return PickleHeap.Storage(key: key, elementType: elementType, elementCount: elementCount)
  }

  /// `(storage, offset, shape, strides, requires_grad, hooks)` and optional metadata.
  func tensor(_ arguments: [PickleValue]) throws(PickleError) -> PickleHeap.Tensor {
    let user = PickleFunction.tensor.rawValue
    guard (6...7).contains(arguments.count) else {
      throw error(.operand(of: user, expected: "6 arguments", found: "\(arguments.count)"))
    }
    guard case .storage(let storage) = arguments[0] else {
      throw error(.operand(of: user, expected: "a storage", found: arguments[0].kind))
    }
    guard case .int(let offset) = arguments[1] else {
      throw error(.operand(of: user, expected: "an offset", found: arguments[1].kind))
    }
    guard offset >= 0 else { throw error(.negative(field: "offset", offset)) }
    let shape = try extents(arguments[2], "shape")
    let strides = try extents(arguments[3], "strides")
    guard shape.count == strides.count else {
      throw error(
        .operand(of: user, expected: "\(shape.count) strides", found: "\(strides.count)"))
    }
    try checkBounds(
      shape: shape, strides: strides, offset: offset,
      elementCount: heap.storages[storage].elementCount)
    return PickleHeap.Tensor(storage: storage, offset: offset, shape: shape, strides: strides)
  }

  private func extents(_ value: PickleValue, _ field: String) throws(PickleError) -> [Int] {
    guard case .tuple(let tuple) = value else {
      throw error(.operand(of: "tensor: \(field)", expected: "a tuple", found: value.kind))
    }
    let elements = heap.tuples[tuple]
    guard elements.count <= Self.maximumRank else {
      throw error(.limit("dimensions", Self.maximumRank))
    }
    var extents: [Int] = []
    for element in elements {
      guard case .int(let extent) = element else {
        throw error(.operand(of: "tensor: \(field)", expected: "ints", found: element.kind))
      }
      guard extent >= 0 else { throw error(.negative(field: field, extent)) }
      extents.append(extent)
    }
    return extents
  }

  /// Refuses a view with an element outside of its storage, or with more elements than it has.
  private func checkBounds(
    shape: [Int], strides: [Int], offset: Int, elementCount: Int
  ) throws(PickleError) {
    let beyond = PickleError.Rule.beyondStorage(
      shape: shape, strides: strides, offset: offset, elementCount: elementCount)
    guard !shape.contains(0) else {
      guard offset <= elementCount else { throw error(beyond) }
      return
    }
    var count = 1
    var last = offset
    for (extent, stride) in zip(shape, strides) {
      let (product, isHuge) = count.multipliedReportingOverflow(by: extent)
      let (reach, isFar) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, isBeyond) = last.addingReportingOverflow(reach)
      guard !isHuge, !isFar, !isBeyond else { throw error(beyond) }
      (count, last) = (product, sum)
    }
    guard last < elementCount else { throw error(beyond) }
    guard count <= elementCount else {
      throw error(.repeatedElements(shape: shape, elementCount: elementCount))
    }
  }
}
