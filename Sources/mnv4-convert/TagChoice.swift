import ArgumentParser
import MNV4CommandSupport
import MNV4Core
import MNV4Graph
import MNV4Zoo

/// `--tag`: weights that timm publishes, by name.
enum TagChoice {
  /// The tag of that name of a network; any other name is wrong usage.
  static func tag(_ name: String, of architecture: Architecture) throws -> PretrainedTag {
    let tags = architecture.tags
    if let tag = tags.first(where: { $0.name == name }) { return tag }
    let names = tags.map(\.name)
    guard !names.isEmpty else {
      throw ValidationError(
        "--tag: \(architecture.name) has no tags, found '\(name)'.")
    }
    let expected = names.count == 1 ? names[0] : "one of " + names.joined(separator: ", ")
    throw ValidationError(
      "--tag: expected \(expected) (\(architecture.name)), found '\(name)'."
        + Suggestion.text(for: name, among: names))
  }

  /// The tags of a network in columns, after an empty line; nothing where it has none.
  static func lines(of architecture: Architecture) -> [String] {
    let tags = architecture.tags
    guard !tags.isEmpty else { return [] }
    var table = TextTable([
      ("tag", .leading), ("input", .trailing), ("crop", .trailing), ("larger input", .trailing),
      ("crop", .trailing), ("resize", .leading), ("mean", .leading), ("deviation", .leading),
      ("classes", .trailing),
    ])
    for tag in tags {
      let preprocessing = tag.preprocessing
      table.append([
        tag.name, square(tag.inputSize), "\(preprocessing.cropFraction)",
        tag.testInputSize.map(square) ?? "", tag.testCropFraction.map { "\($0)" } ?? "",
        "\(preprocessing.interpolation)", triple(preprocessing.mean),
        triple(preprocessing.standardDeviation), tag.classCount.groupedText,
      ])
    }
    return [""] + table.lines
  }

  private static func square(_ side: Int) -> String { "\(side)×\(side)" }

  private static func triple(_ values: [Float]) -> String {
    values.map { "\($0)" }.joined(separator: ", ")
  }
}
