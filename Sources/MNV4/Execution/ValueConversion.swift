internal import MNV4Core
package import MNV4Graph

extension Value {
  /// Writes the integers nearest to `numbers`, or the numbers themselves where the value is float32.
  ///
  /// - Parameter bytes: memory of the value's size, aligned for its elements.
  package func write(
    _ numbers: UnsafeBufferPointer<Float>, to bytes: UnsafeMutableRawBufferPointer
  ) {
    guard elementType != .float32 else {
      bytes.copyMemory(from: UnsafeRawBufferPointer(numbers))
      return
    }
    let range = integerRange()
    let low = SIMD8<Int32>(repeating: range.lowerBound)
    let high = SIMD8<Int32>(repeating: range.upperBound)
    let (scale, zeroPoint) = (SIMD8<Float>(repeating: scale), SIMD8<Int32>(repeating: zeroPoint))
    // Adding 1.5 · 2²³ leaves a whole number in the last bits, rounded to nearest even.
    let magic = SIMD8<Float>(repeating: 0x1.8p23)
    func integers(_ numbers: SIMD8<Float>) -> SIMD8<Int32> {
      let steps = (numbers / scale).clamped(
        lowerBound: .init(repeating: -1024), upperBound: .init(repeating: 1024))
      let known = steps.replacing(with: 0, where: numbers .!= numbers)
      let whole = unsafeBitCast(known + magic, to: SIMD8<Int32>.self) &- 0x4B40_0000
      return (whole &+ zeroPoint).clamped(lowerBound: low, upperBound: high)
    }
    var index = 0
    while index + 8 <= numbers.count {
      let block = UnsafeRawPointer(numbers.baseAddress.unsafelyUnwrapped + index)
        .loadUnaligned(as: SIMD8<Float>.self)
      bytes.storeBytes(
        of: SIMD8<UInt8>(truncatingIfNeeded: integers(block)), toByteOffset: index,
        as: SIMD8<UInt8>.self)
      index += 8
    }
    for rest in index..<numbers.count {
      bytes[rest] = UInt8(truncatingIfNeeded: integers(SIMD8(repeating: numbers[rest]))[0])
    }
  }

  /// Reads the numbers that integers stand for, or the numbers themselves where the value is
  /// float32.
  ///
  /// - Parameter bytes: memory of the value's size, aligned for its elements.
  package func read(
    _ bytes: UnsafeRawBufferPointer, into numbers: UnsafeMutableBufferPointer<Float>
  ) {
    switch elementType {
    case .int8:
      let (scale, zeroPoint) = (scale, zeroPoint)
      for index in numbers.indices {
        numbers[index] = scale * Float(Int32(Int8(bitPattern: bytes[index])) - zeroPoint)
      }
    case .uint8:
      let (scale, zeroPoint) = (scale, zeroPoint)
      for index in numbers.indices {
        numbers[index] = scale * Float(Int32(bytes[index]) - zeroPoint)
      }
    case .float32, .float16, .bfloat16, .int16, .int32, .int64:
      UnsafeMutableRawBufferPointer(numbers).copyMemory(from: bytes)
    }
  }
}
