import MNV4Core
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory between pages that nothing may touch: a kernel that reads before it, or further past its end
/// than `AlignedBuffer.padding`, ends the process.
///
/// The memory reaches to one of the two pages, by turns of its length: a multiple of 128 bytes to the
/// one before it, others to the one after.
final class GuardedPages {
  private static let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))
  /// Addresses of mappings that are to be used again, by their bytes: when the system takes one back, all
  /// processors wait.
  private static let unused = Mutex<[Int: [UInt]]>([:])
  private static let mostKeptByteCount = 1 << 18

  private let mapping: UnsafeMutableRawPointer
  private let mappedByteCount: Int
  /// On a 64-byte boundary.
  let pointer: UnsafeMutableRawPointer
  /// What may be read and written: `byteCount`, rounded up to 64, and the padding.
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) throws {
    let page = Self.pageByteCount
    let reach = (byteCount + 63) / 64 * 64 + AlignedBuffer.padding
    let inner = (reach + page - 1) / page * page
    mappedByteCount = inner + 2 * page
    mapping = try Self.take(byteCount: mappedByteCount)
    let startsAtPage = reach.isMultiple(of: 128)
    pointer = mapping + page + (startsAtPage ? 0 : inner - reach)
    bytes = UnsafeMutableRawBufferPointer(start: pointer, count: reach)
  }

  /// Whether the first bytes are these.
  func begin(with expected: [some BitwiseCopyable]) -> Bool {
    expected.withUnsafeBytes { expected in
      guard let start = expected.baseAddress else { return true }
      return expected.count <= bytes.count && memcmp(pointer, start, expected.count) == 0
    }
  }

  deinit {
    guard mappedByteCount <= Self.mostKeptByteCount else {
      munmap(mapping, mappedByteCount)
      return
    }
    let address = UInt(bitPattern: mapping)
    Self.unused.withLock { $0[mappedByteCount, default: []].append(address) }
  }

  /// Pages of any contents between two that nothing may touch.
  private static func take(byteCount: Int) throws -> UnsafeMutableRawPointer {
    let kept = unused.withLock { $0[byteCount]?.popLast() }
    if let kept, let mapping = UnsafeMutableRawPointer(bitPattern: kept) { return mapping }
    let mapping = mmap(nil, byteCount, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0)
    let inner = byteCount - 2 * pageByteCount
    guard let mapping, mapping != MAP_FAILED,
      mprotect(mapping + pageByteCount, inner, PROT_READ | PROT_WRITE) == 0
    else { throw AllocationError(byteCount: byteCount) }
    return mapping
  }
}
