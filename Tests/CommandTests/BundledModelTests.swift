import Foundation
import Testing

/// What lies in `models`.
@Suite struct BundledModelTests {
  private static let folder = Repository.root + "/models"
  private static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".mnv4") }.sorted()

  @Test func checksumsAreTheirs() throws {
    let list = try String(contentsOfFile: Self.folder + "/SHA256SUMS", encoding: .utf8)
    let listed = list.split(separator: "\n").compactMap { $0.split(separator: " ").last }
    #expect(listed.map(String.init).sorted() == Self.names)
    let result = try Command.shell(
      "-c", "sha256sum --check --strict --quiet SHA256SUMS", in: Self.folder)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func pageNamesEachOfThem() throws {
    let text = try String(contentsOfFile: Self.folder + "/README.md", encoding: .utf8)
    let named = Set(text.matches(of: /`([a-z0-9_]+_cifar10(?:_int8)?\.mnv4)`/).map { String($0.1) })
    #expect(named.sorted() == Self.names)
  }

  @Test(arguments: names)
  func classifies(_ name: String) throws {
    let result = try Command.run("models/\(name)", Repository.picture, "--top", "1")
    #expect(result.status == 0 && !result.wasSignalled, "\(result.errors)")
    #expect(result.outputLines.count == 2, "\(result.output)")
    #expect(result.outputLines.last?.contains(/^ +[0-9.]+ %  [a-z]+$/) == true, "\(result.output)")
  }
}
