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

  /// Numbers of one bin.
  struct Bin {
    /// The middle.
    var value: Double
    var width: Double
    var weight: Double
  }

  /// Bins with a weight, in no particular order.
  var occupied: [Bin] {
    var result: [Bin] = []
    for (octave, start) in starts.enumerated() where start >= 0 {
      for bin in 0..<Self.binsInOctave where bins[start + bin] > 0 {
        let sign = octave >> (31 - Self.octaveBits) == 0 ? 1.0 : -1
        let exponent = octave & (1 << (31 - Self.octaveBits) - 1)
        let bits = UInt32(exponent) << Self.octaveBits | UInt32(bin) << Self.binBits
        let low = Double(Float(bitPattern: bits))
        let width = 2 * (Double(Float(bitPattern: bits | 1 << (Self.binBits - 1))) - low)
        result.append(
          Bin(value: sign * (low + width / 2), width: width, weight: bins[start + bin]))
      }
    }
    return result
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
