/// The second moments of what a layer's weights are multiplied with: `E[x xᵀ]`, with `x` the inputs
/// of one output, in the order of a row of the weights.
///
/// A change `e` of one output's weights changes that output by `eᵀ E[x xᵀ] e` in the mean square, so
/// this is, to a factor, the Hessian of the squared error in those weights.
package struct Hessian: Sendable {
  package let layout: WeightLayout
  /// One matrix for each group, `[groups, rowCount, rowCount]`, symmetric.
  let moments: [Float]
  /// `E[x]`, `[groups, rowCount]`. Padding counts as zeros.
  package let means: [Double]

  init(layout: WeightLayout, moments: [Float], means: [Double]) {
    precondition(moments.count == layout.groupCount * layout.rowCount * layout.rowCount)
    precondition(means.count == layout.groupCount * layout.rowCount)
    self.layout = layout
    self.moments = moments
    self.means = means
  }

  /// The same for inputs without their mean, `E[x xᵀ] − E[x] E[x]ᵀ`: what remains of an error once
  /// the bias has taken up its mean.
  package func centered() -> Hessian {
    let order = layout.rowCount
    var centered = moments
    for group in 0..<layout.groupCount {
      let means = means[group * order..<(group + 1) * order]
      for (row, mean) in means.enumerated() {
        let start = (group * order + row) * order
        for (column, other) in means.enumerated() {
          centered[start + column] = Float(Double(centered[start + column]) - mean * other)
        }
        centered[start + row] = max(centered[start + row], 0)
      }
    }
    return Hessian(
      layout: layout, moments: centered, means: [Double](repeating: 0, count: means.count))
  }

  /// `E[xᵢ²]` of the inputs of a group.
  func diagonal(ofGroup group: Int) -> [Float] {
    let order = layout.rowCount
    return (0..<order).map { moments[(group * order + $0) * order + $0] }
  }

  func matrix(ofGroup group: Int) -> ArraySlice<Float> {
    let size = layout.rowCount * layout.rowCount
    return moments[group * size..<(group + 1) * size]
  }
}
