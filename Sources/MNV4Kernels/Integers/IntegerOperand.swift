import MNV4Core
import MNV4Graph

/// Bytes of int8 or uint8 and the integer that stands for 0.
///
/// int8 is read as uint8: with its sign bit flipped a byte is the integer plus 128, and so is the zero
/// point here.
struct IntegerOperand {
  let bytes: UnsafePointer<UInt8>
  /// 0x80 for int8, 0 for uint8.
  let flip: UInt8
  let zeroPoint: Int32

  /// - Parameter type: int8 or uint8.
  init(_ bytes: UnsafeRawPointer, _ type: ElementType, zeroPoint: Int32) {
    self.bytes = bytes.assumingMemoryBound(to: UInt8.self)
    flip = type == .int8 ? 0x80 : 0
    self.zeroPoint = zeroPoint &+ Int32(flip)
  }

  /// Element `index`, counted from the zero point: −255 to 255.
  @inline(__always)
  subscript(_ index: Int) -> Int32 { Int32(bytes[index] ^ flip) &- zeroPoint }

  static func + (operand: IntegerOperand, offset: Int) -> IntegerOperand {
    IntegerOperand(
      flipped: operand.bytes + offset, flip: operand.flip, zeroPoint: operand.zeroPoint)
  }

  /// - Parameter zeroPoint: of the flipped bytes.
  init(flipped bytes: UnsafePointer<UInt8>, flip: UInt8, zeroPoint: Int32) {
    self.bytes = bytes
    self.flip = flip
    self.zeroPoint = zeroPoint
  }
}

extension StepBinding {
  /// Input `index`, which is `value`, of an integer type.
  func integers(_ index: Int, _ value: Value) -> IntegerOperand {
    IntegerOperand(inputs[index], value.elementType, zeroPoint: value.zeroPoint)
  }
}

extension Value {
  var isFloat: Bool { elementType == .float32 }
}

extension StepProblem {
  /// Input `index`, of an integer type.
  func operand(_ index: Int, _ binding: StepBinding) -> IntegerOperand {
    binding.integers(index, inputs[index])
  }

  /// Reads the weights of an integer layer.
  func withIntegers<Result>(
    _ weights: ConstantID, _ body: (IntegerOperand) throws(BackendError) -> Result
  ) throws(BackendError) -> Result {
    let constant = constant(weights)
    return try constant.data.withElements(as: UInt8.self) { elements throws(BackendError) in
      guard let base = elements.baseAddress, let quantization = constant.quantization else {
        preconditionFailure("not integer weights")
      }
      return try body(
        IntegerOperand(base, constant.elementType, zeroPoint: quantization.zeroPoints[0]))
    }
  }

  /// The scale of each output's requantization; with a float32 output, what its sums stand for.
  func layerScales(_ weights: ConstantID) -> [Float] {
    let constant = constant(weights)
    let scales = constant.quantization?.scales ?? []
    let count = constant.shape[0]
    let input = inputs[0].scale
    let output = output.isFloat ? 1 : output.scale
    let each = scales.map { Requantization.scale(input, $0, output: output) }
    return each.count == 1 ? [Float](repeating: each[0], count: count) : each
  }

  /// The bias of each output; zeros where there is none.
  func layerBias(_ bias: ConstantID?, count: Int) -> [Int32] {
    guard let bias else { return [Int32](repeating: 0, count: count) }
    return constant(bias).data.withElements(as: Int32.self) { Array($0) }
  }
}
