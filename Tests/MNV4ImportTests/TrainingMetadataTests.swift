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
    #expect(try training.architecture?.name == "mobilenext_050_id033")
    #expect(try training.totalStride == 16)
    #expect(try training.inputSize == 40)
    #expect(
      try training.preprocessing
        == ImagePreprocessing(
          interpolation: .bilinear, cropFraction: 1, mean: [0.5, 0.25, 0],
          standardDeviation: [1, 2, 0.5]))
    #expect(training.labels == "cat\ndog")
  }

  @Test(arguments: ["", #""format":"pt","network":"none of ours","total_stride":"7""#])
  func otherFilesSayNothing(_ metadata: String) throws {
    let training = try Self.training(metadata)
    #expect(try training.architecture == nil)
    #expect(try training.totalStride == nil)
    #expect(try training.inputSize == nil)
    #expect(try training.preprocessing == nil)
    #expect(training.labels == nil)
  }

  /// Reads all of it.
  private static func read(_ metadata: String) throws {
    let training = try training(metadata)
    _ = try training.architecture
    _ = try training.totalStride
    _ = try training.inputSize
    _ = try training.preprocessing
  }

  @Test(arguments: [
    (
      #""mnv4.network":"mobilenetv9""#,
      "network: expected a network of --list-archs, found 'mobilenetv9'"
    ),
    (#""mnv4.total_stride":"4""#, "total_stride: expected 32, 16 or 8, found '4'"),
    (#""mnv4.total_stride":"016""#, "total_stride: expected 32, 16 or 8, found '016'"),
    (#""mnv4.input_size":"7""#, "input_size: expected 8 to 4096, found '7'"),
    (
      #""mnv4.input_size":"99999999999999999999""#,
      "input_size: expected 8 to 4096, found '99999999999999999999'"
    ),
    (#""mnv4.mean":"0,0","mnv4.std":"1,1,1""#, "mean: expected three numbers, found '0,0'"),
    (#""mnv4.mean":"0,nan,0","mnv4.std":"1,1,1""#, "mean: expected three numbers, found '0,nan,0'"),
    (#""mnv4.mean":"0,0,0","mnv4.std":"1,,1""#, "std: expected three numbers, found '1,,1'"),
    (#""mnv4.mean":"0,0,0""#, "std: expected three numbers as there is mnv4.mean, found none"),
    (#""mnv4.std":"1,1,1""#, "mean: expected three numbers as there is mnv4.std, found none"),
    (
      #""mnv4.mean":"0,0,0","mnv4.std":"0,1,1""#,
      "mean, mnv4.std: expected a standard deviation from 0.000001 to 1000000, found 0.0"
    ),
    (
      #""mnv4.mean":"0,1e30,0","mnv4.std":"1,1,1""#,
      "mean, mnv4.std: expected a mean from -1000000 to 1000000, found 1e+30"
    ),
  ])
  func wrongEntriesAreNamed(_ metadata: String, _ message: String) {
    let error = #expect(throws: CheckpointError.self) { try Self.read(metadata) }
    #expect(error.map { "\($0)" } == "__metadata__: mnv4.\(message)")
  }
}
