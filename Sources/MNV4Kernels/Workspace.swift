import MNV4Core
import MNV4Graph

/// Memory for what a part of a step works on, shared by all steps of a session: one slot a thread, which stays in
/// the cache of its core.
struct Workspace {
  /// Problems whose parts would need more are left to kernels that need none.
  static let maximumSlotByteCount = 1 << 22

  /// Bytes of a slot.
  let slotByteCount: Int
  let buffer: AlignedBuffer

  /// - Parameter byteCount: what the neediest part of a step asks for.
  init(byteCount: Int, threadCount: Int) throws(BackendError) {
    slotByteCount = byteCount.roundedUp(to: AlignedBuffer.alignment)
    buffer = try allocate(
      count: saturatingProduct(slotByteCount, threadCount), of: UInt8.self)
  }

  /// The slot of one thread of the session's pool: on a 64-byte boundary, of any contents.
  func slot(_ thread: Int) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(buffer.pointer(at: thread &* slotByteCount, as: UInt8.self))
  }
}
