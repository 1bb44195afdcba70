internal import MNV4Core
package import MNV4Graph
internal import MNV4Kernels

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
    ElementConverter(self).quantize(numbers, to: bytes)
  }

  /// Reads the numbers that integers stand for, or the numbers themselves where the value is
  /// float32.
  ///
  /// - Parameter bytes: memory of the value's size, aligned for its elements.
  package func read(
    _ bytes: UnsafeRawBufferPointer, into numbers: UnsafeMutableBufferPointer<Float>
  ) {
    guard elementType != .float32 else {
      UnsafeMutableRawBufferPointer(numbers).copyMemory(from: bytes)
      return
    }
    ElementConverter(self).dequantize(bytes, to: numbers)
  }
}
