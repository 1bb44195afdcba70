import MNV4Core
import Testing

@Suite struct Float16Tests {
  /// Every number of float16 is one of float32, and comes back as it was; NaN stays the same NaN,
  /// but quiet.
  @Test func everyPattern() {
    for bits in UInt16.min...UInt16.max {
      let widened = float32(float16: bits)
      guard !widened.isNaN else {
        #expect(bits & 0x7C00 == 0x7C00 && bits & 0x03FF != 0)
        #expect(float16Bits(nearest: widened) == bits | 0x0200)
        continue
      }
      #expect(float16Bits(nearest: widened) == bits)
    }
  }

  @Test(
    arguments: [
      (1.0, 0x3C00), (1 + 0x1p-11, 0x3C00), (1 + 0x1.8p-10, 0x3C02), (1 + 0x1.8p-11, 0x3C01),
      (65_504, 0x7BFF), (65_519, 0x7BFF), (65_520, 0x7C00), (-1e9, 0xFC00), (0x1p-24, 0x0001),
      (0x1p-25, 0x0000), (-0.0, 0x8000),
    ] as [(Float, UInt16)])
  func nearest(_ number: Float, _ bits: UInt16) {
    #expect(float16Bits(nearest: number) == bits)
  }
}
