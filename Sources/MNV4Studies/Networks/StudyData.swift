import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Imaging
import MNV4Quantization

/// Labelled pictures: `train` to calibrate on and `test` to classify, each with a folder a class.
struct StudyData {
  private let folder: String
  private let testLimit: Int?
  private let calibrationCount: Int

  /// Nil where the options name no folder.
  ///
  /// - Throws: where it has no `train` and `test`.
  init?(_ options: StudyOptions) throws(CommandFailure) {
    guard let folder = options.dataFolder else { return nil }
    self.folder = folder
    testLimit = options.testLimit
    calibrationCount = options.calibrationCount
    for part in ["train", "test"] {
      do { _ = try FolderEntry.list("\(folder)/\(part)") } catch {
        throw CommandFailure(file: "\(folder)/\(part)", error)
      }
    }
  }

  /// Pictures of `train`, drawn with a fixed seed.
  func calibrationInputs(for model: Model) throws -> CalibrationInputs {
    let pictures = try LabelledPictures(
      directory: "\(folder)/train", labels: nil, labelOffset: 0, model: model
    ).pictures
    var random = SplitMix64(state: 1)
    let chosen = random.ascendingSample(of: calibrationCount, from: pictures.count)
    return try CalibrationInputs(pictures: chosen.map { pictures[$0].path }, for: model)
  }

  /// The pictures of `test`, all of them or as many as the limit, drawn with a fixed seed.
  func testPictures(for model: Model) throws(CommandFailure) -> [LabelledPictures.Picture] {
    let pictures = try LabelledPictures(
      directory: "\(folder)/test", labels: nil, labelOffset: 0, model: model
    ).pictures
    guard let testLimit else { return pictures }
    var random = SplitMix64(state: 2)
    return random.ascendingSample(of: testLimit, from: pictures.count).map { pictures[$0] }
  }

  /// Whether the network puts each of the test pictures into its class.
  ///
  /// - Throws: where a picture cannot be read, naming it.
  func classify(
    with model: Model, advance: @escaping @Sendable () -> Void
  ) throws -> [Bool] {
    let pictures = try testPictures(for: model)
    let outcomes = try PictureBatch(paths: pictures.map(\.path)).classify(
      with: model, options: SessionOptions(), advance: advance)
    return try zip(pictures, outcomes).map { picture, outcome in
      try outcome.get().first == picture.classIndex
    }
  }
}
