internal import MNV4Core
internal import MNV4Graph
internal import MNV4Zoo

/// A network and the convention that a checkpoint names its tensors by.
struct Recognition {
  let network: NetworkSignature
  let convention: KeyConvention
  /// As the checkpoint has them, by the zoo's key.
  let tensors: [String: TensorRecorder.Tensor]

  init?(_ network: NetworkSignature, _ convention: KeyConvention) {
    guard let tensors = convention.tensors(of: network) else { return nil }
    self.network = network
    self.convention = convention
    self.tensors = tensors
  }

  /// The one network whose tensors are those of the checkpoint, up to the number of classes.
  static func recognize(_ checkpoint: Checkpoint) throws(CheckpointError) -> Recognition {
    let candidates = NetworkSignature.all.flatMap(all(of:))
    let counted = candidates.map { ($0, $0.differences(from: checkpoint).count) }
    let matches = counted.filter { $0.1 == 0 }.map(\.0)
    if matches.count == 1 { return matches[0] }
    if matches.count > 1 {
      throw .ambiguous(architectures: matches.map(\.network.architecture.name))
    }
    guard let nearest = counted.min(by: { $0.1 < $1.1 })?.0 else { throw .unknownFormat }
    throw .unrecognized(
      nearest: nearest.network.architecture.name, convention: nearest.convention,
      differences: nearest.differences(from: checkpoint).map(\.description))
  }

  /// The convention that names most of the network's tensors as the checkpoint does.
  static func recognize(
    _ checkpoint: Checkpoint, as architecture: Architecture
  ) throws(CheckpointError) -> Recognition {
    let counted = all(of: NetworkSignature(architecture)).map {
      ($0, $0.differences(from: checkpoint).count)
    }
    guard let nearest = counted.min(by: { $0.1 < $1.1 })?.0 else { throw .unknownFormat }
    return nearest
  }

  private static func all(of network: NetworkSignature) -> [Recognition] {
    KeyConvention.allCases.compactMap { Recognition(network, $0) }
  }

  /// The number of classes of the checkpoint's classifier.
  func classCount(of checkpoint: Checkpoint) -> Int? {
    guard let key = tensors[network.architecture.classifierKey]?.key,
      let index = checkpoint.index(of: key)
    else { return nil }
    return checkpoint.tensors[index].shape.first
  }

  // MARK: Differences

  enum Difference: CustomStringConvertible {
    case missing(TensorRecorder.Tensor)
    case shape(TensorRecorder.Tensor, found: [Int])
    case unexpected(String)

    var description: String {
      switch self {
      case .missing(let tensor):
        WeightError.missing(key: tensor.key, expected: tensor.shape).description
      case .shape(let tensor, let found):
        WeightError.shape(key: tensor.key, expected: tensor.shape, found: found).description
      case .unexpected(let key): "\(key.quoted) is none of the network's"
      }
    }
  }

  /// The tensors that the checkpoint lacks, has in another shape, or has beyond the network's.
  func differences(from checkpoint: Checkpoint) -> [Difference] {
    var differences: [Difference] = []
    var isNamed = [Bool](repeating: false, count: checkpoint.tensors.count)
    for tensor in network.tensors {
      guard let expected = tensors[tensor.key] else { continue }
      guard let index = checkpoint.index(of: expected.key) else {
        differences.append(.missing(expected))
        continue
      }
      isNamed[index] = true
      let found = checkpoint.tensors[index].shape
      let free = network.isClassifier(tensor.key) ? 1 : 0
      if found.count != expected.shape.count
        || found.dropFirst(free) != expected.shape.dropFirst(free)
      {
        differences.append(.shape(expected, found: found))
      }
    }
    for (tensor, isNamed) in zip(checkpoint.tensors, isNamed)
    where !isNamed && !CheckpointSource.isIgnored(tensor.name) {
      differences.append(.unexpected(tensor.name))
    }
    return differences
  }
}
