import ArgumentParser
import MNV4
import MNV4CommandSupport
import MNV4Quantization

/// Labelled pictures that accuracy is measured on.
struct TestArguments: ParsableArguments {
  @Option(
    name: .customLong("validate"),
    help: ArgumentHelp(
      "Compare the accuracy of both networks on the pictures of a folder that has a folder a class, "
        + "or on those that --labels lists.", valueName: "dir"))
  var directory: String?

  @Option(
    help: ArgumentHelp(
      "With --validate: a CSV file of file,class_index, which may be its first line.",
      valueName: "file.csv"))
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "With --labels: added to each class_index, such as 1 for a network whose first class is "
        + "background.", valueName: "n"))
  var labelOffset = 0

  @Option(
    help: ArgumentHelp(
      "With --validate: keep as few layers in float32 as it takes to lose at most so many "
        + "percentage points of accuracy, and print what each costs in time.",
      valueName: "points"))
  var maxDrop: Double?

  func validate() throws {
    guard labels == nil || directory != nil else {
      throw ValidationError("--labels goes with --validate.")
    }
    guard labelOffset == 0 || labels != nil else {
      throw ValidationError("--label-offset goes with --labels.")
    }
    guard let maxDrop else { return }
    guard directory != nil else { throw ValidationError("--max-drop goes with --validate.") }
    guard (0...100).contains(maxDrop) else {
      throw ValidationError("--max-drop: expected 0 to 100, found \(maxDrop).")
    }
  }

  /// Nil where no pictures are given.
  func accuracyTest(of model: Model, options: SessionOptions) throws -> AccuracyTest? {
    guard let directory else { return nil }
    let pictures = try LabelledPictures(
      directory: directory, labels: labels, labelOffset: labelOffset, model: model
    ).pictures
    return try AccuracyTest(
      pictures: pictures.map(\.path), classes: pictures.map(\.classIndex), options: options)
  }
}
