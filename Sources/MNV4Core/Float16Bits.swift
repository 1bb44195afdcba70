/// The value of an IEEE 754 binary16, exact: subnormals and infinities included; NaN becomes quiet.
@inline(__always)
package func float32(float16 bits: UInt16) -> Float {
  let magnitude = UInt32(bits & 0x7FFF) << 13
  // Exponent and fraction in place, the bias is off by 127 − 15; a product corrects it, and makes
  // subnormals normal.
  let finite = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
  let quiet: UInt32 = magnitude > 0x0F80_0000 ? 0x0040_0000 : 0
  let special = magnitude | 0x7F80_0000 | quiet
  let value = magnitude >= 0x0F80_0000 ? special : finite
  return Float(bitPattern: value | UInt32(bits & 0x8000) << 16)
}

/// The bits of the IEEE 754 binary16 nearest to `x`, ties to even: infinity from 65,520 on, NaN for NaN.
package func float16Bits(nearest x: Float) -> UInt16 { Float16(x).bitPattern }
