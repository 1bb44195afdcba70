import MNV4Core

/// How far a tensor of integers is from the float one: sums over many elements.
public struct SignalToNoise: Hashable, Sendable {
  private var signal = 0.0
  private var noise = 0.0

  public init() {}

  /// Adds elements and what stands in their place; pairs with a number that is not finite count as
  /// they are, which makes the ratio NaN or −∞.
  mutating func add(_ expected: Float, _ found: Float) {
    let difference = Double(expected) - Double(found)
    signal += Double(expected) * Double(expected)
    noise += difference * difference
  }

  mutating func add(_ other: SignalToNoise) {
    signal += other.signal
    noise += other.noise
  }

  /// `10 · log₁₀(Σ x² / Σ (x − x′)²)`; infinite where nothing differs, nil before anything was added
  /// or where everything is zero.
  public var decibels: Double? {
    guard signal > 0 else { return nil }
    return noise == 0 ? .infinity : 10 * decimalLogarithm(signal / noise)
  }
}
