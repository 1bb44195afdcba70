import MNV4Core
import MNV4Import
import Testing

/// A pickle that breaks one rule, and what it is refused for.
struct BrokenPickle: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let rule: PickleError.Rule

  init(_ name: String, _ bytes: [UInt8], _ rule: PickleError.Rule) {
    testDescription = name
    self.bytes = bytes
    self.rule = rule
  }

  /// A dictionary with that value under "w".
  init(_ name: String, value: [UInt8], _ rule: PickleError.Rule) {
    self.init(name, Pickle.dictionary([("w", value)]), rule)
  }
}

/// Hostile pickles: each is refused by the name of what it does, and runs nothing.
@Suite struct PickleRuleTests {
  private static let calls: [BrokenPickle] = [
    BrokenPickle(
      "os.system by GLOBAL and REDUCE",
      value: Pickle.global("os", "system") + Pickle.tuple([Pickle.text("true")]) + Pickle.reduce,
      .call("os.system")),
    BrokenPickle(
      "os.system by STACK_GLOBAL", value: Pickle.text("os") + Pickle.text("system") + [0x93],
      .call("os.system")),
    BrokenPickle(
      "builtins.eval", value: Pickle.global("builtins", "eval"), .call("builtins.eval")),
    BrokenPickle(
      "a call among a tensor's hooks",
      value: Pickle.global("torch._utils", "_rebuild_tensor_v2")
        + Pickle.tuple([
          Pickle.storage(), Pickle.int(0), Pickle.ints([4]), Pickle.ints([1]), [0x89],
          Pickle.global("subprocess", "Popen"),
        ]) + Pickle.reduce,
      .call("subprocess.Popen")),
    BrokenPickle(
      "a call in a nested list",
      value: [0x5D, 0x28, 0x5D] + Pickle.global("nt", "system") + [0x61],
      .call("nt.system")),
    BrokenPickle(
      "a storage type that is a function",
      value: Pickle.tuple([Pickle.text("storage"), Pickle.global("torch", "load")]),
      .call("torch.load")),
    BrokenPickle(
      "an attribute of an allowed name",
      value: Pickle.global("collections", "OrderedDict.fromkeys"),
      .call("collections.OrderedDict.fromkeys")),
    BrokenPickle(
      "a name that is not plain", value: Pickle.global("os\u{1B}[2J", "system"),
      .call("'os\\u{1B}[2J.system'")),
    BrokenPickle(
      "a name that is too long", value: Pickle.global(String(repeating: "o", count: 129), "s"),
      .limit("bytes of a name", 128)),
    BrokenPickle("a name that is not UTF-8", value: [0x63, 0xFF, 0x0A, 0x0A], .utf8),
  ]

  private static let opcodes: [BrokenPickle] = [
    ("INST", Array("(ios\nsystem\n".utf8)), ("OBJ", Array("(o".utf8)), ("NEWOBJ", [0x81]),
    ("NEWOBJ_EX", [0x92]), ("EXT1", [0x82, 1]), ("EXT2", [0x83, 1, 0]),
    ("EXT4", [0x84, 1, 0, 0, 0]), ("PERSID", Array("P0\n".utf8)), ("EMPTY_SET", [0x8F]),
    ("ADDITEMS", [0x90]), ("FROZENSET", [0x91]), ("BYTEARRAY8", [0x96]), ("NEXT_BUFFER", [0x97]),
    ("READONLY_BUFFER", [0x98]), ("DUP", [0x32]), ("POP_MARK", [0x31]), ("LONG4", [0x8B]),
    ("INT", Array("I1\n".utf8)), ("LONG", Array("L1L\n".utf8)), ("FLOAT", Array("F1\n".utf8)),
    ("STRING", Array("S'a'\n".utf8)), ("BINSTRING", [0x54]), ("SHORT_BINSTRING", [0x55]),
    ("UNICODE", Array("Va\n".utf8)), ("GET", Array("g0\n".utf8)), ("PUT", Array("p0\n".utf8)),
  ].map { name, bytes in BrokenPickle(name, Pickle.start + bytes, .opcode(name)) }

