/// What went wrong, in one type for everything this library throws.
///
/// `description` is a sentence for a person: it names the file, what was expected and what was found.
public struct MNV4Error: Error, Hashable, Sendable {
  /// The kind of failure, for a program to branch on.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// The file is absent, unreadable or not a regular file.
    case unreadableFile
    /// The file cannot be written; what was there before is untouched.
    case unwritableFile
    /// The model file breaks a rule of its format.
    case invalidModel
    /// The model is sound, but asks for what this build cannot run.
    case unsupportedModel
    /// The picture is damaged.
    case invalidImage
    /// The picture is sound, but of a form that is not read, or larger than the limit.
    case unsupportedImage
    /// An argument has a value that the call does not take.
    case invalidArgument
    /// The system refused memory or threads, or the plan asks for more than its limit.
    case outOfResources
  }

  public let code: Code
  /// The file at fault; nil where none is.
  public let file: String?
  /// What was expected and what was found.
  public let reason: String

  package init(_ code: Code, file: String? = nil, _ reason: String) {
    self.code = code
    self.file = file
    self.reason = reason
  }

  /// The same error, said of `file`.
  package func inFile(_ file: String) -> MNV4Error {
    MNV4Error(code, file: self.file ?? file, reason)
  }
}

extension MNV4Error: CustomStringConvertible {
  public var description: String { file.map { "\($0): \(reason)" } ?? reason }
}
