import MNV4Import
import TFLiteSamples
import Testing

/// A change of one of the whole networks, and the refusal.
struct TFLiteRule: CustomTestStringConvertible {
  let sample: TFLiteSample
  let message: String
  var testDescription: String { message }

  init(
    _ sample: TFLiteSample, _ message: String, _ change: (inout TFLiteSample) -> Void = { _ in }
  ) {
    var sample = sample
    change(&sample)
    self.sample = sample
    self.message = message
  }

  /// Whether the refusal is the one that is expected.
  func check() throws {
    let refusal = try sample.refusal()
    #expect(refusal.contains(message), "\(refusal)")
  }
}