  private static let structure: [BrokenPickle] = [
    BrokenPickle("no bytes", [], .truncated),
    BrokenPickle("no STOP", Pickle.start, .truncated),
    BrokenPickle("nothing to return", Pickle.start + Pickle.stop, .stack(opcode: "STOP")),
    BrokenPickle(
      "bytes after STOP", Pickle.start + Pickle.emptyDictionary + Pickle.stop + [0],
      .trailingBytes(1)),
    BrokenPickle("protocol 1", [0x80, 1], .protocolVersion(1)),
    BrokenPickle("protocol 6", [0x80, 6], .protocolVersion(6)),
    BrokenPickle("no opcode", [0x80, 2, 0xFF], .unknownOpcode(0xFF)),
    BrokenPickle("a string of 4 GB", Pickle.start + [0x58, 255, 255, 255, 255], .truncated),
    BrokenPickle(
      "a string of 2^63", Pickle.start + [0x8D] + Samples.bytes([UInt64(1) << 63]), .truncated),
    BrokenPickle("a name without an end", Pickle.start + Array("cos".utf8), .truncated),
    BrokenPickle(
      "an integer of 9 bytes", Pickle.start + [0x8A, 9] + [UInt8](repeating: 1, count: 9),
      .limit("bytes of an integer", 8)),
    BrokenPickle("no mark", Pickle.start + Array("t".utf8), .stack(opcode: "TUPLE")),
    BrokenPickle("an empty stack", Pickle.start + [0x85], .stack(opcode: "TUPLE1")),
    BrokenPickle("below the mark", Pickle.start + [0x4E, 0x28, 0x85], .stack(opcode: "TUPLE1")),
    BrokenPickle("a memo of nothing", Pickle.start + [0x68, 0], .memo(index: 0, count: -1)),
    BrokenPickle(
      "a memo out of order", Pickle.start + [0x4E, 0x72, 255, 255, 255, 255],
      .memo(index: 4_294_967_295, count: 0)),
    BrokenPickle(
      "nesting", Pickle.start + [UInt8](repeating: 0x28, count: 300),
      .limit("marks at a time", 256)),
    BrokenPickle(
      "a million opcodes", Pickle.start + [UInt8](repeating: 0x4E, count: 1_100_000),
      .limit("opcodes", 1 << 20)),
    BrokenPickle(
      "a value without a key", Pickle.start + [0x7D, 0x28, 0x4E, 0x75],
      .operand(of: "SETITEMS", expected: "keys with values", found: "an odd count")),
    BrokenPickle(
      "an item of no dictionary", Pickle.start + [0x4E, 0x4E, 0x4E, 0x73],
      .operand(of: "SETITEM", expected: "a dictionary", found: "None")),
    BrokenPickle(
      "an element of no list", Pickle.start + [0x4E, 0x4E, 0x61],
      .operand(of: "APPEND", expected: "a list", found: "None")),
    BrokenPickle(
      "attributes of a list", Pickle.start + [0x5D, 0x7D, 0x62],
      .operand(
        of: "BUILD", expected: "a dictionary and its attributes",
        found: "a list and a dictionary")),
    BrokenPickle(
      "a call of no function", Pickle.start + [0x4E, 0x29, 0x52],
      .operand(of: "REDUCE", expected: "a function", found: "None")),
    BrokenPickle(
      "a call without a tuple",
      Pickle.start + Pickle.global("collections", "OrderedDict") + [0x4E] + Pickle.reduce,
      .operand(of: "collections.OrderedDict", expected: "a tuple of arguments", found: "None")),
    BrokenPickle(
      "a dictionary of arguments",
      Pickle.start + Pickle.global("collections", "OrderedDict") + [0x4E, 0x85] + Pickle.reduce,
      .operand(of: "collections.OrderedDict", expected: "no arguments", found: "1")),
  ]

