internal import MNV4Graph

/// Reads the pickle of a `torch.save` file: tensors, dictionaries, lists, tuples, numbers, strings.
///
/// It is no unpickler: functions are names of a closed list (`PickleFunction`), each with an effect
/// written out here; any other name, and any opcode that makes objects, is refused where it stands.
/// Nothing recurses and time and memory are linear in the pickle: it is read once, front to back, an
/// opcode pushes at most one value, and strings stay where they are.
struct PickleReader {
  static let maximumByteCount = 1 << 25
  static let maximumOpcodeCount = 1 << 20
  /// Marks that wait at one time: how deep containers may nest.
  static let maximumDepth = 256
  static let maximumRank = 16

  let bytes: [UInt8]
  private(set) var heap = PickleHeap()
  private(set) var result = PickleValue.none
  /// The byte that is read next, and the opcode that is being read.
  private var position = 0
  private var start = 0
  private var opcodeCount = 0
  private var stack: [PickleValue] = []
  /// Sizes of the stack at each waiting mark.
  private var marks: [Int] = []
  private var memo: [PickleValue] = []

  init(_ bytes: [UInt8]) throws(PickleError) {
    self.bytes = bytes
    guard bytes.count <= Self.maximumByteCount else {
      throw PickleError(.limit("bytes", Self.maximumByteCount), at: Self.maximumByteCount)
    }
    while try readOpcode() {}
  }

  func error(_ rule: PickleError.Rule) -> PickleError { PickleError(rule, at: start) }

  func text(_ range: Range<Int>) -> String? { String(validating: bytes[range], as: UTF8.self) }

  func isText(_ value: PickleValue, _ expected: StaticString) -> Bool {
    guard case .text(let range) = value, range.count == expected.utf8CodeUnitCount else {
      return false
    }
    return expected.withUTF8Buffer { $0.elementsEqual(bytes[range]) }
  }

  // MARK: Opcodes

