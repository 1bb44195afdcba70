/// Weights of finite numbers by magnitude and sign, in bins that are 1/256 of an octave wide.
///
/// Memory is taken for octaves that occur. Zeros are left out.
struct EnergyWeights: Sendable {
  static let binsInOctave = 256
  private static let binBits = 15
  private static let octaveBits = 23

  /// For each sign and exponent where its bins begin, −1 where there are none.
  private var starts = [Int](repeating: -1, count: 2 << (31 - octaveBits))
  private var bins: [Double] = []

  /// Those of the numbers above zero, and those of the numbers below it.
  var sides: [EnergyWeightsSide] { [side(isNegative: false), side(isNegative: true)] }

  private func side(isNegative: Bool) -> EnergyWeightsSide {
    let exponentCount = starts.count / 2
    var side = EnergyWeightsSide()
    for exponent in (0..<exponentCount).reversed() {
      let start = starts[isNegative ? exponentCount + exponent : exponent]
      guard start >= 0 else { continue }
      for bin in (0..<Self.binsInOctave).reversed() where bins[start + bin] > 0 {
        let low = UInt32(exponent) << Self.octaveBits | UInt32(bin) << Self.binBits
        let middle = Float(bitPattern: low | 1 << (Self.binBits - 1))
        side.append(magnitude: Double(middle), weight: bins[start + bin])
      }
    }
    return side
  }

  /// Gives each finite element the weight 1 / (the sum of the squares of all of them).
  mutating func record(_ elements: UnsafeBufferPointer<Float>) {
    var energy = 0.0
    for element in elements where element.isFinite { energy += Double(element) * Double(element) }
    guard energy > 0 else { return }
    let weight = 1 / energy
    for element in elements where element.isFinite && element != 0 {
      let octave = Int(element.bitPattern >> Self.octaveBits)
      if starts[octave] < 0 {
        starts[octave] = bins.count
        bins += [Double](repeating: 0, count: Self.binsInOctave)
      }
      let bin = Int(element.bitPattern >> Self.binBits) & (Self.binsInOctave - 1)
      bins[starts[octave] + bin] += weight
    }
  }
}
