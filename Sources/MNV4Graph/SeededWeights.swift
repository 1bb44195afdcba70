import MNV4Core

/// Pseudo-random weights for a network without a checkpoint: tests and benchmarks.
///
/// A tensor depends on the seed, its key and its element count alone, so neither the order of the
/// requests nor the machine changes it: integer arithmetic, one square root, multiplications.
///
/// Values are near-normal (the sum of four uniforms, so within ±2√3 standard deviations) and scaled
/// so that activations of a deep network stay within float16's range:
///
/// | tensor | mean | standard deviation |
/// |---|---|---|
/// | rank 2 and above | 0 | √(1 / fan-in), fan-in = elements / first extent |
/// | `….running_var` | 1 | 0.1, so always positive |
/// | `….running_mean`, `….bias`, other | 0 | 0.1 |
/// | `….weight` of rank 0 or 1 (a normalization's scale) | 1 | 0.1 |
///
/// Twice that variance, right where a ReLU follows every layer (He et al. 2015, section 2.2), is too
/// much for inverted bottlenecks, whose projections and first depthwise convolutions are linear: in
/// MobileNetV4-Conv-L it brings activations to 10⁸.
package struct SeededWeights: WeightSource {
  private let seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  package var unexpectedKeys: [String] { [] }

  package mutating func tensor(_ key: String, shape: [Int]) throws(WeightError) -> [Float] {
    let count = shape.reduce(1, *)
    let (mean, deviation) = Self.distribution(key: key, shape: shape, elementCount: count)
    var generator = SplitMix64(state: seed ^ Self.hash(key))
    // Four 16-bit uniforms have variance 4 · (2³² − 1) / 12 and mean 2 · (2¹⁶ − 1).
    let scale = deviation * Float(3).squareRoot() / 65536
    return [Float](unsafeUninitializedCapacity: count) { elements, initializedCount in
      for index in 0..<count {
        let word = generator.next()
        let sum =
          (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48)
        elements.initializeElement(at: index, to: mean + Float(Int(sum) - 131_070) * scale)
      }
      initializedCount = count
    }
  }

  private static func distribution(
    key: String, shape: [Int], elementCount: Int
  ) -> (mean: Float, deviation: Float) {
    if shape.count >= 2 {
      let fanIn = elementCount / max(shape[0], 1)
      return (0, (1 / Float(max(fanIn, 1))).squareRoot())
    }
    if key.hasSuffix("running_var") { return (1, 0.1) }
    return (key.hasSuffix(".weight") ? 1 : 0, 0.1)
  }

  /// FNV-1a, 64 bits.
  private static func hash(_ key: String) -> UInt64 {
    key.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