  /// - Returns: whether the pickle goes on.
  private mutating func readOpcode() throws(PickleError) -> Bool {
    start = position
    opcodeCount += 1
    guard opcodeCount <= Self.maximumOpcodeCount else {
      throw error(.limit("opcodes", Self.maximumOpcodeCount))
    }
    let byte = bytes[try take(1).lowerBound]
    guard let opcode = PickleOpcode(rawValue: byte) else { throw error(.unknownOpcode(byte)) }
    switch opcode {
    case .proto:
      let version = Int(bytes[try take(1).lowerBound])
      guard (2...5).contains(version) else { throw error(.protocolVersion(version)) }
    case .frame: _ = try take(8)
    case .stop:
      result = try pop(opcode)
      guard position == bytes.count else {
        throw error(.trailingBytes(bytes.count - position))
      }
      return false
    case .mark:
      guard marks.count < Self.maximumDepth else {
        throw error(.limit("marks at a time", Self.maximumDepth))
      }
      marks.append(stack.count)
    case .pop: _ = try pop(opcode)

    case .none: stack.append(.none)
    case .newtrue: stack.append(.bool(true))
    case .newfalse: stack.append(.bool(false))
    case .binint: stack.append(.int(Int(Int32(truncatingIfNeeded: try takeInteger(4)))))
    case .binint1: stack.append(.int(Int(try takeInteger(1))))
    case .binint2: stack.append(.int(Int(try takeInteger(2))))
    case .long1: stack.append(.int(try takeLong()))
    case .binfloat:
      stack.append(.float(Double(bitPattern: try takeInteger(8).byteSwapped)))
    case .shortBinunicode: stack.append(.text(try takeCounted(1)))
    case .binunicode: stack.append(.text(try takeCounted(4)))
    case .binunicode8: stack.append(.text(try takeCounted(8)))
    case .shortBinbytes: stack.append(.bytes(try takeCounted(1)))
    case .binbytes: stack.append(.bytes(try takeCounted(4)))
    case .binbytes8: stack.append(.bytes(try takeCounted(8)))

    case .emptyTuple: stack.append(heap.makeTuple([]))
    case .tuple1: try pushTuple(1, opcode)
    case .tuple2: try pushTuple(2, opcode)
    case .tuple3: try pushTuple(3, opcode)
    case .tuple: stack.append(heap.makeTuple(try popToMark(opcode)))
    case .emptyList: stack.append(heap.makeList())
    case .list: stack.append(heap.makeList(try popToMark(opcode)))
    case .append: try append([pop(opcode)], opcode)
    case .appends: try append(popToMark(opcode), opcode)
    case .emptyDict: stack.append(heap.makeDictionary())
    case .dict:
      let items = try popToMark(opcode)
      stack.append(heap.makeDictionary())
      try setItems(items, opcode)
    case .setitem:
      let value = try pop(opcode)
      try setItems([pop(opcode), value], opcode)
    case .setitems: try setItems(popToMark(opcode), opcode)

    case .binput: try memoize(at: Int(takeInteger(1)), opcode)
    case .longBinput: try memoize(at: Int(takeInteger(4)), opcode)
    case .memoize: try memoize(at: memo.count, opcode)
    case .binget: try recall(Int(takeInteger(1)))
    case .longBinget: try recall(Int(takeInteger(4)))

    case .global: stack.append(try resolve(module: takeLine(), name: takeLine()))
    case .stackGlobal:
      guard case .text(let name) = try pop(opcode), case .text(let module) = try pop(opcode)
      else { throw error(.operand(of: "STACK_GLOBAL", expected: "strings", found: "others")) }
      stack.append(try resolve(module: module, name: name))
    case .binpersid: try pushStorage(pop(opcode))
    case .reduce:
      let arguments = try pop(opcode)
      stack.append(try apply(pop(opcode), to: arguments))
    case .build:
      // Attributes of a dictionary, such as a state dictionary's `_metadata`: left out.
      let state = try pop(opcode)
      guard case .dictionary = state, let target = stack.last, case .dictionary = target else {
        throw error(
          .operand(
            of: "BUILD", expected: "a dictionary and its attributes",
            found: "\(stack.last?.kind ?? "nothing") and \(state.kind)"))
      }

    case .popMark, .dup, .float, .int, .long, .long4, .persid, .string, .binstring,
      .shortBinstring, .unicode, .get, .inst, .obj, .put, .newobj, .newobjEx, .ext1, .ext2,
      .ext4, .emptySet, .additems, .frozenset, .bytearray8, .nextBuffer, .readonlyBuffer:
      throw error(.opcode(opcode.name))
    }
    return true
  }

  // MARK: Bytes

  private mutating func take(_ count: Int) throws(PickleError) -> Range<Int> {
    guard count <= bytes.count - position else { throw error(.truncated) }
    defer { position += count }
    return position..<position + count
  }

  /// Little-endian.
  private mutating func takeInteger(_ byteCount: Int) throws(PickleError) -> UInt64 {
    bytes[try take(byteCount)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A count of `byteCount` bytes, and as many bytes as it says.
  private mutating func takeCounted(_ byteCount: Int) throws(PickleError) -> Range<Int> {
    guard let count = Int(exactly: try takeInteger(byteCount)) else { throw error(.truncated) }
    return try take(count)
  }

  /// Two's complement, of at most eight bytes.
  private mutating func takeLong() throws(PickleError) -> Int {
    let range = try takeCounted(1)
    guard range.count <= 8 else { throw error(.limit("bytes of an integer", 8)) }
    guard let last = bytes[range].last else { return 0 }
    let fill: UInt64 = last & 0x80 == 0 ? 0 : .max
    let word = bytes[range].reversed().reduce(fill) { $0 << 8 | UInt64($1) }
    return Int(Int64(bitPattern: word))
  }

  /// The bytes up to the next line feed, which is passed.
  private mutating func takeLine() throws(PickleError) -> Range<Int> {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
      throw error(.truncated)
    }
    defer { position = end + 1 }
    return position..<end
  }

  // MARK: Stack and memo

  private mutating func pop(_ opcode: PickleOpcode) throws(PickleError) -> PickleValue {
    guard stack.count > marks.last ?? 0 else { throw error(.stack(opcode: opcode.name)) }
    return stack.removeLast()
  }

  private mutating func popToMark(_ opcode: PickleOpcode) throws(PickleError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw error(.stack(opcode: opcode.name)) }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func pushTuple(_ count: Int, _ opcode: PickleOpcode) throws(PickleError) {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw error(.stack(opcode: opcode.name))
    }
    let elements = Array(stack.suffix(count))
    stack.removeLast(count)
    stack.append(heap.makeTuple(elements))
  }

