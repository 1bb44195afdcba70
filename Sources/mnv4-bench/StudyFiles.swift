import MNV4CommandSupport
import MNV4Studies

/// The files that a study is written to.
struct StudyFiles {
  private let prefix: String

  init(prefix: String) { self.prefix = prefix }

  private func path(_ kind: String) -> String { "\(prefix).\(kind)" }

  /// Refuses a place that nothing can be written to, before anything is measured.
  func check() throws(CommandFailure) {
    for kind in ["txt", "json", "html"] { try CommandFile.checkReplaceable(path(kind)) }
  }

  func write(_ document: StudyDocument) throws(CommandFailure) {
    try write(document.text().joined(separator: "\n") + "\n", to: path("txt"))
    try CommandFile.write(try document.json(), to: path("json"))
    for table in document.tables {
      try write(table.csv, to: "\(prefix)-\(table.id).csv")
    }
    try write(document.html(), to: path("html"))
  }

  private func write(_ text: String, to path: String) throws(CommandFailure) {
    try CommandFile.write(Array(text.utf8), to: path)
  }
}
