internal import MNV4Core
internal import MNV4Graph

/// What a plan needs of memory, known before anything of it is taken.
package struct PlanMemory: Hashable, Sendable {
  /// All activations of a session.
  package var arenaByteCount: Int
  /// The output that a session hands out.
  package var outputByteCount: Int
  /// Packed weights, held once for all sessions.
  package var sharedByteCount: Int
  /// What a session's backends hold besides.
  package var sessionByteCount: Int
  /// What each thread of a session works on besides.
  package var threadByteCount: Int

  /// What the backends hold for a session of so many threads.
  func backendByteCount(threadCount: Int) -> Int {
    saturatingSum(sessionByteCount, saturatingProduct(threadByteCount, threadCount))
  }

  /// With one session of so many threads.
  package func totalByteCount(threadCount: Int) -> Int {
    saturatingSum(
      arenaByteCount, outputByteCount, sharedByteCount,
      backendByteCount(threadCount: threadCount))
  }

  /// - Throws: `outOfResources` where the total, with one session of so many threads, is above
  ///   `limit`.
  func check(limit: Int, threadCount: Int) throws(MNV4Error) {
    let total = totalByteCount(threadCount: threadCount)
    guard total <= limit else {
      throw MNV4Error(
        .outOfResources,
        "memory: expected at most \(limit.byteText), the plan needs \(total.byteText)")
    }
  }
}