  private mutating func memoize(at index: Int, _ opcode: PickleOpcode) throws(PickleError) {
    guard stack.count > marks.last ?? 0, let value = stack.last else {
      throw error(.stack(opcode: opcode.name))
    }
    // Picklers number the memo from 0 up.
    guard index <= memo.count else { throw error(.memo(index: index, count: memo.count)) }
    if index == memo.count { memo.append(value) } else { memo[index] = value }
  }

  private mutating func recall(_ index: Int) throws(PickleError) {
    guard index < memo.count else { throw error(.memo(index: index, count: memo.count - 1)) }
    stack.append(memo[index])
  }

  // MARK: Containers

  private mutating func append(
    _ elements: [PickleValue], _ opcode: PickleOpcode
  ) throws(PickleError) {
    guard stack.count > marks.last ?? 0, case .list(let list)? = stack.last else {
      throw error(
        .operand(of: opcode.name, expected: "a list", found: stack.last?.kind ?? "nothing"))
    }
    heap.lists[list] += elements
  }

  private mutating func setItems(
    _ items: [PickleValue], _ opcode: PickleOpcode
  ) throws(PickleError) {
    guard stack.count > marks.last ?? 0, case .dictionary(let dictionary)? = stack.last else {
      throw error(
        .operand(of: opcode.name, expected: "a dictionary", found: stack.last?.kind ?? "nothing"))
    }
    guard items.count % 2 == 0 else {
      throw error(.operand(of: opcode.name, expected: "keys with values", found: "an odd count"))
    }
    for index in stride(from: 0, to: items.count, by: 2) {
      heap.dictionaries[dictionary].append((items[index], items[index + 1]))
    }
  }

  // MARK: Functions

  private mutating func pushStorage(_ value: PickleValue) throws(PickleError) {
    heap.storages.append(try storage(value))
    stack.append(.storage(heap.storages.count - 1))
  }

  private mutating func apply(
    _ function: PickleValue, to arguments: PickleValue
  ) throws(PickleError) -> PickleValue {
    guard case .function(let function) = function else {
      throw error(.operand(of: "REDUCE", expected: "a function", found: function.kind))
    }
    guard case .tuple(let tuple) = arguments else {
      throw error(
        .operand(of: function.rawValue, expected: "a tuple of arguments", found: arguments.kind))
    }
    let elements = heap.tuples[tuple]
    switch function {
    case .orderedDictionary:
      guard elements.isEmpty else {
        throw error(
          .operand(
            of: function.rawValue, expected: "no arguments", found: "\(elements.count)"))
      }
      return heap.makeDictionary()
    case .size:
      guard elements.count == 1, case .tuple = elements[0] else {
        throw error(
          .operand(of: function.rawValue, expected: "one tuple", found: "other arguments"))
      }
      return elements[0]
    case .parameter:
      guard let tensor = elements.first, case .tensor = tensor else {
        throw error(
          .operand(
            of: function.rawValue, expected: "a tensor",
            found: elements.first?.kind ?? "nothing"))
      }
      return tensor
    case .tensor:
      heap.tensors.append(try tensor(elements))
      return .tensor(heap.tensors.count - 1)
    }
  }
}
