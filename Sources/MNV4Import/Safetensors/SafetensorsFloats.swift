package import MNV4Graph

extension SafetensorsFile {
  /// The elements of the tensor at that place of `tensors`, as float32, row major.
  ///
  /// F32, F16 and BF16 are exact; F64 is rounded to the nearest. Other element types are refused,
  /// and so is a value that is NaN, infinite, or infinite once rounded.
  package func floats(at index: Int) throws(WeightError) -> [Float] {
    let tensor = tensors[index]
    let source = data(at: index)
    let floats: [Float]
    switch tensor.elementType {
    case .float32:
      floats = source.map(UInt32.self) { Float(bitPattern: UInt32(littleEndian: $0)) }
    case .float16:
      floats = source.map(UInt16.self) { float32(float16: UInt16(littleEndian: $0)) }
    case .bfloat16:
      floats = source.map(UInt16.self) {
        Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16)
      }
    case .float64:
      floats = source.map(UInt64.self) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
    case .bool, .float4, .float6E2M3, .float6E3M2, .uint8, .int8, .float8E5M2, .float8E4M3,
      .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ, .int16, .uint16, .int32, .uint32,
      .complex64, .int64, .uint64:
      throw .elementType(
        key: tensor.name, expected: "F32, F16, BF16 or F64", found: tensor.elementType.rawValue)
    }
    // A maximum of bit patterns vectorizes; a search that may stop does not.
    let largest = floats.reduce(0) { max($0, $1.bitPattern & 0x7FFF_FFFF) }
    if largest >= Float.infinity.bitPattern,
      let position = floats.firstIndex(where: { !$0.isFinite })
    {
      throw .notFinite(key: tensor.name, index: position, found: "\(floats[position])")
    }
    return floats
  }
}

/// The value of an IEEE 754 binary16, exact: subnormals, infinities and NaN included.
@inline(__always)
func float32(float16 bits: UInt16) -> Float {
  let magnitude = UInt32(bits & 0x7FFF) << 13
  // Exponent and fraction in place, the bias is off by 127 − 15; a product corrects it, and makes
  // subnormals normal.
  let finite = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
  let special = magnitude | 0x7F80_0000
  let value = magnitude >= 0x0F80_0000 ? special : finite
  return Float(bitPattern: value | UInt32(bits & 0x8000) << 16)
}
