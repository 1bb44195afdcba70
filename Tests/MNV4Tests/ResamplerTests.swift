import Foundation
import MNV4Graph
import Testing

@testable import MNV4

@Suite struct ResamplerTests {
  #if os(Linux)
    /// A process that may have memory for the result, but not for the sums, gets an error.
    @Test func refusedMemoryIsAnError() async {
      await #expect(processExitsWith: .success) {
        let side = 8_000
        let image = try RGBImage(width: 2, height: 2, pixels: Array(repeating: 9, count: 12))
        let resampler = try Resampler(
          inputWidth: 2, inputHeight: 2,
          window: .init(
            resizedWidth: side, resizedHeight: side, left: 0, top: 0, width: side, height: side),
          filter: .bilinear)
        let statistics = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pageCount = try #require(statistics.split(separator: " ").first.flatMap { Int($0) })
        let limit = rlim_t(pageCount * Int(getpagesize()) + (500 << 20))
        var limits = rlimit(rlim_cur: limit, rlim_max: limit)
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits) == 0)
        let error = #expect(throws: MNV4Error.self) { _ = try resampler.pixels(of: image) }
        #expect(error?.code == .outOfResources)
        #expect(error?.reason == "cannot allocate \(side * side * 12) bytes")
      }
    }
  #endif
}
