/// Which files are taken for pictures.
package enum PictureName {
  private static let extensions: Set<String> = ["jpg", "jpeg", "jpe", "png"]

  /// By the end of the name; hidden files are none.
  package static func isPicture(_ name: String) -> Bool {
    guard !name.hasPrefix("."), let dot = name.lastIndex(of: ".") else { return false }
    return extensions.contains(name[name.index(after: dot)...].lowercased())
  }
}
