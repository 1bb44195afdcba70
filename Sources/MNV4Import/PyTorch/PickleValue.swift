/// A value of a pickle. Containers are places in a `PickleHeap`, so that however deep a pickle nests
/// its values, nothing recurses, and a container can be filled after it is named.
enum PickleValue {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  /// UTF-8 bytes of the pickle, unchecked.
  case text(Range<Int>)
  case bytes(Range<Int>)
  /// A place in `tuples`, `lists` or `dictionaries`.
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  case function(PickleFunction)
  case storageType(CheckpointElementType)
  /// A place in `storages` or `tensors`.
  case storage(Int)
  case tensor(Int)

  var kind: String {
    switch self {
    case .none: "None"
    case .bool: "a bool"
    case .int: "an int"
    case .float: "a float"
    case .text: "a string"
    case .bytes: "bytes"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .function(let function): function.rawValue
    case .storageType: "a storage type"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }
}

/// All that a pickle may call.
enum PickleFunction: String, CaseIterable {
  case orderedDictionary = "collections.OrderedDict"
  case tensor = "torch._utils._rebuild_tensor_v2"
  case parameter = "torch._utils._rebuild_parameter"
  case size = "torch.Size"
}

/// What the containers of a pickle hold.
struct PickleHeap {
  /// Elements that the file keeps apart from the pickle, named by `key`, UTF-8 in the pickle.
  struct Storage {
    let key: Range<Int>
    let elementType: CheckpointElementType
    let elementCount: Int
  }

  /// A view of a storage; every element lies within it.
  struct Tensor {
    let storage: Int
    let offset: Int
    let shape: [Int]
    let strides: [Int]
  }

  var tuples: [[PickleValue]] = []
  var lists: [[PickleValue]] = []
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  var storages: [Storage] = []
  var tensors: [Tensor] = []

  mutating func makeTuple(_ elements: [PickleValue]) -> PickleValue {
    tuples.append(elements)
    return .tuple(tuples.count - 1)
  }

  mutating func makeList(_ elements: [PickleValue] = []) -> PickleValue {
    lists.append(elements)
    return .list(lists.count - 1)
  }

  mutating func makeDictionary() -> PickleValue {
    dictionaries.append([])
    return .dictionary(dictionaries.count - 1)
  }
}
