import ArgumentParser
import MNV4
import MNV4CommandSupport
import MNV4Quantization

/// Labelled pictures that accuracy is measured on.
struct TestArguments: ParsableArguments {
  @OptionGroup var labelled: LabelledPicturesArguments

  @Option(
    help: ArgumentHelp(
      "With --validate: keep as few layers in float32 as it takes to lose at most so many "
        + "percentage points of accuracy, and print what each costs in time.",
      valueName: "points"))
  var maxDrop: Double?

  func validate() throws {
    guard let maxDrop else { return }
    guard labelled.directory != nil else {
      throw ValidationError("--max-drop goes with --validate.")
    }
    guard (0...100).contains(maxDrop) else {
      throw ValidationError("--max-drop: expected 0 to 100, found \(maxDrop).")
    }
  }

  /// Nil where no pictures are given.
  func accuracyTest(of model: Model, options: SessionOptions) throws -> AccuracyTest? {
    guard let pictures = try labelled.pictures(for: model)?.pictures else { return nil }
    return try AccuracyTest(
      pictures: pictures.map(\.path), classes: pictures.map(\.classIndex), options: options)
  }
}
