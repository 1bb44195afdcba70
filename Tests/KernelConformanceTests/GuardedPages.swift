import MNV4Core

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
    let address = mmap(
      nil, mappedByteCount, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0)
    guard let address, address != MAP_FAILED,
      mprotect(address + page, inner, PROT_READ | PROT_WRITE) == 0
    else { throw AllocationError(byteCount: byteCount) }
    mapping = address
    let startsAtPage = reach.isMultiple(of: 128)
    pointer = address + page + (startsAtPage ? 0 : inner - reach)
    bytes = UnsafeMutableRawBufferPointer(start: pointer, count: reach)
  }

  deinit { munmap(mapping, mappedByteCount) }
}
