import Foundation

/// A folder with a few pictures to calibrate on, where `mnv4-quantize` works.
struct QuantizeFolder {
  let folder: TemporaryFolder

  /// With the pictures `pictures/0.png` …
  init(pictureCount: Int = 3) throws {
    folder = try TemporaryFolder()
    try folder.makeFolder("pictures")
    for index in 0..<pictureCount {
      try folder.write(PNGFile.gradient(seed: index), to: "pictures/\(index).png")
    }
  }

  var output: String { folder("q.mnv4") }

  /// The bundled model, the pictures and the output, with the quickest calibrator.
  var arguments: [String] {
    [
      Repository.model, "--calibration", folder("pictures"), "-o", output, "--calibrator", "minmax",
    ]
  }

  func quantize(_ more: String...) throws -> CommandResult {
    try Command.quantize(arguments + more)
  }
}
