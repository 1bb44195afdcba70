import Foundation

/// Finds scales for the weights of one or more outputs.
struct WeightRangeSearch {
  private let problem: WeightQuantizer.Problem
  /// `E[xᵢ²]`, `[groups, rowCount]`; empty where no Hessian is given.
  private let importance: [Float]

  init(problem: WeightQuantizer.Problem) {
    self.problem = problem
    importance =
      problem.hessian.map { hessian in
        (0..<problem.layout.groupCount).flatMap { hessian.diagonal(ofGroup: $0) }
      } ?? []
  }

  /// The step of the grid: normal, above zero, not below the floors of these outputs.
  func scale(
    forOutputs outputs: Range<Int>, range: WeightQuantizer.Range
  ) -> Float {
    let rowCount = problem.layout.rowCount
    let elements = outputs.lowerBound * rowCount..<outputs.upperBound * rowCount
    let maximum = problem.weights[elements].reduce(0) { max($0, abs($1)) }
    let floor = problem.scaleFloors?[outputs].max() ?? 0
    // Zeros are exact in any steps; the finest that the bias fits in leave it the most resolution.
    guard maximum > 0 else { return floor > 0 ? max(floor, .leastNormalMagnitude) : 1 / 127 }
    let chosen =
      switch range {
      case .maximum: maximum
      case .leastError: leastErrorBound(ofOutputs: outputs, below: maximum)
      }
    return max(chosen / 127, floor, .leastNormalMagnitude)
  }

  /// Eighths of an octave down to a 128th of the maximum, then 64ths of one around the best.
  private func leastErrorBound(ofOutputs outputs: Range<Int>, below maximum: Float) -> Float {
    var best = (bound: maximum, error: squaredError(ofOutputs: outputs, bound: maximum))
    func consider(_ octaves: Double) {
      let bound = Float(Double(maximum) * exp2(-octaves))
      let error = squaredError(ofOutputs: outputs, bound: bound)
      if error < best.error { best = (bound, error) }
    }
    for step in 1...56 { consider(Double(step) / 8) }
    let coarse = log2(Double(maximum) / Double(best.bound))
    for step in -7...7 where step != 0 && coarse + Double(step) / 64 > 0 {
      consider(coarse + Double(step) / 64)
    }
    return best.bound
  }

  /// `Σ importance · (rounded − weight)²`.
  private func squaredError(ofOutputs outputs: Range<Int>, bound: Float) -> Double {
    let layout = problem.layout
    let scale = max(bound / 127, .leastNormalMagnitude)
    return problem.weights.withUnsafeBufferPointer { weights in
      importance.withUnsafeBufferPointer { importance in
        outputs.reduce(0) { sum, output in
          let row = UnsafeBufferPointer(rebasing: weights[layout.row(output)])
          let group = output / layout.outputsPerGroup
          let factors =
            importance.isEmpty
            ? nil
            : UnsafeBufferPointer(
              rebasing: importance[group * layout.rowCount..<(group + 1) * layout.rowCount])
          return sum + Self.squaredError(of: row, importance: factors, scale: scale)
        }
      }
    }
  }

  private static func squaredError(
    of row: UnsafeBufferPointer<Float>, importance: UnsafeBufferPointer<Float>?, scale: Float
  ) -> Double {
    guard let weights = row.baseAddress else { return 0 }
    let inverse = 1 / scale
    var sums = FloatVector.zero
    var index = 0
    while index + vectorWidth <= row.count {
      let steps = load(weights + index) * inverse
      let error = (roundedToEven(clamped(steps, to: 127)) - steps) * scale
      let squared = error * error
      if let factors = importance?.baseAddress {
        sums += squared * load(factors + index)
      } else {
        sums += squared
      }
      index += vectorWidth
    }
    var sum = Double(sums.sum())
    while index < row.count {
      let steps = weights[index] * inverse
      let rounded = min(max(steps, -127), 127).rounded(.toNearestOrEven)
      let error = (rounded - steps) * scale
      sum += Double(error * error * (importance?[index] ?? 1))
      index += 1
    }
    return sum
  }
}
