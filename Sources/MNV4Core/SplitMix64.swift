/// Pseudo-random numbers, the same from the same state everywhere (Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators", 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// 0 to 1, 1 excluded, in steps of 2⁻²⁴.
  package mutating func nextFloat() -> Float { Float(next() >> 40) * 0x1p-24 }
}

extension SplitMix64 {
  /// `count` different integers of `0..<total`, ascending; all of them where there are no more.
  /// Selection sampling (Knuth, The Art of Computer Programming, volume 2, section 3.4.2,
  /// algorithm S).
  package mutating func ascendingSample(of count: Int, from total: Int) -> [Int] {
    guard count < total else { return Array(0..<max(total, 0)) }
    var chosen: [Int] = []
    chosen.reserveCapacity(count)
    for candidate in 0..<total where chosen.count < count {
      let isTaken =
        UInt64(total - candidate).multipliedFullWidth(by: next()).high
        < UInt64(count - chosen.count)
      if isTaken { chosen.append(candidate) }
    }
    return chosen
  }
}
