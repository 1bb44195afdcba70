import Foundation
import MNV4CommandSupport
import MNV4Core
import Testing

@Suite struct NumpyArrayTests {
  private func read(_ bytes: [UInt8]) throws -> NumpyArray {
    try bytes.withUnsafeBytes { try NumpyArray($0) }
  }

  /// A file with the given header text, its length in as many bytes as the version has.
  private func file(
    version: UInt8 = 1, _ header: String, headerByteCount: Int? = nil, _ elements: [Float]
  ) -> [UInt8] {
    let count = headerByteCount ?? header.utf8.count
    let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(header.utf8)
      + elements.withUnsafeBytes { Array($0) }
  }

  private static let elements: [Float] = [1, -2, .infinity, 0.5, Float.leastNonzeroMagnitude, -0.0]

  @Test(arguments: [[6], [2, 3], [1, 1, 2, 1, 1, 3]]) func roundTrip(_ shape: [Int]) throws {
    let bytes = try contents(shape)
    #expect((bytes.count - 24) % 64 == 0, "data starts on a multiple of 64 bytes")
    let array = try read(bytes)
    #expect(array.shape == shape)
    #expect(array.elements.map(\.bitPattern) == Self.elements.map(\.bitPattern))
  }

  private func contents(_ shape: [Int]) throws -> [UInt8] {
    let buffer = try NumpyArray(shape: shape, elements: Self.elements).fileContents()
    return buffer.withUnsafeBytes { Array($0) }
  }

  #if os(Linux)
    /// A process that may have no more memory than the file's bytes take gets an error.
    @Test func refusedMemoryIsAnError() async {
      await #expect(processExitsWith: .success) {
        let count = 64 << 20
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(count),)}"
        let start = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + text.utf8
        let file = try AlignedBuffer(byteCount: start.count + count * 4, zeroed: false)
        let statistics = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pageCount = try #require(statistics.split(separator: " ").first.flatMap { Int($0) })
        let limit = rlim_t(pageCount * Int(getpagesize()) + (100 << 20))
        var limits = rlimit(rlim_cur: limit, rlim_max: limit)
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits) == 0)
        file.unsafeMutableBytes.copyBytes(from: start)
        #expect(throws: NumpyError.allocation(AllocationError(byteCount: count * 4))) {
          _ = try file.withUnsafeBytes { try NumpyArray($0) }
        }
      }
    }
  #endif

  @Test(arguments: [1, 2, 3] as [UInt8]) func versionsAreRead(_ version: UInt8) throws {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n"
    let array = try read(file(version: version, header, Self.elements))
    #expect(array.shape == [2, 3])
    #expect(array.elements == Self.elements)
  }

  @Test(arguments: [
    "{'shape':(2,3),'fortran_order':False,'descr':'<f4'}",
    "{ 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2 , 3 , ) , }\n",
  ])
  func fieldsMayStandInAnyOrderAndSpacing(_ header: String) throws {
    #expect(try read(file(header, Self.elements)).shape == [2, 3])
  }

  @Test(arguments: [
    ("", NumpyError.header("expected a dictionary")),
    ("['descr': '<f4']", .header("expected a dictionary")),
    (
      "{'fortran_order': False, 'shape': (2, 3)}",
      .header("'descr': expected '<f4', little-endian float32")
    ),
    (
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}",
      .header("'descr': expected '<f4', little-endian float32")
    ),
    (
      "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3)}",
      .header("'descr': expected '<f4', little-endian float32")
    ),
    (
      "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}",
      .header("'fortran_order': expected False")
    ),
    ("{'descr': '<f4', 'fortran_order': False}", .header("'shape': expected a tuple")),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3}",
      .header("'shape': expected a tuple")
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, x)}",
      .header("'shape': found 'x'")
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}",
      .header("'shape': found '9223372036854775808'")
    ),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", .shape(.rank(0))),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0)}",
      .shape(.dimension(0, [2, 0]))
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}",
      .shape(.dimension(-2, [-2, 3]))
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
      .shape(.tooLarge([4_294_967_296, 4_294_967_296]))
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4)}", .byteCount(24, expected: 32)
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}", .byteCount(24, expected: 20)
    ),
  ])
  func brokenHeadersAreRefused(_ header: String, _ error: NumpyError) {
    #expect(throws: error) { try read(file(header, Self.elements)) }
    #expect(!error.description.isEmpty)
  }

  @Test(arguments: [0, 4, 255] as [UInt8]) func otherVersionsAreRefused(_ version: UInt8) {
    #expect(throws: NumpyError.version(Int(version))) {
      try read(file(version: version, "{}", []))
    }
  }

  @Test func otherFilesAreRefused() {
    #expect(throws: NumpyError.magic) { try read([]) }
    #expect(throws: NumpyError.magic) { try read(Array("PK\u{3}\u{4} an archive".utf8)) }
  }

  @Test func headersThatClaimMoreThanThereIsAreRefused() {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}"
    #expect(throws: NumpyError.truncated) {
      try read(file(header, headerByteCount: 65_535, Self.elements))
    }
    #expect(throws: NumpyError.header("expected at most 65536 bytes")) {
      try read(file(version: 2, header, headerByteCount: 0xFFFF_FFFF, Self.elements))
    }
  }

  @Test func everyTruncationIsRefused() throws {
    let bytes = try contents([2, 3])
    for count in bytes.indices {
      #expect(throws: NumpyError.self) { try read(Array(bytes.prefix(count))) }
    }
  }

  /// Whatever byte changes, the answer is an array or an error.
  @Test func everyChangedByteIsSurvived() throws {
    let bytes = try contents([2, 3])
    for index in 0..<128 {
      for value in [0, 0x28, 0x29, 0x39, 0x7F, 0x80, 0xFF] as [UInt8] {
        var changed = bytes
        changed[index] = value
        if let array = try? read(changed) { #expect(array.elements.count == 6) }
      }
    }
  }
}
