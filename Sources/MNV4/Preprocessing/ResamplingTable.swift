internal import MNV4Graph

/// Which input samples make which output sample along one axis, and with what weight.
///
/// The numbers are those of Pillow's `Image.resize` for 8-bit samples (`src/libImaging/Resample.c`):
/// the filter is stretched by the reduction, weights are computed and normalised in double precision
/// and rounded, halves away from zero, to fixed point with `fractionBits` fractional bits.
struct ResamplingTable {
  /// What an accumulator of 32 bits leaves to 8-bit samples and the overshoot of a bicubic filter.
  static let fractionBits: Int32 = 32 - 8 - 2
  /// The most weights that a table holds.
  static let maximumWeightCount = 1 << 24

  /// Per output sample, the first input sample.
  let starts: [Int]
  /// Per output sample, the number of input samples.
  let counts: [Int]
  /// Per output sample, `stride` weights, of which `counts` are used.
  let weights: [Int32]
  let stride: Int

  /// The outputs `range` of an axis resized from `inputSize` to `outputSize` samples.
  ///
  /// Throws `unsupportedImage` where the reduction is so strong that the table would exceed its
  /// bound.
  init(
    inputSize: Int, outputSize: Int, range: Range<Int>, filter: ImagePreprocessing.Interpolation
  ) throws(MNV4Error) {
    let scale = Double(inputSize) / Double(outputSize)
    let filterScale = max(scale, 1)
    let support = filter.support * filterScale
    let stride = Int(support.rounded(.up)) * 2 + 1
    guard stride <= Self.maximumWeightCount / max(range.count, 1) else {
      throw MNV4Error(
        .unsupportedImage,
        "expected a side that is reduced less strongly than from \(inputSize) to \(outputSize)")
    }
    var starts: [Int] = []
    var counts: [Int] = []
    starts.reserveCapacity(range.count)
    counts.reserveCapacity(range.count)
    var weights = try [Int32].allocating(count: stride * range.count) {
      $0.initialize(repeating: 0)
    }
    var exact = [Double](repeating: 0, count: stride)
    let inverse = 1 / filterScale
    for (row, output) in range.enumerated() {
      let center = (Double(output) + 0.5) * scale
      let start = max(Int(center - support + 0.5), 0)
      let count = min(Int(center + support + 0.5), inputSize) - start
      var sum = 0.0
      for index in 0..<count {
        let weight = filter.weight(at: (Double(index + start) - center + 0.5) * inverse)
        exact[index] = weight
        sum += weight
      }
      for index in 0..<count {
        let normalized = sum == 0 ? exact[index] : exact[index] / sum
        let scaled = normalized * Double(1 << Self.fractionBits)
        weights[row * stride + index] = Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
      }
      starts.append(start)
      counts.append(count)
    }
    self.starts = starts
    self.counts = counts
    self.weights = weights
    self.stride = stride
  }

  /// The input samples that any of the outputs reads.
  var inputRange: Range<Int> {
    guard let first = starts.first, let last = starts.last, let count = counts.last else {
      return 0..<0
    }
    return first..<(last + count)
  }
}

extension ImagePreprocessing.Interpolation {
  /// Half the width of the filter, in samples of the coarser of the two grids.
  var support: Double {
    switch self {
    case .bilinear: 1
    case .bicubic: 2
    }
  }

  /// The filter's value at `distance`; bicubic is Keys' with a = −0.5.
  func weight(at distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .bilinear:
      return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
      return 0
    }
  }
}
