/// What calibration learns of one tensor: its extremes and its distribution.
///
/// Memory does not grow with what is recorded. The result depends on the sequence of elements but
/// not on how it is cut into calls. Infinities and NaN are counted and otherwise left out.
package struct Observer: Sendable {
  /// Finite elements recorded.
  package private(set) var elementCount = 0
  /// Infinities and NaN met.
  package private(set) var nonFiniteCount = 0
  private(set) var histogram = Histogram()
  private var minimum = Float.infinity
  private var maximum = -Float.infinity

  package init() {}

  /// The least and the greatest finite element; zero alone before there is any.
  package var range: ClosedRange<Float> { elementCount > 0 ? minimum...maximum : 0...0 }

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
  }
}
