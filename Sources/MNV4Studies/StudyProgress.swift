/// Told what a study is at.
package struct StudyProgress: Sendable {
  /// A stage of so many parts begins.
  package var begin: @Sendable (_ stage: String, _ total: Int) -> Void
  /// One more part is done; called from any thread.
  package var advance: @Sendable () -> Void

  package init(
    begin: @escaping @Sendable (_ stage: String, _ total: Int) -> Void,
    advance: @escaping @Sendable () -> Void
  ) {
    self.begin = begin
    self.advance = advance
  }

  /// Tells nobody.
  package static let silent = StudyProgress(begin: { _, _ in }, advance: {})
}
