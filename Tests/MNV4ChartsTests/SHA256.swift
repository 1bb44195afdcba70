/// FIPS 180-4, 6.2. The constants are the fractional parts of roots of the first primes.
func sha256(_ message: [UInt8]) -> [UInt8] {
  let primes = (2...311).filter { number in !(2..<number).contains { number % $0 == 0 } }
  let constants = primes.prefix(64).map { rootFraction($0, power: 3) }
  var state = primes.prefix(8).map { rootFraction($0, power: 2) }
  var padded = message + [0x80]
  while padded.count % 64 != 56 { padded.append(0) }
  let bitCount = UInt64(message.count) * 8
  padded += (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> (56 - 8 * $0)) }
  for start in stride(from: 0, to: padded.count, by: 64) {
    var words = (0..<16).map { index in
      (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(padded[start + 4 * index + $1]) }
    }
    for index in 16..<64 {
      let early = words[index - 15]
      let late = words[index - 2]
      let first = rotated(early, 7) ^ rotated(early, 18) ^ (early >> 3)
      let second = rotated(late, 17) ^ rotated(late, 19) ^ (late >> 10)
      words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
    }
    var s = state
    for index in 0..<64 {
      let choice = (s[4] & s[5]) ^ (~s[4] & s[6])
      let mix = rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25)
      let first = s[7] &+ mix &+ choice &+ constants[index] &+ words[index]
      let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])
      let second = (rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22)) &+ majority
      s = [first &+ second, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6]]
    }
    state = zip(state, s).map { $0 &+ $1 }
  }
  return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
}

private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
  word >> count | word << (32 - count)
}

/// The first 32 bits after the point of the square or cube root of a number: the largest x with
/// xᵖ ≤ n · 2³²ᵖ, less its whole part.
private func rootFraction(_ number: Int, power: Int) -> UInt32 {
  let target = UInt128(number) << UInt128(32 * power)
  var root = UInt128(0)
  for bit in (0..<37).reversed() {
    let candidate = root | UInt128(1) << UInt128(bit)
    let value = (1..<power).reduce(candidate) { product, _ in product * candidate }
    if value <= target { root = candidate }
  }
  return UInt32(truncatingIfNeeded: root)
}
