package import MNV4Charts

/// What a study found: statements, numbers and charts, without a layout.
package struct StudyDocument: Sendable {
  /// As the command calls it: `identity-multiplier`.
  package var name: String
  package var title: String
  /// What is asked, in a sentence or two.
  package var question: String
  package var machine: Machine
  /// How it was measured, in the order of being shown.
  package var settings: [(name: String, value: String)]
  /// What the numbers say, a sentence or two each.
  package var findings: [String] = []
  /// What a reader has to know of: files that are absent, numbers that were not measured.
  package var remarks: [String] = []
  package var tables: [StudyTable] = []
  /// For the page.
  package var charts: [Markup] = []

  package init(
    name: String, title: String, question: String, machine: Machine,
    settings: [(name: String, value: String)]
  ) {
    self.name = name
    self.title = title
    self.question = question
    self.machine = machine
    self.settings = settings
  }
}
