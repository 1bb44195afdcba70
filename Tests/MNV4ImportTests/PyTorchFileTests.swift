import MNV4Core
import MNV4Graph
import MNV4Import
import Testing

/// Files that keep the rules, from PyTorch and by hand.
@Suite struct PyTorchFileTests {
  /// What torch.load reads: name of the tensor, shape, bit patterns.
  private static func expected(
    _ name: String
  ) throws -> [(name: String, shape: [Int], bits: [UInt32])] {
    let text = String(decoding: try PyTorchSamples.fixture("pth-tensors", "txt"), as: UTF8.self)
    return text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: "|", omittingEmptySubsequences: false)
      guard fields[0] == name else { return nil }
      return (
        String(fields[1]), fields[2].split(separator: ",").compactMap { Int($0) },
        fields[3].split(separator: " ").compactMap { UInt32($0, radix: 16) }
      )
    }
  }

  @Test(arguments: PyTorchSamples.fixtureNames)
  func tensorsAreThoseThatPyTorchLoads(name: String) throws {
    let checkpoint = try Checkpoint(Samples.buffer(PyTorchSamples.fixture(name)))
    let expected = try Self.expected(name)
    #expect(!expected.isEmpty)
    for (key, shape, bits) in expected {
      let key = String(key.dropFirst(checkpoint.droppedPrefix.count))
      let index = try #require(checkpoint.index(of: key), "\(key)")
      #expect(checkpoint.tensors[index].shape == shape, "\(key)")
      #expect(try checkpoint.floats(at: index).map(\.bitPattern) == bits, "\(key)")
    }
    let counters = checkpoint.tensors.filter { $0.elementType == .int64 }
    #expect(counters.map(\.name) == (name == "torch-nested" ? [] : ["bn1.num_batches_tracked"]))
    #expect(checkpoint.tensors.count == expected.count + counters.count)
    #expect(checkpoint.format == .pyTorch)
  }

  @Test func nestedDictionariesAreUnwrapped() throws {
    let checkpoint = try Checkpoint(Samples.buffer(PyTorchSamples.fixture("torch-nested")))
    #expect(checkpoint.dictionaryKey == "state_dict_ema")
    #expect(checkpoint.droppedPrefix == "module.")
    #expect(
      checkpoint.summary == "PyTorch file of 4 tensors, those of 'state_dict_ema', "
        + "without the prefix 'module.'")
    #expect(
      checkpoint.tensors.map(\.name).sorted() == ["bias", "running_mean", "running_var", "weight"])
  }

  /// A value of a dictionary that holds one tensor, named.
  private static func inner(_ name: String) -> [UInt8] {
    Pickle.emptyDictionary + Pickle.text(name) + Pickle.tensor() + Pickle.setItem
  }

  @Test(arguments: [
    (["model", "state_dict"], "state_dict"), (["state_dict", "model_ema"], "model_ema"),
    (["model_ema", "state_dict_ema"], "state_dict_ema"), (["model"], "model"),
    (["model", "model_state_dict"], "model_state_dict"),
  ])
  func knownKeysHaveAnOrder(keys: [String], expected: String) throws {
    let pickle = Pickle.dictionary(
      [("epoch", Pickle.int(1))] + keys.map { ($0, Self.inner("in \($0)")) })
    let file = try PyTorchSamples.read(PyTorchSamples.file(pickle))
    #expect(file.dictionaryKey == expected)
    #expect(file.tensors.map(\.name) == ["in \(expected)"])
  }

  /// A known key whose value is no dictionary of tensors is passed over.
  @Test func emptyDictionariesArePassedOver() throws {
    let pickle = Pickle.dictionary([
      ("state_dict_ema", [0x4E]), ("state_dict", Pickle.emptyDictionary),
      ("model", Self.inner("w")),
    ])
    #expect(try PyTorchSamples.read(PyTorchSamples.file(pickle)).dictionaryKey == "model")
  }

  @Test(arguments: [
    ("module.", ["module.a", "module.b"], ["a", "b"]),
    ("_orig_mod.module.", ["_orig_mod.module.a", "_orig_mod.module.b"], ["a", "b"]),
    ("", ["module.a", "b"], ["module.a", "b"]), ("module.", ["module.a"], ["a"]),
  ])
  func prefixesThatAllHaveAreDropped(prefix: String, keys: [String], names: [String]) throws {
    let pickle = Pickle.dictionary(keys.map { ($0, Pickle.tensor()) })
    let checkpoint = try Checkpoint(Samples.buffer(PyTorchSamples.file(pickle)))
    #expect(checkpoint.droppedPrefix == prefix)
    #expect(checkpoint.tensors.map(\.name) == names)
    #expect(names.allSatisfy { checkpoint.index(of: $0) != nil })
  }

  private static let views: [(Int, [Int], [Int], [Float])] = [
    (0, [4], [1], [0, 1, 2, 3]), (1, [3], [1], [1, 2, 3]), (3, [], [], [3]),
    (0, [2, 2], [2, 1], [0, 1, 2, 3]), (0, [2, 2], [1, 2], [0, 2, 1, 3]), (1, [2], [2], [1, 3]),
    (0, [4], [0], [0, 0, 0, 0]), (0, [1, 4, 1], [Int.max, 1, Int.max], [0, 1, 2, 3]),
    (0, [1, 2, 1], [Int.max, 3, Int.max], [0, 3]), (0, [2, 2], [1, 1], [0, 1, 1, 2]),
    (4, [0], [1], []), (0, [Int.max, 0, Int.max], [Int.max, Int.max, Int.max], []),
  ]

  @Test(arguments: views)
  func viewsAreRead(offset: Int, shape: [Int], strides: [Int], values: [Float]) throws {
    let pickle = Pickle.dictionary([
      ("w", Pickle.tensor(offset: offset, shape: shape, strides: strides))
    ])
    let checkpoint = try Checkpoint(Samples.buffer(PyTorchSamples.file(pickle)))
    #expect(checkpoint.tensors[0].shape == shape)
    #expect(try checkpoint.floats(at: 0) == values)
  }

  /// Two tensors of one storage; the second has another element type in the same bytes.
  @Test func storagesAreShared() throws {
    let pickle = Pickle.dictionary([
      ("a", Pickle.tensor(shape: [2])), ("b", Pickle.tensor(offset: 2, shape: [2])),
      ("c", Pickle.tensor(Pickle.storage(type: "LongStorage", count: 2), shape: [2])),
    ])
    let checkpoint = try Checkpoint(Samples.buffer(PyTorchSamples.file(pickle)))
    #expect(try checkpoint.floats(at: 1) == [2, 3])
    let error = WeightError.elementType(key: "c", expected: "F32, F16, BF16 or F64", found: "I64")
    #expect(throws: error) { try checkpoint.floats(at: 2) }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func valuesThatAreNotFiniteAreRefused(value: Float) throws {
    var entries = PyTorchSamples.entries(Pickle.dictionary([("w", Pickle.tensor())]))
    entries[2] = .init("w/data/0", Samples.bytes([0, 0, value.bitPattern, 0]))
    let checkpoint = try Checkpoint(Samples.buffer(ZipSample(entries: entries).bytes))
    #expect(throws: WeightError.notFinite(key: "w", index: 2, found: "\(value)")) {
      try checkpoint.floats(at: 0)
    }
  }

  @Test(arguments: [
    ("legacy", PyTorchError.legacy), ("program", .torchScript),
    ("attack", .pickle(PickleError(.call("posix.system"), at: 179))),
    (
      "module",
      .pickle(PickleError(.call("torch.nn.modules.batchnorm.BatchNorm2d"), at: 2))
    ),
  ])
  func otherFilesOfPyTorchAreRefused(name: String, error: PyTorchError) throws {
    let bytes = try PyTorchSamples.fixture(name)
    #expect(throws: CheckpointError.pyTorch(error)) { try Checkpoint(Samples.buffer(bytes)) }
  }

  @Test func kindIsToldByTheFirstBytes() throws {
    #expect(try Samples.checkpoint(Samples.fixture("small-f32")).format == .safetensors)
    var tar = [UInt8](repeating: 0x61, count: 512)
    tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
    #expect(throws: CheckpointError.pyTorch(.legacy)) { try Samples.checkpoint(tar) }
    for bytes in [Array("\u{89}PNG\r\n\u{1A}\n0123".utf8), [UInt8](repeating: 0x50, count: 64)] {
      #expect(throws: CheckpointError.unknownFormat) { try Samples.checkpoint(bytes) }
    }
    #expect(throws: CheckpointError.safetensors(.lengthTruncated(fileByteCount: 0))) {
      try Samples.checkpoint([])
    }
  }
}
