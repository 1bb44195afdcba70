import MNV4Core
import MNV4Graph
import MNV4Import
import MNV4Zoo
import Testing

/// What a checkpoint says about its training.
@Suite struct TrainingMetadataTests {
  private static func training(_ metadata: String) throws -> TrainingMetadata {
    try Samples.checkpoint(Samples.file(#"{"__metadata__":{\#(metadata)}}"#)).training
  }

  @Test func everyEntryIsRead() throws {
    let training = try Self.training(
      #""format":"pt","mnv4.network":"mobilenext_050_id033","mnv4.total_stride":"16","#
        + #""mnv4.input_size":"40","mnv4.mean":"0.5,0.25,0","mnv4.std":"1,2,0.5","#
        + #""mnv4.labels":"cat\ndog","mnv4.later":"anything""#)
    #expect(training.architecture?.name == "mobilenext_050_id033")
    #expect(training.totalStride == 16)
    #expect(training.inputSize == 40)
    #expect(
      training.preprocessing
        == (try ImagePreprocessing(
          interpolation: .bilinear, cropFraction: 1, mean: [0.5, 0.25, 0],
          standardDeviation: [1, 2, 0.5])))
    #expect(training.labels == "cat\ndog")
  }

  @Test(arguments: ["", #""format":"pt","network":"none of ours","total_stride":"7""#])
  func otherFilesSayNothing(_ metadata: String) throws {
    let training = try Self.training(metadata)
    #expect(training.architecture == nil && training.totalStride == nil)
    #expect(training.inputSize == nil && training.preprocessing == nil && training.labels == nil)
  }

  @Test(arguments: [
    ("network", "mobilenetv9", "expected a network of --list-archs"),
    ("total_stride", "4", "expected 32, 16 or 8"),
    ("total_stride", "016", "expected 32, 16 or 8"),
    ("input_size", "0", "expected a number of pixels"),
    ("input_size", "99999999999999999999", "expected a number of pixels"),
    ("mean", "0.5,0.5", "expected three numbers"),
    ("mean", "0.5,nan,0.5", "expected three numbers"),
    ("std", "1,,1", "expected three numbers"),
  ])
  func wrongEntriesAreNamed(_ key: String, _ value: String, _ expected: String) {
    let error = #expect(throws: CheckpointError.self) {
      try Self.training(#""mnv4.\#(key)":"\#(value)""#)
    }
    let text = error.map { "\($0)" }
    #expect(text == "__metadata__: mnv4.\(key): \(expected), found '\(value)'")
  }

  @Test(arguments: ["0,1,1", "-1,1,1"])
  func deviationsAreAboveZero(_ deviations: String) {
    let error = #expect(throws: CheckpointError.self) {
      try Self.training(#""mnv4.mean":"0,0,0","mnv4.std":"\#(deviations)""#)
    }
    #expect(error.map { "\($0)" }?.contains("expected a standard deviation from") == true)
  }
}
