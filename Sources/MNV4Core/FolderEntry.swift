#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A name in a folder.
package struct FolderEntry: Hashable, Sendable {
  package let name: String
  /// Whether it is, or a symbolic link leads to, a folder.
  package let isFolder: Bool

  /// What `path` holds, in the order of the names' bytes, without `.` and `..`.
  package static func list(_ path: String) throws(FileError) -> [FolderEntry] {
    guard let folder = opendir(path) else { throw .system(operation: "open", code: errno) }
    defer { closedir(folder) }
    var entries: [FolderEntry] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      var status = stat()
      let isFolder = stat("\(path)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      entries.append(FolderEntry(name: name, isFolder: isFolder))
    }
    return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}
