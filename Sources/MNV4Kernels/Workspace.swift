import MNV4Core
import MNV4Graph
import Synchronization

/// Memory for what a part of a step works on, shared by all steps of a session: one slot a thread.
///
/// `@unchecked Sendable`: a slot's bytes belong to the part that has set its flag, until it clears
/// it; flags are atomic.
final class Workspace: @unchecked Sendable {
  /// Problems whose parts would need more are left to kernels that need none.
  static let maximumSlotByteCount = 1 << 22

  /// Bytes of a slot.
  let slotByteCount: Int
  private let slotCount: Int
  private let buffer: AlignedBuffer
  private let isTaken: UnsafeMutablePointer<Atomic<Bool>>

  /// - Parameter byteCount: what the neediest part of a step asks for.
  init(byteCount: Int, threadCount: Int) throws(BackendError) {
    slotByteCount = byteCount.roundedUp(to: AlignedBuffer.alignment)
    slotCount = threadCount
    buffer = try allocate(
      count: saturatingProduct(slotByteCount, threadCount), of: UInt8.self)
    isTaken = .allocate(capacity: threadCount)
    for slot in 0..<threadCount { (isTaken + slot).initialize(to: Atomic(false)) }
  }

  deinit {
    isTaken.deinitialize(count: slotCount)
    isTaken.deallocate()
  }

  /// Calls `body` with a slot that no other part uses until it returns: on a 64-byte boundary, of
  /// any contents. There is always one, as no more parts run than there are threads.
  @inline(__always)
  func withSlot(_ body: (UnsafeMutableRawPointer) -> Void) {
    var slot = 0
    while !take(slot) { slot = slot &+ 1 == slotCount ? 0 : slot &+ 1 }
    body(UnsafeMutableRawPointer(buffer.pointer(at: slot &* slotByteCount, as: UInt8.self)))
    isTaken[slot].store(false, ordering: .releasing)
  }

  private func take(_ slot: Int) -> Bool {
    isTaken[slot].compareExchange(
      expected: false, desired: true, successOrdering: .acquiring, failureOrdering: .relaxed
    ).exchanged
  }
}
