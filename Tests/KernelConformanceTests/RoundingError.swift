import MNV4Graph

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// u: half the distance from 1 to the next float.
let unitRoundoff = 0x1p-24

/// A sum of products as exact arithmetic has it, with what bounds the error of any float32
/// computation of it.
///
/// Let s = Σ wᵢxᵢ + b + r. However the additions are ordered, fused with the products or not, each
/// term passes through at most one rounded product and n − 1 rounded additions, n the count of all
/// terms; each multiplies it by 1 + δ, |δ| ≤ u. A term therefore arrives as itself times 1 + θ with
/// |θ| ≤ γ(n) = nu / (1 − nu) (Higham, Accuracy and Stability of Numerical Algorithms, lemma 3.1),
/// and |computed − s| ≤ γ(n) · Σ |terms|. A product that underflows adds at most 2⁻¹⁴⁹.
struct ExactSum {
  private(set) var value = 0.0
  private var magnitude = 0.0
  private var termCount = 0

  mutating func add(_ term: Double) {
    value += term
    magnitude += abs(term)
    termCount += 1
  }

  /// Two terms more than there are: the bias and the residual count even where there is none.
  var tolerance: Double {
    let n = Double(termCount + 2)
    return n * unitRoundoff / (1 - n * unitRoundoff) * magnitude + n * 0x1p-149
  }
}

extension Activation {
  func exact(_ x: Double) -> Double {
    switch self {
    case .identity: x
    case .relu: x < 0 ? 0 : x
    case .relu6: x < 0 ? 0 : x > 6 ? 6 : x
    case .hardSwish: x * Activation.hardSigmoid.exact(x)
    case .hardSigmoid: Activation.relu6.exact(x + 3) / 6
    case .sigmoid: 1 / (1 + exp(-x))
    case .silu: x * Activation.sigmoid.exact(x)
    case .gelu: x * erfc(-x / 2.0.squareRoot()) / 2
    }
  }

  /// The greatest slope: how much an error of the argument grows at most.
  private var slope: Double {
    switch self {
    case .identity, .relu, .relu6: 1
    case .hardSwish: 1.5
    case .hardSigmoid: 1.0 / 6
    case .sigmoid: 0.25
    case .silu: 1.1
    case .gelu: 1.13
    }
  }

  /// How far a kernel's function of the float `x` may be from the exact one.
  ///
  /// The clamps are exact. In the hard functions x + 3 is rounded (at most 3u where the clamp passes
  /// it on), then a sixth of it, then the product with x. The others state their accuracy where they
  /// are computed; the bounds here leave other backends as much again. Results that are or come from
  /// subnormal floats have an absolute bound.
  private func ownTolerance(_ x: Double) -> Double {
    let y = abs(exact(x))
    let u = unitRoundoff
    switch self {
    case .identity, .relu, .relu6: return 0
    case .hardSigmoid: return 4 * u
    case .hardSwish: return 6 * u * abs(x) + 0x1p-148
    case .sigmoid: return 8 * u * y + 0x1p-126
    case .silu: return 10 * u * y + 0x1p-126 * max(abs(x), 1)
    case .gelu: return (20 + 2 * x * x) * u * y + 0x1p-135
    }
  }

  /// The function of a number known to within `tolerance`.
  func expected(_ value: Double, tolerance: Double = 0) -> ExpectedElement {
    guard tolerance.isFinite, value.isFinite else { return ExpectedElement(exact(value)) }
    let own = max(ownTolerance(value - tolerance), ownTolerance(value + tolerance))
    // What is stored is a float: half the distance to the next one.
    let result = exact(value)
    let stored = tolerance == 0 && own == 0 ? abs(result) * unitRoundoff : 0
    return ExpectedElement(result, tolerance: slope * tolerance + own + stored)
  }

  func expected(_ sum: ExactSum) -> ExpectedElement {
    expected(sum.value, tolerance: sum.tolerance)
  }
}
