internal import MNV4Graph

/// Why bytes are no PyTorch checkpoint of tensors and dictionaries.
package enum PyTorchError: Error, Hashable, CustomStringConvertible {
  /// The form of PyTorch before 1.6: a pickle, or a tar file of pickles.
  case legacy
  /// A compiled program, not a checkpoint.
  case torchScript
  case zip(ZipError)
  case pickle(PickleError)
  case missingEntry(String)
  case byteOrder(found: String)
  case formatVersion(found: String)
  // The dictionary.
  /// The pickle holds something else than a dictionary.
  case notADictionary(found: String)
  /// No dictionary of tensors, neither the outermost nor one under a known key.
  case noTensors(keys: [String])
  case key(found: String)
  case keyTooLong(key: String, byteCount: Int, limit: Int)
  case notATensor(key: String, found: String)
  case duplicateKey(String)
  case storageByteCount(tensor: String, expected: Int, found: Int)
  case storageOverflow(tensor: String, elementCount: Int)

  package var description: String {
    switch self {
    case .legacy:
      "expected a ZIP file, found PyTorch's form from before version 1.6; load it with torch.load "
        + "and save it again with torch.save"
    case .torchScript:
      "expected tensors and dictionaries only, found a TorchScript program; save its state_dict()"
    case .zip(let error): error.description
    case .pickle(let error): "data.pkl: \(error); save model.state_dict() alone"
    case .missingEntry(let name): "expected an entry \(name.quoted), found none"
    case .byteOrder(let found): "byteorder: expected little, found \(found.quoted)"
    case .formatVersion(let found): "version: expected 1 to 10, found \(found.quoted)"
    case .notADictionary(let found): "expected a dictionary of tensors, found \(found)"
    case .noTensors(let keys):
      "expected a dictionary of tensors, found one with "
        + (keys.isEmpty ? "no keys" : "keys " + keys.map(\.quoted).joined(separator: ", "))
    case .key(let found): "expected tensors named by strings, found \(found) as a name"
    case .keyTooLong(let key, let byteCount, let limit):
      "expected names of at most \(limit) bytes, found \(key.quoted) of \(byteCount)"
    case .notATensor(let key, let found): "\(key.quoted): expected a tensor, found \(found)"
    case .duplicateKey(let key): "expected every key once, found \(key.quoted) again"
    case .storageByteCount(let tensor, let expected, let found):
      "tensor \(tensor.quoted): storage: expected \(expected) bytes, found \(found)"
    case .storageOverflow(let tensor, let elementCount):
      "tensor \(tensor.quoted): storage: expected a size below 2^63 bytes, "
        + "found \(elementCount) elements"
    }
  }
}
