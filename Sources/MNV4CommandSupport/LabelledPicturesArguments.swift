package import ArgumentParser
package import MNV4

/// Which labelled pictures accuracy is measured on.
package struct LabelledPicturesArguments: ParsableArguments {
  @Option(
    name: .customLong("validate"),
    help: ArgumentHelp(
      "Measure accuracy on every picture of a folder that has a folder a class, named by label or "
        + "number, or on those that --labels lists.", valueName: "dir"))
  package var directory: String?

  @Option(
    help: ArgumentHelp(
      "With --validate: a CSV file of file,class_index, which may be its first line.",
      valueName: "file.csv"))
  package var labels: String?

  @Option(
    help: ArgumentHelp(
      "With --labels: added to each class_index, such as 1 for a network whose first class is "
        + "background (default: 0).", valueName: "n"))
  package var labelOffset: Int?

  package init() {}

  package func validate() throws {
    guard labels == nil || directory != nil else {
      throw ValidationError("--labels goes with --validate.")
    }
    guard labelOffset == nil || labels != nil else {
      throw ValidationError("--label-offset goes with --labels.")
    }
  }

  /// Nil where no folder is given.
  package func pictures(for model: Model) throws(CommandFailure) -> LabelledPictures? {
    guard let directory else { return nil }
    return try LabelledPictures(
      directory: directory, labels: labels, labelOffset: labelOffset ?? 0, model: model)
  }
}
