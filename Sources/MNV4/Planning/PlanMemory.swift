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

  /// With one session.
  package var totalByteCount: Int {
    saturatingSum(arenaByteCount, outputByteCount, sharedByteCount, sessionByteCount)
  }

  /// - Throws: `outOfResources` where the total is above `limit`.
  func check(limit: Int) throws(MNV4Error) {
    guard totalByteCount <= limit else {
      throw MNV4Error(
        .outOfResources,
        "memory: expected at most \(limit.byteText), the plan needs \(totalByteCount.byteText)")
    }
  }
}
