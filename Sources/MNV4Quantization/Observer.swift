/// What calibration learns of one tensor: its extremes and its distribution.
///
/// Memory does not grow with what is recorded. Infinities and NaN are counted and otherwise left out.
package struct Observer: Sendable {
  /// Finite elements recorded.
  package private(set) var elementCount = 0
  /// Infinities and NaN met.
  package private(set) var nonFiniteCount = 0
  private(set) var histogram = Histogram()
  private(set) var energyWeights = EnergyWeights()
  private var minimum = Float.infinity
  private var maximum = -Float.infinity

  package init() {}

  /// The least and the greatest finite element; zero alone before there is any.
  package var range: ClosedRange<Float> { elementCount > 0 ? minimum...maximum : 0...0 }

  /// Records the tensor of one input. Counts and range are those of all elements, however they are cut
  /// into calls.
  package mutating func record(_ elements: UnsafeBufferPointer<Float>) {
    var finiteCount = 0
    for element in elements where element.isFinite {
      minimum = min(minimum, element)
      maximum = max(maximum, element)
      finiteCount += 1
    }
    elementCount += finiteCount
    nonFiniteCount += elements.count - finiteCount
    let range = self.range
    histogram.reach(max(abs(range.lowerBound), abs(range.upperBound)))
    histogram.count(elements)
    energyWeights.record(elements)
  }
}
