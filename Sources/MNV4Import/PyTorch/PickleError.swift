internal import MNV4Graph

/// Why a pickle is not made of tensors and dictionaries alone, and at which byte.
package struct PickleError: Error, Hashable, CustomStringConvertible {
  package enum Rule: Hashable, Sendable {
    /// A function or class that is none of the few that rebuild tensors and dictionaries.
    case call(String)
    /// An opcode of the pickle language that tensors and dictionaries need not, by name.
    case opcode(String)
    case unknownOpcode(UInt8)
    case protocolVersion(Int)
    /// The pickle ends within an opcode or before STOP.
    case truncated
    case trailingBytes(Int)
    case utf8
    /// There is nothing on the stack, or no mark, where an opcode takes it.
    case stack(opcode: String)
    case memo(index: Int, count: Int)
    /// What an opcode or function takes is of another kind.
    case operand(of: String, expected: String, found: String)
    case limit(String, Int)
    // Of one tensor.
    /// Extents, strides and offset that reach outside of the storage.
    case beyondStorage(shape: [Int], strides: [Int], offset: Int, elementCount: Int)
    case negative(field: String, Int)
    /// More elements than the storage has.
    case repeatedElements(shape: [Int], elementCount: Int)
  }

  package let rule: Rule
  package let offset: Int

  package init(_ rule: Rule, at offset: Int) {
    self.rule = rule
    self.offset = offset
  }

  package var description: String {
    let only = "expected tensors and dictionaries only"
    let problem =
      switch rule {
      case .call(let name): "the pickle calls \(name); \(only)"
      case .opcode(let name): "the pickle uses opcode \(name); \(only)"
      case .unknownOpcode(let byte): "expected an opcode, found byte \(byte)"
      case .protocolVersion(let found): "protocol: expected 2 to 5, found \(found)"
      case .truncated: "expected the pickle to go on, found its end"
      case .trailingBytes(let count): "expected the pickle to end, found \(count) bytes more"
      case .utf8: "expected a string in UTF-8, found other bytes"
      case .stack(let opcode): "\(opcode): expected a value on the stack, found none"
      case .memo(let index, let count):
        "memo: expected an index of at most \(count), found \(index)"
      case .operand(let user, let expected, let found):
        "\(user): expected \(expected), found \(found)"
      case .limit(let what, let limit): "expected at most \(limit) \(what), found more"
      case .beyondStorage(let shape, let strides, let offset, let count):
        "tensor: expected elements within a storage of \(count), found shape "
          + "\(Self.describe(shape)), strides \(Self.describe(strides)), offset \(offset)"
      case .negative(let field, let value):
        "tensor: \(field): expected at least 0, found \(value)"
      case .repeatedElements(let shape, let count):
        "tensor: expected at most the \(count) elements of its storage, found shape "
          + Self.describe(shape)
      }
    return "byte \(offset): \(problem)"
  }

  private static func describe(_ extents: [Int]) -> String {
    "(" + extents.map(String.init).joined(separator: ", ") + ")"
  }
}
