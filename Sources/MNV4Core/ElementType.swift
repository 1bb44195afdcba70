/// What one element of a tensor is. The raw values are those of the weight format.
package enum ElementType: UInt8, Hashable, Sendable, CaseIterable {
  case float32 = 1
  case float16 = 2
  case bfloat16 = 3
  case int8 = 4
  case uint8 = 5
  case int16 = 6
  case int32 = 7
  case int64 = 8

  package var byteCount: Int {
    switch self {
    case .int8, .uint8: 1
    case .float16, .bfloat16, .int16: 2
    case .float32, .int32: 4
    case .int64: 8
    }
  }
}

extension ElementType: CustomStringConvertible {
  package var description: String {
    switch self {
    case .float32: "float32"
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    case .int8: "int8"
    case .uint8: "uint8"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    }
  }
}
