import Foundation
import Testing

/// `mnv4-convert --tag`, and the tags of `--describe`.
@Suite struct TagTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(try Self.checkpoint.get(), to: "w.safetensors")
  }

  private static let checkpoint = Result { try Checkpoint.mobileNetV4(classCount: 3) }

  /// The arguments that name the network: its name, or nothing where the tensors tell.
  static let namings = [["--arch", "mobilenetv4_conv_small"], []]

  private func convert(_ arguments: [String]) throws -> CommandResult {
    try Command.convert([folder("w.safetensors"), "-o", folder("m.mnv4")] + arguments)
  }

  /// The rows of `--describe` up to the layers: key and value.
  private func described() throws -> [String: String] {
    let result = try Command.convert("--describe", folder("m.mnv4"))
    #expect(result.status == 0, "\(result.errors)")
    let rows = result.outputLines.prefix { !$0.hasPrefix("layer ") }.map { line in
      let key = line.prefix { $0 != " " }
      return (String(key), String(line.dropFirst(key.count).drop { $0 == " " }))
    }
    return Dictionary(rows, uniquingKeysWith: { first, _ in first })
  }

  @Test(arguments: namings) func tagGivesPreprocessingAndSize(_ naming: [String]) throws {
    let result = try convert(naming + ["--tag", "e3600_r256_in1k"])
    #expect(result.status == 0, "\(result.errors)")
    let rows = try described()
    #expect(rows["input"] == "float32 1×256×256×3")
    #expect(rows["output"] == "float32 1×3")
    #expect(rows["resize"]?.hasPrefix("shorter side to input / 0.95 (bicubic") == true)
    #expect(rows["mean"] == "0.5, 0.5, 0.5")
    #expect(rows["deviation"] == "0.5, 0.5, 0.5")
    #expect(rows["architecture"] == "mobilenetv4_conv_small")
    #expect(rows["tag"] == "e3600_r256_in1k")
  }

  @Test func optionsReplaceWhatTheTagSays() throws {
    let result = try convert([
      "--tag", "e3600_r256_in1k", "--input-size", "64", "--crop-fraction", "1", "--std", "1,1,1",
      "--note", "tag=mine",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let rows = try described()
    #expect(rows["input"] == "float32 1×64×64×3")
    #expect(rows["resize"]?.hasPrefix("shorter side to input / 1.0 (bicubic") == true)
    #expect(rows["mean"] == "0.5, 0.5, 0.5")
    #expect(rows["deviation"] == "1.0, 1.0, 1.0")
    #expect(rows["tag"] == "mine")
  }

  @Test func withoutATagThereIsNoNote() throws {
    #expect(try convert(["--input-size", "32"]).status == 0)
    let rows = try described()
    #expect(rows["tag"] == nil)
    #expect(rows["mean"] == "0.485, 0.456, 0.406")
  }

  @Test(arguments: namings) func unknownTagIsWrongUsage(_ naming: [String]) throws {
    let result = try convert(naming + ["--tag", "e2400_r244_in1k"])
    #expect(result.status == 64, "\(result.errors)")
    // The message may be broken into lines.
    let words = result.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(
      words.contains(
        "--tag: expected one of e2400_r224_in1k, e1200_r224_in1k, e3600_r256_in1k "
          + "(mobilenetv4_conv_small), found 'e2400_r244_in1k'. "
          + "Did you mean 'e2400_r224_in1k'?"), "\(words)")
    #expect(try folder.contents == ["w.safetensors"])
  }

  @Test func tagOfANetworkWithoutAnyIsWrongUsage() throws {
    let result = try convert(["--arch", "ghostnet_130", "--tag", "in1k"])
    #expect(result.status == 64, "\(result.errors)")
    #expect(result.errors.contains("--tag: ghostnet_130 has no tags, found 'in1k'."))
  }

  @Test func tagsOfANetworkAreDescribed() throws {
    let result = try Command.convert("--describe", "mobilenetv4_conv_small")
    #expect(result.status == 0)
    let start = try #require(result.outputLines.firstIndex { $0.hasPrefix("tag ") })
    let rows = result.outputLines[start...].prefix { !$0.hasPrefix("layer ") }.map { line in
      line.split(separator: " ").map(String.init)
    }
    #expect(
      rows.dropFirst().map(\.first) == ["e2400_r224_in1k", "e1200_r224_in1k", "e3600_r256_in1k"])
    #expect(
      rows.last == [
        "e3600_r256_in1k", "256×256", "0.95", "320×320", "1.0", "bicubic", "0.5,", "0.5,", "0.5",
        "0.5,", "0.5,", "0.5", "1,000",
      ])
  }

  @Test func networkWithoutTagsIsDescribed() throws {
    let result = try Command.convert("--describe", "ghostnet_130")
    #expect(result.status == 0)
    #expect(!result.outputLines.contains { $0.hasPrefix("tag ") })
  }
}
