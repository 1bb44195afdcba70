package import MNV4Core

/// A checkpoint as `torch.save` writes it since version 1.6: a ZIP file of a pickle and of the bytes
/// of each storage. Nothing of it is executed.
///
/// The tensors are those of one dictionary: the first of `dictionaryKeys` that the outermost
/// dictionary has and that holds a tensor, else the outermost dictionary itself. Every value of it
/// must be a tensor, under a name of at most 128 bytes of UTF-8. The checksum of every storage that
/// they use is checked, and every element of every tensor lies within its storage.
package struct PyTorchFile: Sendable {
  /// Where training scripts put the weights, the averaged ones, which are those they evaluate, first.
  package static let dictionaryKeys = [
    "state_dict_ema", "model_ema", "state_dict", "model_state_dict", "model",
  ]
  static let maximumNameByteCount = 128
  /// A counter that `torch.optim.swa_utils.AveragedModel` keeps beside the weights.
  static let averagingCounter = "n_averaged"

  package let tensors: [CheckpointTensor]
  /// The key that the tensors were under; nil where they were outermost.
  package let dictionaryKey: String?
  let bytes: AlignedBuffer

  package init(_ bytes: AlignedBuffer) throws(PyTorchError) {
    var archive = try PyTorchArchive(bytes)
    let pickle: PickleReader
    do { pickle = try PickleReader(archive.pickle) } catch { throw .pickle(error) }
    let (dictionary, key) = try Self.stateDictionary(of: pickle)
    var tensors: [CheckpointTensor] = []
    var names: Set<String> = []
    for (key, value) in dictionary {
      guard let name = try Self.name(key, in: pickle) else { continue }
      guard names.insert(name).inserted else { throw .duplicateKey(name) }
      guard case .tensor(let index) = value else {
        throw .notATensor(key: name, found: value.kind)
      }
      let tensor = pickle.heap.tensors[index]
      let storage = pickle.heap.storages[tensor.storage]
      let start = try archive.storage(storage, tensor: name, in: pickle)
      tensors.append(CheckpointTensor(name, tensor, storage.elementType, storageStart: start))
    }
    self.tensors = tensors
    self.dictionaryKey = key
    self.bytes = bytes
  }

  private typealias Items = [(key: PickleValue, value: PickleValue)]

  /// The dictionary that holds the tensors, and the key it is under.
  private static func stateDictionary(
    of pickle: PickleReader
  ) throws(PyTorchError) -> (Items, String?) {
    guard case .dictionary(let outermost) = pickle.result else {
      throw .notADictionary(found: pickle.result.kind)
    }
    let items = pickle.heap.dictionaries[outermost]
    for (key, word) in zip(dictionaryKeys, dictionaryWords) {
      let found = items.filter { pickle.isText($0.key, word) }
      guard found.count <= 1 else { throw .duplicateKey(key) }
      guard case .dictionary(let inner)? = found.first?.value else { continue }
      let candidate = pickle.heap.dictionaries[inner]
      if holdsTensor(candidate) { return (candidate, key) }
    }
    guard holdsTensor(items) else {
      let keys = items.prefix(8).compactMap { item in
        if case .text(let range) = item.key, range.count <= maximumNameByteCount {
          pickle.text(range)
        } else {
          nil
        }
      }
      throw .noTensors(keys: keys)
    }
    return (items, nil)
  }

  private static let dictionaryWords: [StaticString] = [
    "state_dict_ema", "model_ema", "state_dict", "model_state_dict", "model",
  ]

  private static func holdsTensor(_ items: Items) -> Bool {
    items.contains { item in if case .tensor = item.value { true } else { false } }
  }

  /// The name that `key` is; nil for one that names no weight.
  private static func name(
    _ key: PickleValue, in pickle: PickleReader
  ) throws(PyTorchError) -> String? {
    guard case .text(let range) = key else { throw .key(found: key.kind) }
    guard range.count <= maximumNameByteCount else {
      let start = String(decoding: pickle.bytes[range.prefix(maximumNameByteCount)], as: UTF8.self)
      throw .keyTooLong(key: start, byteCount: range.count, limit: maximumNameByteCount)
    }
    guard let name = pickle.text(range) else { throw .key(found: "bytes that are not UTF-8") }
    return name == averagingCounter ? nil : name
  }
}
