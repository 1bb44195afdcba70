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
