/// Counts of non-zero finite numbers in bins of equal width, a power of two.
///
/// Bins are anchored at zero and reach equally far to both sides. A number beyond them doubles the
/// width, which joins bins in pairs, until it fits. The width is a function of the largest magnitude
/// alone and joining moves no number across a boundary, so the result does not depend on the order
/// of the numbers. Zeros, of which a ReLU makes many, are counted apart.
struct Histogram: Hashable, Sendable {
  /// Bins on each side of zero, a power of two.
  static let sideBinCount = 2048
  private static let sideBinExponent = 11
  /// Widths stay where they and their inverses are normal.
  private static let smallestExponent = -116

  /// Bin `index` holds numbers of `(index − 2048) · binWidth ..< (index − 2047) · binWidth`.
  private(set) var counts = [Int](repeating: 0, count: 2 * sideBinCount)
  private(set) var zeroCount = 0
  private var exponent = smallestExponent

  var binWidth: Double { Double(sign: .plus, exponent: exponent, significand: 1) }

  /// The middle of a bin.
  func center(ofBin index: Int) -> Double {
    (Double(index - Self.sideBinCount) + 0.5) * binWidth
  }

  /// Where a bin starts.
  func start(ofBin index: Int) -> Double { Double(index - Self.sideBinCount) * binWidth }

  /// Widens the bins until they hold numbers of this magnitude, which is finite.
  mutating func reach(_ magnitude: Float) {
    guard magnitude > 0 else { return }
    let needed = Int(magnitude.exponent) + 1 - Self.sideBinExponent
    guard needed > exponent else { return }
    let shift = min(needed - exponent, Self.sideBinExponent + 1)
    var joined = [Int](repeating: 0, count: counts.count)
    for (index, count) in counts.enumerated() where count > 0 {
      joined[((index - Self.sideBinCount) >> shift) + Self.sideBinCount] += count
    }
    counts = joined
    exponent = needed
  }

  /// Counts the finite elements, all within reach.
  mutating func count(_ elements: UnsafeBufferPointer<Float>) {
    let inverse = Float(sign: .plus, exponent: -exponent, significand: 1)
    counts.withUnsafeMutableBufferPointer { counts in
      for element in elements where element.isFinite {
        if element == 0 {
          zeroCount += 1
        } else {
          let bin = Int((element * inverse).rounded(.down))
          counts[bin + Self.sideBinCount] += 1
        }
      }
    }
  }

  private mutating func widen(to exponent: Int) {
    // The largest magnitude of that width: 2^(exponent + 11) exclusive.
    let magnitude = Float(
      sign: .plus, exponent: exponent + Self.sideBinExponent - 1, significand: 1)
    reach(magnitude)
  }
}
