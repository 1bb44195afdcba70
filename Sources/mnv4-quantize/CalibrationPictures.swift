import MNV4CommandSupport
import MNV4Core

/// The pictures of a folder and of those below it.
struct CalibrationPictures {
  let paths: [String]

  private static let countLimit = 1_000_000

  /// - Parameter limit: the most pictures to take; where there are more, `seed` draws them.
  init(below directory: String, limit: Int, seed: UInt64) throws(CommandFailure) {
    var found: [String] = []
    var visited: Set<FileIdentity> = []
    try Self.collect(directory, &visited, into: &found)
    guard !found.isEmpty else {
      throw CommandFailure("\(directory): expected JPEG or PNG pictures, found none")
    }
    var random = SplitMix64(state: seed)
    paths = random.ascendingSample(of: limit, from: found.count).map { found[$0] }
  }

  /// A folder that symbolic links lead to again is looked into once.
  private static func collect(
    _ directory: String, _ visited: inout Set<FileIdentity>, into found: inout [String]
  ) throws(CommandFailure) {
    if let identity = FileIdentity(directory), !visited.insert(identity).inserted { return }
    let entries: [FolderEntry]
    do { entries = try FolderEntry.list(directory) } catch {
      throw CommandFailure(file: directory, error)
    }
    for entry in entries where !entry.name.hasPrefix(".") {
      let path = "\(directory)/\(entry.name)"
      if entry.isFolder {
        try collect(path, &visited, into: &found)
      } else if PictureName.isPicture(entry.name) {
        guard found.count < countLimit else {
          throw CommandFailure("\(directory): expected at most \(countLimit) pictures in all")
        }
        found.append(path)
      }
    }
  }
}
