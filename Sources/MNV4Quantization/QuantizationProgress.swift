/// Told what the quantizer is at; called from the thread that runs it.
public struct QuantizationProgress: Sendable {
  /// A stage of so many parts begins.
  public var begin: @Sendable (_ stage: String, _ total: Int) -> Void
  /// One more part is done.
  public var advance: @Sendable () -> Void

  public init(
    begin: @escaping @Sendable (_ stage: String, _ total: Int) -> Void,
    advance: @escaping @Sendable () -> Void
  ) {
    self.begin = begin
    self.advance = advance
  }
}
