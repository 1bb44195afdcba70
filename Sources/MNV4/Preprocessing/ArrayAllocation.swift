#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Array where Element: BitwiseCopyable {
  /// An array of `count` elements, all of which `fill` writes.
  ///
  /// An array that the system refuses ends the process, so the same amount is asked for first:
  /// throws `outOfResources` where it is not to be had, and what `fill` throws.
  package static func allocating(
    count: Int, filling fill: (UnsafeMutableBufferPointer<Element>) throws(MNV4Error) -> Void
  ) throws(MNV4Error) -> [Element] {
    let (byteCount, overflow) = count.multipliedReportingOverflow(
      by: MemoryLayout<Element>.stride)
    guard count >= 0, !overflow, byteCount < Int.max / 2 else {
      throw MNV4Error(.outOfResources, "cannot allocate \(count) elements")
    }
    guard systemGrants(byteCount) else {
      throw MNV4Error(.outOfResources, "cannot allocate \(byteCount) bytes")
    }
    // The initialiser rethrows an untyped error; the typed one is carried past it.
    var failure: MNV4Error?
    let array = [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      do throws(MNV4Error) {
        try fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        initializedCount = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return array
  }
}

/// Whether the system would give so many bytes now, and a little more for an array's header.
///
/// Asked by mapping pages and unmapping them: a `malloc` whose memory is only freed again is removed by
/// the optimizer.
private func systemGrants(_ byteCount: Int) -> Bool {
  let probe = mmap(
    nil, byteCount + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  guard let probe, probe != MAP_FAILED else { return false }
  munmap(probe, byteCount + 4096)
  return true
}
