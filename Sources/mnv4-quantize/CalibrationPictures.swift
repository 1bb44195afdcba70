import MNV4CommandSupport
import MNV4Core

/// The pictures of a folder and of those below it.
struct CalibrationPictures {
  let paths: [String]

  /// Folders within folders that are looked into; a symbolic link back up ends there.
  private static let depthLimit = 8
  private static let countLimit = 1_000_000

  /// - Parameter limit: the most pictures to take; where there are more, `seed` draws them.
  init(below directory: String, limit: Int, seed: UInt64) throws(CommandFailure) {
    var found: [String] = []
    try Self.collect(directory, depth: 0, into: &found)
    guard !found.isEmpty else {
      throw CommandFailure("\(directory): expected JPEG or PNG pictures, found none")
    }
    var random = SplitMix64(state: seed)
    paths = random.ascendingSample(of: limit, from: found.count).map { found[$0] }
  }

  private static func collect(
    _ directory: String, depth: Int, into found: inout [String]
  ) throws(CommandFailure) {
    let entries: [FolderEntry]
    do { entries = try FolderEntry.list(directory) } catch {
      throw CommandFailure(file: directory, error)
    }
    for entry in entries where !entry.name.hasPrefix(".") {
      let path = "\(directory)/\(entry.name)"
      if entry.isFolder {
        if depth < depthLimit { try collect(path, depth: depth + 1, into: &found) }
      } else if PictureName.isPicture(entry.name) {
        guard found.count < countLimit else {
          throw CommandFailure("\(directory): expected at most \(countLimit) pictures in all")
        }
        found.append(path)
      }
    }
  }
}
