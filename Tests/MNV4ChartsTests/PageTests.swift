import Foundation
import MarkupTesting
import Testing

@testable import MNV4Charts

@Suite struct PageTests {
  private let page = Page(title: "</title><b>", body: [.tag("p", ["body"])])

  @Test func isOneWellFormedDocument() {
    #expect(page.html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\""))
    let parsed = ParsedPage(page.html)
    #expect(parsed.isWellFormed)
    #expect(parsed.elements("title").count == 1)
    #expect(parsed.elements("b").isEmpty)
  }

  @Test(arguments: ["src=", "url(", "@import", "<link", "https:"])
  func needsNoOtherFile(_ text: String) {
    #expect(!page.html.contains(text))
  }

  /// The policy names the script by its hash: without this, a browser would refuse to run it.
  @Test func policyAllowsTheScriptAndNoOther() {
    let script = Array("\(Page.script)".utf8)
    let hash = Data(sha256(script)).base64EncodedString()
    #expect("\(Page.scriptHash)" == "sha256-\(hash)")
    #expect(page.html.contains("script-src &#39;sha256-"))
    #expect(page.html.components(separatedBy: "<script").count == 2)
  }

  @Test func digestIsThatOfTheStandard() {
    let digest = sha256(Array("abc".utf8)).prefix(4)
    #expect(Array(digest) == [0xBA, 0x78, 0x16, 0xBF])
    #expect(Array(sha256([UInt8](repeating: 97, count: 119)).prefix(2)) == [0x31, 0xEB])
  }

  /// WCAG 2.1, 1.4.3 and 1.4.11: 4.5:1 for text, 3:1 for shapes that carry meaning.
  @Test(arguments: [0, 1])
  func coloursHaveContrast(_ scheme: Int) throws {
    let blocks = "\(Page.style)".components(separatedBy: ":root {")
    var colours: [String: [Double]] = [:]
    for part in blocks[scheme + 1].prefix(while: { $0 != "}" }).split(separator: ";") {
      let pair = part.split(separator: ":").map {
        $0.trimmingCharacters(in: .whitespacesAndNewlines)
      }
      guard pair.count == 2, pair[1].hasPrefix("#"), pair[1].count == 7 else { continue }
      let number = try #require(Int(pair[1].dropFirst(), radix: 16))
      colours[pair[0]] = [16, 8, 0].map { Double((number >> $0) & 255) / 255 }
    }
    for (foregrounds, grounds, least) in [
      (["--ink", "--soft", "--link", "--caution", "--severe"], ["--ground", "--card"], 4.5),
      (["--ink", "--soft", "--link", "--caution"], ["--caution-ground"], 4.5),
      (["--ink", "--soft", "--link", "--severe"], ["--severe-ground"], 4.5),
      (["--first", "--second", "--caution", "--severe"], ["--card"], 3),
    ] {
      for foreground in foregrounds {
        for ground in grounds {
          let first = luminance(try #require(colours[foreground]))
          let second = luminance(try #require(colours[ground]))
          let contrast = (max(first, second) + 0.05) / (min(first, second) + 0.05)
          #expect(contrast >= least, "\(foreground) on \(ground)")
        }
      }
    }
  }

  private func luminance(_ colour: [Double]) -> Double {
    let linear = colour.map { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  }
}
