import MNV4Charts
import Testing

@Suite struct AxisScaleTests {
  @Test(
    arguments: [
      ([42.9, 7], 60, ["0", "10", "20", "30", "40", "50"]),
      ([120], 60, ["0", "20", "40", "60"]),
      ([0.37], .infinity, ["0", "0.1", "0.2", "0.3", "0.4"]),
      ([1443, .infinity, .nan], .infinity, ["0", "500", "1000", "1500"]),
      ([], .infinity, ["0", "1"]), ([-5], .infinity, ["0", "1"]), ([0], .infinity, ["0", "1"]),
    ] as [([Double], Double, [String])])
  func linearTicksAreRoundNumbers(_ values: [Double], _ limit: Double, _ labels: [String]) {
    let scale = AxisScale.linear(values, limit: limit)
    #expect(scale.ticks.map(\.label) == labels)
    #expect(scale.fraction(0) == 0)
    #expect(scale.fraction(scale.highest) == 1)
    #expect(scale.fraction(scale.highest / 4) == 0.25)
  }

  @Test func symmetricLogHasAPlaceForBothSigns() throws {
    let scale = AxisScale.symmetricLog([-20, 0.5, 150])
    #expect(scale.ticks.map(\.value) == [-10, -1, 0, 1, 10, 100])
    #expect(scale.ticks.map(\.label) == ["−10", nil, "0", nil, "10", "100"])
    #expect(scale.lowest < -20 && scale.highest > 150)
    // Far from zero, equal factors are equal lengths; close to it, equal differences are.
    let places = try [10.0, 20, 40].map { try #require(scale.fraction($0)) }
    #expect(abs((places[2] - places[1]) / (places[1] - places[0]) - 1) < 0.1)
    let small = try [0.0, 0.05, 0.1].map { try #require(scale.fraction($0)) }
    #expect(abs((small[2] - small[1]) / (small[1] - small[0]) - 1) < 0.1)
  }

  /// One value far out leaves room for the others.
  @Test func symmetricLogFollowsWhatIsUsual() throws {
    let scale = AxisScale.symmetricLog([-3, 2, 5, 6, 5e4, .infinity])
    #expect(scale.ticks.map(\.value) == [-1, -0.1, 0, 0.1, 1, 10, 100, 1000, 1e4])
    #expect(scale.ticks.compactMap(\.label) == ["−1", "0", "1", "100", "10000"])
    let places = try [0.0, 2, 6].map { try #require(scale.fraction($0)) }
    #expect(places[1] - places[0] > 0.1 && places[2] - places[1] > 0.04)
  }

  @Test(
    arguments: [
      [], [0], [.nan], [.infinity, -.infinity], [1e308, -1e308], [.leastNonzeroMagnitude],
      [3.4e38, -1],
      [-7], [1e-44, 1e30],
    ] as [[Double]])
  func everyNumberHasAPlaceInside(_ values: [Double]) {
    for scale in [AxisScale.linear(values), AxisScale.symmetricLog(values)] {
      #expect(scale.lowest < scale.highest)
      #expect(scale.ticks.count < 20)
      var last = 0.0
      for value in [
        -Double.infinity, -1e308, -1, -.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude, 1, 1e308,
        .infinity,
      ] {
        let place = scale.fraction(value)
        #expect(place.map { $0 >= last && $0 <= 1 } == true)
        last = place ?? last
      }
      #expect(scale.fraction(.nan) == nil)
      for tick in scale.ticks { #expect(scale.lowest...scale.highest ~= tick.value) }
    }
  }
}

@Suite struct SpanTests {
  @Test(
    arguments: [
      ([3, 4], false, 3.0, 4.0), ([0.93, 1.04], false, 0.9, 1.05), ([-3, 12], true, -5, 15),
      ([7], true, 0, 8), ([-0.5], true, -0.5, 0), ([], true, 0, 1),
    ] as [([Double], Bool, Double, Double)])
  func endsAreRound(values: [Double], includesZero: Bool, low: Double, high: Double) {
    let scale = AxisScale.span(values, includesZero: includesZero)
    #expect(abs(scale.lowest - low) < 1e-9 && abs(scale.highest - high) < 1e-9)
  }

  @Test(arguments: [
    [1e300, -1e300], [5, 5], [0, 0], [.nan, 2], [.infinity, 1], [1e15, 1e15 + 1], [1e-300, 2e-300],
  ])
  func noNumbersBreakIt(_ values: [Double]) {
    for includesZero in [false, true] {
      let scale = AxisScale.span(values, includesZero: includesZero)
      #expect(scale.lowest < scale.highest)
      #expect(scale.ticks.count >= 2 && scale.ticks.count < 20)
      #expect(scale.fraction(1).map { (0...1).contains($0) } == true)
    }
  }
}
