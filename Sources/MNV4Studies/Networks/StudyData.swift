import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Imaging
import MNV4Quantization

/// Labelled pictures: `train` to calibrate on and `test` to classify, each with a folder a class.
///
/// Folders are read once for all networks with the same classes.
final class StudyData {
  /// Which pictures, in which classes.
  private struct Key: Hashable {
    let part: String
    let labels: [String]
    let classCount: Int
  }

  private let folder: String
  private let testLimit: Int?
  private let calibrationCount: Int
  private var known: [Key: [LabelledPictures.Picture]] = [:]

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

  /// The pictures of a part, as many as the limit where there is one, drawn with a fixed seed.
  private func pictures(
    _ part: String, for model: Model, limit: Int?, seed: UInt64
  ) throws(CommandFailure) -> [LabelledPictures.Picture] {
    let key = Key(part: part, labels: model.labels, classCount: model.outputShape.last ?? 0)
    if let pictures = known[key] { return pictures }
    let all = try LabelledPictures(
      directory: "\(folder)/\(part)", labels: nil, labelOffset: 0, model: model
    ).pictures
    var random = SplitMix64(state: seed)
    let chosen = random.ascendingSample(of: limit ?? all.count, from: all.count).map { all[$0] }
    known[key] = chosen
    return chosen
  }

  /// Pictures of `train`.
  func calibrationInputs(for model: Model) throws -> CalibrationInputs {
    let chosen = try pictures("train", for: model, limit: calibrationCount, seed: 1)
    return try CalibrationInputs(pictures: chosen.map(\.path), for: model)
  }

  /// The pictures of `test`.
  func testPictures(for model: Model) throws(CommandFailure) -> [LabelledPictures.Picture] {
    try pictures("test", for: model, limit: testLimit, seed: 2)
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