  private static let tensors: [BrokenPickle] = [
    BrokenPickle(
      "a negative extent", value: Pickle.tensor(shape: [-1]), .negative(field: "shape", -1)),
    BrokenPickle(
      "a negative stride", value: Pickle.tensor(strides: [-1]), .negative(field: "strides", -1)),
    BrokenPickle(
      "a negative offset", value: Pickle.tensor(offset: -1), .negative(field: "offset", -1)),
    BrokenPickle("a negative count", value: Pickle.storage(count: -1), countRule),
    BrokenPickle("an offset beyond", value: Pickle.tensor(offset: 1), beyond([4], [1], 1)),
    BrokenPickle("a stride beyond", value: Pickle.tensor(strides: [2]), beyond([4], [2], 0)),
    BrokenPickle(
      "an offset beyond an empty view", value: Pickle.tensor(offset: 5, shape: [0]),
      beyond([0], [1], 5)),
    BrokenPickle(
      "a product that overflows",
      value: Pickle.tensor(shape: [1 << 40, 1 << 40], strides: [0, 0]),
      beyond([1 << 40, 1 << 40], [0, 0], 0)),
    BrokenPickle(
      "a reach that overflows", value: Pickle.tensor(shape: [3], strides: [Int.max]),
      beyond([3], [Int.max], 0)),
    BrokenPickle(
      "a sum that overflows",
      value: Pickle.tensor(offset: Int.max, shape: [2], strides: [Int.max]),
      beyond([2], [Int.max], Int.max)),
    BrokenPickle(
      "one element a billion times", value: Pickle.tensor(shape: [1 << 30], strides: [0]),
      .repeatedElements(shape: [1 << 30], elementCount: 4)),
    BrokenPickle(
      "fewer strides than extents", value: Pickle.tensor(strides: []),
      .operand(of: "torch._utils._rebuild_tensor_v2", expected: "1 strides", found: "0")),
    BrokenPickle(
      "17 dimensions", value: Pickle.tensor(shape: [Int](repeating: 1, count: 17)),
      .limit("dimensions", 16)),
    BrokenPickle(
      "a storage that is none", value: Pickle.tensor(Pickle.ints([])),
      .operand(of: "torch._utils._rebuild_tensor_v2", expected: "a storage", found: "a tuple")),
    BrokenPickle(
      "another kind of reference",
      value: Pickle.tuple(
        [Pickle.text("module")] + [[UInt8]](repeating: [0x4E], count: 4)) + Array("Q".utf8),
      .operand(of: "BINPERSID", expected: "the word 'storage'", found: "a string")),
    BrokenPickle(
      "an unknown storage type", value: Pickle.storage(type: "QInt8Storage"),
      .call("torch.QInt8Storage")),
  ]

  private static let countRule = PickleError.Rule.operand(
    of: "BINPERSID", expected: "a count of elements", found: "an int")

  private static func beyond(
    _ shape: [Int], _ strides: [Int], _ offset: Int
  ) -> PickleError.Rule {
    .beyondStorage(shape: shape, strides: strides, offset: offset, elementCount: 4)
  }

  @Test(arguments: calls + opcodes + structure + tensors)
  func brokenRuleIsNamed(pickle: BrokenPickle) throws {
    let error = #expect(throws: PyTorchError.self) {
      try PyTorchSamples.read(PyTorchSamples.file(pickle.bytes))
    }
    guard case .pickle(let found)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found.rule == pickle.rule)
    #expect("\(found)".contains("expected"), "\(found)")
    #expect("\(found)".utf8.count < 600)
  }

  @Test func callsAreNamedInTheMessage() {
    let error = PyTorchError.pickle(PickleError(.call("posix.system"), at: 7))
    #expect(
      "\(error)" == "data.pkl: byte 7: the pickle calls posix.system; expected tensors and "
        + "dictionaries only; save model.state_dict() alone")
  }

  /// Values nested deep, without marks, and containers that hold themselves.
  private static let deepValues: [[UInt8]] = [
    [0x29] + [UInt8](repeating: 0x85, count: 300_000),
    [0x5D, 0x71, 0, 0x68, 0, 0x61], [0x7D, 0x71, 0, 0x4E, 0x68, 0, 0x73],
    [UInt8](repeating: 0x5D, count: 150_000) + [UInt8](repeating: 0x61, count: 149_999),
  ]

  @Test(arguments: deepValues.indices)
  func deepValuesAreSurvived(index: Int) {
    #expect(throws: PyTorchError.self) {
      try PyTorchSamples.read(
        PyTorchSamples.file(Pickle.dictionary([("w", Self.deepValues[index])])))
    }
  }

  /// Each line doubles what a pickler that copies would hold.
  @Test func memoBombIsSurvived() {
    var value: [UInt8] = [0x4E, 0x85, 0x71, 0]
    for index in 0..<200 as Range<UInt8> {
      value += [0x30, 0x68, index, 0x68, index, 0x86, 0x71, index + 1]
    }
    #expect(throws: PyTorchError.noTensors(keys: ["w"])) {
      try PyTorchSamples.read(PyTorchSamples.file(Pickle.dictionary([("w", value)])))
    }
  }
}
