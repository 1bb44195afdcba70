import MNV4Core
import Testing

@testable import MNV4Quantization

@Suite struct CalibratorTests {
  private static let all: [Calibrator] = [.minmax, .percentile(99.99), .entropy, .mse]

  @Test(arguments: all) func zerosAlone(_ calibrator: Calibrator) throws {
    let grid = calibrator.grid(of: observer(of: [0, 0, 0, -0.0]))
    #expect(grid.scale == 1)
    #expect(grid.zeroPoint == 0)
    _ = try grid.parameters(for: Shape([1, 2]))
  }

  /// What a ReLU makes starts at zero, which is then the lowest integer.
  @Test(arguments: all) func nonNegative(_ calibrator: Calibrator) {
    let range = calibrator.range(of: observer(of: normal(20_000).map { max($0, 0) }))
    #expect(range.lowerBound == 0)
    #expect(range.upperBound > 2)
    #expect(Int8Grid(spanning: range).zeroPoint == -128)
  }

  /// One side of zero widens to it.
  @Test(arguments: all) func zeroIsInside(_ calibrator: Calibrator) {
    let above = calibrator.range(of: observer(of: uniform(5000).map { 3 + $0 }))
    #expect(above.lowerBound == 0)
    #expect(above.upperBound > 3.5)
    let below = calibrator.range(of: observer(of: uniform(5000).map { -3 + $0 }))
    #expect(below.upperBound == 0)
    #expect(below.lowerBound < -3.5)
  }

  @Test func minmaxIsExact() {
    #expect(Calibrator.minmax.range(of: observer(of: [0.1, -0.7, 2.3])) == -0.7...2.3)
  }

  /// Of 0 … 9,999 the 99.9th percentile takes ten away at each end.
  @Test func percentile() {
    let observer = observer(of: (0..<10_000).map { Float($0) - 5000 })
    let width = Float(observer.histogram.binWidth)
    let range = Calibrator.percentile(99.9).range(of: observer)
    #expect(abs(range.lowerBound + 4990) <= width)
    #expect(abs(range.upperBound - 4989) <= width)
    #expect(Calibrator.percentile(100).range(of: observer) == -5000...4999)
  }

  /// Even numbers over the whole range leave nothing to clip.
  @Test(arguments: [Calibrator.entropy, .mse]) func keepsAnEvenDistribution(
    _ calibrator: Calibrator
  ) {
    let range = calibrator.range(of: observer(of: (0...40_000).map { Float($0) / 20_000 - 1 }))
    #expect(range.lowerBound < -0.96)
    #expect(range.upperBound > 0.96)
  }

  /// Few outliers at ten times the deviation of the rest are not worth the steps they cost.
  @Test(arguments: [Calibrator.entropy, .percentile(99.9)])
  func clipsOutliers(_ calibrator: Calibrator) {
    let range = calibrator.range(of: observer(of: normal(50_000) + [40, -40]))
    #expect(range.upperBound < 20)
    #expect(range.lowerBound > -20)
    #expect(range.upperBound > 2)
    #expect(range.lowerBound < -2)
  }

  /// Two elements at fifteen deviations are worth their steps to a hundred others of their input, not to
  /// 600,000.
  @Test(arguments: [(100, false), (600_000, true)])
  func mseClipsWhereItPays(count: Int, isClipped: Bool) {
    let elements = normal(min(count, 20_000))
    let all = [[15, -15]] + [[Float]](repeating: elements, count: count / elements.count)
    let observer = observer(of: all.flatMap { $0 })
    let range = Calibrator.mse.range(of: observer)
    #expect((range.upperBound < 8) == isClipped)
    #expect((range.lowerBound > -8) == isClipped)
    #expect(range.upperBound > 3.5)
    #expect(range.lowerBound < -3.5)
  }

  /// An input whose elements are far larger than those of all others, or where one is, sets no range.
  @Test(arguments: [1, 40, 400, 10_000])
  func anInputThatStandsOutIsOneOfMany(factor: Float) {
    for outlier in [normal(300).map { $0 * factor }, normal(299) + [3 * factor]] {
      var observer = observer(of: outlier)
      let usual = normal(300)
      for _ in 0..<500 { usual.withUnsafeBufferPointer { observer.record($0) } }
      let range = Calibrator.mse.range(of: observer)
      #expect((2...16).contains(range.upperBound), "\(range)")
      #expect((-16 ... -2).contains(range.lowerBound), "\(range)")
    }
  }

  /// A ReLU6's output has much of its mass at both ends, neither of which may be clipped away.
  @Test(arguments: all) func keepsTheEndsOfReLU6(_ calibrator: Calibrator) {
    let elements = normal(50_000).map { min(max($0 * 6, 0), 6) }
    let range = calibrator.range(of: observer(of: elements))
    #expect(range.lowerBound == 0)
    #expect(abs(range.upperBound - 6) < 0.15)
  }

  /// The range found is at least as good, over the elements themselves, as the whole one, and as any
  /// symmetric shortening of it.
  @Test(arguments: [normal(20_000), normal(20_000).map { $0 * $0 * $0 }])
  func mseIsLeast(_ elements: [Float]) {
    func error(_ range: ClosedRange<Float>) -> Double {
      let grid = Int8Grid(spanning: range)
      return elements.reduce(0) { sum, element in
        let difference = grid.real(of: grid.integer(of: Double(element))) - Double(element)
        return sum + difference * difference
      }
    }
    let observer = observer(of: elements)
    let found = error(Calibrator.mse.range(of: observer))
    for part in stride(from: Float(1), to: 0.2, by: -0.1) {
      let whole = observer.range
      // Bins are not the elements: a per cent of slack.
      #expect(found <= error(whole.lowerBound * part...whole.upperBound * part) * 1.01)
    }
  }
}

@Suite struct Int8GridTests {
  @Test(arguments: [
    (-128.0, 127.0, 0), (0, 6, -128), (-6, 0, 127), (-1, 3, -64), (2, 6, -128), (-6, -2, 127),
  ])
  func spans(_ low: Double, _ high: Double, _ zeroPoint: Int32) {
    let grid = Int8Grid(spanning: Float(low)...Float(high))
    #expect(grid.zeroPoint == zeroPoint)
    #expect(abs(Double(grid.scale) - (max(high, 0) - min(low, 0)) / 255) < 1e-6)
    #expect(grid.real(of: Int8(grid.zeroPoint)) == 0)
    #expect(abs(grid.real(of: 127) - max(high, 0)) <= Double(grid.scale) / 2 + 1e-6)
    #expect(abs(grid.real(of: -128) - min(low, 0)) <= Double(grid.scale) / 2 + 1e-6)
  }

  @Test(arguments: [
    -Float.greatestFiniteMagnitude...Float.greatestFiniteMagnitude,
    0...Float.leastNonzeroMagnitude, -Float.leastNormalMagnitude...0,
  ])
  func scaleIsAlwaysUsable(_ range: ClosedRange<Float>) throws {
    let grid = Int8Grid(spanning: range)
    #expect(grid.scale.isNormal && grid.scale > 0)
    _ = try grid.parameters(for: Shape([3]))
  }

  @Test func rounding() {
    let grid = Int8Grid(spanning: 0...255)
    #expect(grid.scale == 1)
    #expect(
      [0.5, 1.5, 2.5, -3, 300].map { grid.integer(of: $0) } == [-128, -126, -126, -128, 127])
    #expect(grid.integer(of: .nan) == -128)
  }
}
