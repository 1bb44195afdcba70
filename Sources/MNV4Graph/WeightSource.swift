package import MNV4Core

/// Where a network's builder gets its weights, by checkpoint key, in PyTorch's layouts.
package protocol WeightSource {
  /// The float32 elements of tensor `key`, row major, of exactly `shape` (PyTorch's order, for
  /// example OIHW). Every element is finite.
  mutating func tensor(_ key: String, shape: [Int]) throws(WeightError) -> [Float]

  /// Zeros in place of the float32 elements, shared between tensors, from a source that knows no
  /// elements and only notes what it is asked for; nil, the default, has `tensor` asked for them.
  mutating func placeholder(_ key: String, shape: [Int]) -> ByteSlice?

  /// The tensors that nothing has asked for so far and a network should have.
  var unexpectedKeys: [String] { get }
}

extension WeightSource {
  package mutating func placeholder(_ key: String, shape: [Int]) -> ByteSlice? { nil }
}

/// Why a checkpoint does not fit a network: the tensor, what was expected and what was found.
package enum WeightError: Error, Hashable, CustomStringConvertible {
  /// The network has the tensor and the checkpoint does not.
  case missing(key: String, expected: [Int])
  /// The checkpoint has tensors that the network does not; there is at least one.
  case unexpected(keys: [String])
  case shape(key: String, expected: [Int], found: [Int])
  /// The elements are no real numbers, or of a width that weights do not come in.
  case elementType(key: String, expected: String, found: String)
  /// An element, counted row major from 0, is NaN, infinite or beyond float32.
  case notFinite(key: String, index: Int, found: String)

  package var description: String {
    switch self {
    case .missing(let key, let expected):
      return "tensor \(key.quoted): expected one of shape \(describe(expected)), found none"
    case .unexpected(let keys):
      let listed = keys.prefix(5).map(\.quoted).joined(separator: ", ")
      let more = keys.count > 5 ? " and \(keys.count - 5) more" : ""
      return "expected no tensor beyond the network's, found \(listed)\(more)"
    case .shape(let key, let expected, let found):
      return "tensor \(key.quoted): shape: expected \(describe(expected)), found \(describe(found))"
    case .elementType(let key, let expected, let found):
      return "tensor \(key.quoted): element type: expected \(expected), found \(found)"
    case .notFinite(let key, let index, let found):
      return "tensor \(key.quoted): element \(index): expected a finite float32, found \(found)"
    }
  }

  private func describe(_ shape: [Int]) -> String {
    shape.isEmpty ? "() (a scalar)" : Shape.describe(shape)
  }
}
