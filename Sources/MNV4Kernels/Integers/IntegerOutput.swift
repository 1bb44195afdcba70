import MNV4Core
import MNV4Graph

/// How exact sums become elements of an output, int8, uint8 or float32: `docs/quantization.md`,
/// "Sums".
struct SumRule: Sendable {
  let isFloat: Bool
  let zeroPoint: Int32
  let range: ClosedRange<Int32>
  let clamp: Clamp

  init(_ output: Value, _ activation: Activation) {
    isFloat = output.isFloat
    zeroPoint = isFloat ? 0 : output.zeroPoint
    range = isFloat ? 0...0 : output.integerRange(after: activation)
    clamp = Clamp(activation.clampBounds)
  }

  /// Writes element `index`.
  @inline(__always)
  func store(
    _ sum: Int32, scale: Float, to output: UnsafeMutableRawPointer, at index: Int
  ) {
    if isFloat {
      output.assumingMemoryBound(to: Float.self)[index] = clamp(Float(sum) * scale)
    } else {
      let integer = Requantization.requantize(
        sum, scale: scale, zeroPoint: zeroPoint, in: range)
      output.assumingMemoryBound(to: UInt8.self)[index] = UInt8(truncatingIfNeeded: integer)
    }
  }
}

extension StepBinding {
  var outputBytes: UnsafeMutablePointer<UInt8> { output.assumingMemoryBound(to: UInt8.self) }

  func bytes(_ index: Int) -> UnsafePointer<UInt8> {
    inputs[index].assumingMemoryBound(to: UInt8.self)
  }
}
