import MNV4Graph

// The float32 functions of `docs/quantization.md` §2.1, one number at a time. Every line is one
// rounding an operation, as everywhere in Swift.

extension Activation {
  func float32(_ x: Float) -> Float {
    switch self {
    case .identity: x
    case .relu: x < 0 ? 0 : x
    case .relu6: x < 0 ? 0 : x > 6 ? 6 : x
    case .hardSigmoid: sixth(x)
    case .hardSwish: x * sixth(x)
    case .sigmoid: logistic(x)
    case .silu: x * logistic(x)
    case .gelu: gaussian(x)
    }
  }
}

/// Softmax of a row: exponentials added in eight columns, the columns in a balanced tree, the rest
/// of the row one after the other.
func rowSoftmax(_ row: [Float]) -> [Float] {
  // A NaN reaches every element through the sum.
  guard !row.contains(where: \.isNaN) else { return row.map { _ in .nan } }
  let greatest = row.max() ?? 0
  let exponentials = row.map { exponential32($0 - greatest) }
  let whole = row.count / 8 * 8
  var columns = [Float](repeating: 0, count: 8)
  for index in 0..<whole { columns[index % 8] += exponentials[index] }
  let even = (columns[0] + columns[4]) + (columns[2] + columns[6])
  let odd = (columns[1] + columns[5]) + (columns[3] + columns[7])
  var sum = even + odd
  for index in whole..<row.count { sum += exponentials[index] }
  return exponentials.map { $0 / sum }
}

private func sixth(_ x: Float) -> Float {
  let raised = x + 3
  let clamped = raised < 0 ? 0 : raised > 6 ? 6 : raised
  return clamped * Float(1.0 / 6.0)
}

private func exponential32(_ x: Float) -> Float {
  if x.isNaN { return x }
  let bounded = max(-104, min(89.5, x))
  let n = (bounded * 1.44269504).rounded(.toNearestOrEven)
  let r = (bounded - n * 0.693359375) - n * -2.12194440e-4
  let coefficients: [Float] = [
    0.008363144472241402, 0.04166685417294502, 0.16666577756404877, 0.5,
  ]
  var p: Float = 0.0013901282800361514
  for coefficient in coefficients { p = p * r + coefficient }
  let square = r * r
  p = p * square + r + 1
  let half = Int(n) >> 1
  return p * Float(sign: .plus, exponent: half, significand: 1)
    * Float(sign: .plus, exponent: Int(n) - half, significand: 1)
}

private func logistic(_ x: Float) -> Float {
  let e = exponential32(-abs(x))
  return (x >= 0 ? 1 : e) / (1 + e)
}

private func gaussian(_ x: Float) -> Float {
  let z = 1 / (abs(x) * 0.70710678 * 0.5 + 1)
  let coefficients: [Float] = [
    0.2845761775970459, -0.4872022867202759, 0.27806979417800903, -0.02662738598883152,
    0.2026875615119934, 0.24310359358787537, 0.2823753356933594, 0.28208640217781067,
  ]
  var p: Float = -0.05906921625137329
  for coefficient in coefficients { p = p * z + coefficient }
  let square = x * x
  let tail = exponential32(square * -0.5) * (p * z) * 0.5
  return x * (x >= 0 ? 1 - tail : tail)
}
