/// What a backend needs of memory for some steps, known before anything is packed. Estimates lean
/// upwards; sums and products that no integer holds are `Int.max`.
package struct BackendMemory: Hashable, Sendable {
  /// Bytes held once for all sessions.
  package var sharedByteCount: Int
  /// Bytes that each session holds besides: copies that a library insists on, tables, scratch.
  package var sessionByteCount: Int
  /// Bytes that each thread of a session works on besides.
  package var threadByteCount: Int

  package static let none = BackendMemory()

  package init(sharedByteCount: Int = 0, sessionByteCount: Int = 0, threadByteCount: Int = 0) {
    self.sharedByteCount = sharedByteCount
    self.sessionByteCount = sessionByteCount
    self.threadByteCount = threadByteCount
  }

  package static func + (first: BackendMemory, second: BackendMemory) -> BackendMemory {
    BackendMemory(
      sharedByteCount: saturatingSum(first.sharedByteCount, second.sharedByteCount),
      sessionByteCount: saturatingSum(first.sessionByteCount, second.sessionByteCount),
      threadByteCount: saturatingSum(first.threadByteCount, second.threadByteCount))
  }
}

/// The sum of counts of 0 and more, at most `Int.max`.
package func saturatingSum(_ terms: Int...) -> Int {
  terms.reduce(0) { total, term in
    let (sum, overflow) = total.addingReportingOverflow(term)
    return overflow ? .max : sum
  }
}

/// The product of counts of 0 and more, at most `Int.max`.
package func saturatingProduct(_ factors: Int...) -> Int {
  factors.reduce(1) { total, factor in
    let (product, overflow) = total.multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
