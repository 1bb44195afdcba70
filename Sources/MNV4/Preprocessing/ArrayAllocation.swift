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
    // Room for the array's own header, too.
    guard let probe = malloc(byteCount + 64) else {
      throw MNV4Error(.outOfResources, "cannot allocate \(byteCount) bytes")
    }
    free(probe)
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
