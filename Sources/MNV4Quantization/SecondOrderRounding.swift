/// Rounds weights one after the other, each to make up for the errors of those before it.
///
/// With `H = L Lᵀ` the squared error of an output is `‖Lᵀ e‖²`, `e` the errors of its weights. From the
/// last weight to the first, each is rounded after it has taken on what makes its component of
/// `Lᵀ e` zero given the errors so far. This is Babai's nearest plane, and the same as GPTQ (Frantar
/// et al., "GPTQ: accurate post-training quantization", 2023) in the reverse order, without an
/// inverse. Weights whose inputs vary most are rounded first, while there are others to make up for
/// them.
struct SecondOrderRounding {
  private let order: Int
  /// The weight at each place of the factor.
  private let places: [Int]
  /// `L`, `[order, order]`; zero above the diagonal.
  private let factor: [Float]

  /// - Parameters:
  ///   - matrix: `[order, order]`, symmetric, from products of inputs.
  ///   - damping: the part of the mean diagonal element that is added to the diagonal. Where that
  ///     does not make the matrix positive definite, ten times as much is tried, up to a thousand
  ///     times the mean; then every weight is rounded on its own.
  init(matrix: ArraySlice<Float>, order: Int, damping: Double) {
    precondition(matrix.count == order * order && damping >= 0)
    self.order = order
    let start = matrix.startIndex
    let diagonal = (0..<order).map { matrix[start + $0 * order + $0] }
    let mean = diagonal.reduce(0) { $0 + Double($1) } / Double(max(order, 1))
    // Ascending, as rounding begins at the end; of equal ones the lower index.
    places = (0..<order).sorted {
      diagonal[$0] == diagonal[$1] ? $0 > $1 : diagonal[$0] < diagonal[$1]
    }
    guard mean > 0, mean.isFinite else {
      factor = []
      return
    }
    var permuted = [Double](repeating: 0, count: order * order)
    for (row, place) in places.enumerated() {
      for (column, other) in places[...row].enumerated() {
        permuted[row * order + column] = Double(matrix[start + place * order + other]) / mean
      }
    }
    var addition = max(damping, 1e-6)
    while addition < 1e3 {
      var damped = permuted
      for index in 0..<order { damped[index * order + index] += addition }
      if let cholesky = Cholesky(damped, order: order) {
        factor = cholesky.elements.map { Float($0) }
        return
      }
      addition *= 10
    }
    factor = []
  }

  /// Rounds every weight on its own.
  init(nearestOfOrder order: Int) {
    self.order = order
    places = Array(0..<order)
    factor = []
  }

  /// Integers −127 to 127 of up to eight outputs' weights, `[outputs, order]`, on the grids `scales`,
  /// to the same indices of `result`.
  func round(_ weights: ArraySlice<Float>, scales: ArraySlice<Float>, into result: inout [Int8]) {
    precondition(scales.count <= vectorWidth && weights.count == scales.count * order)
    var scale = FloatVector(repeating: 1)
    for (lane, value) in scales.enumerated() { scale[lane] = value }
    let inverse = 1 / scale
    // In steps of the grid, the factor's order, an output a lane.
    var targets = [FloatVector](repeating: .zero, count: order)
    for (index, place) in places.enumerated() {
      for lane in 0..<scales.count {
        targets[index][lane] = weights[weights.startIndex + lane * order + place] * inverse[lane]
      }
    }
    targets.withUnsafeMutableBufferPointer { targets in
      factor.withUnsafeBufferPointer { factor in roundInPlace(targets, factor) }
    }
    for (index, place) in places.enumerated() {
      for lane in 0..<scales.count {
        result[weights.startIndex + lane * order + place] = Int8(targets[index][lane])
      }
    }
  }

  /// Replaces targets by integers.
  private func roundInPlace(
    _ targets: UnsafeMutableBufferPointer<FloatVector>, _ factor: UnsafeBufferPointer<Float>
  ) {
    guard !factor.isEmpty, let row = factor.baseAddress else {
      for index in targets.indices {
        targets[index] = roundedToEven(clamped(targets[index], to: 127))
      }
      return
    }
    var corrections = [FloatVector](repeating: .zero, count: order)
    corrections.withUnsafeMutableBufferPointer { corrections in
      for index in (0..<order).reversed() {
        let row = row + index * order
        let target = targets[index]
        var moved = target + corrections[index] / row[index]
        // Sums beyond a float's range mean nothing.
        moved.replace(with: target, where: moved .!= moved)
        let integer = roundedToEven(clamped(moved, to: 127))
        targets[index] = integer
        let error = target - integer
        for earlier in 0..<index {
          corrections[earlier] += error * row[earlier]
        }
      }
    }
  }
}
