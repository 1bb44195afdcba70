import Foundation
import Testing

@testable import MNV4CommandSupport

@Suite struct SuggestionTests {
  private static let names = ["mobilenetv4_conv_small", "mobilenetv4_conv_medium", "mobileone_s0"]

  @Test(arguments: [
    ("mobilenetv4_conv_smal", " Did you mean 'mobilenetv4_conv_small'?"),
    ("mobilenetv4_conv_meduim", " Did you mean 'mobilenetv4_conv_medium'?"),
    ("MobileOne_s0", " Did you mean 'mobileone_s0'?"),
    ("resnet50", ""), ("", ""),
  ])
  func nearestNameIsSuggested(_ name: String, _ text: String) {
    #expect(Suggestion.text(for: name, among: Self.names) == text)
  }

  @Test func nothingIsSuggestedOfNothing() {
    #expect(Suggestion.text(for: "a", among: []) == "")
  }

  @Test(arguments: [
    ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2),
    ("ab", "ba", 2), ("same", "same", 0),
  ])
  func distanceIsLevenshteins(_ first: String, _ second: String, _ distance: Int) {
    #expect(Suggestion.distance(first, second) == distance)
  }
}

@Suite struct ProgressBarTests {
  @Test(arguments: [
    (0, "0:00"), (0.4, "0:00"), (0.5, "0:01"), (59.4, "0:59"), (59.6, "1:00"), (65, "1:05"),
    (3_599, "59:59"), (3_600, "1:00:00"), (3_661, "1:01:01"), (36_610, "10:10:10"),
    (-5, "0:00"), (1e300, "99:59:59"), (.infinity, "99:59:59"), (.nan, "0:00"),
  ])
  func timeIsReadable(_ seconds: Double, _ text: String) {
    #expect(ProgressBar.time(seconds) == text)
  }
}

@Suite struct LabelFileTests {
  private func read(_ text: String, classCount: Int) throws -> [String] {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("mnv4-labels-\(UUID().uuidString).txt").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    do { return try LabelFile.read(path, classCount: classCount) } catch {
      throw CommandFailure(error.description.replacing(path, with: "FILE"))
    }
  }

  @Test(arguments: [
    "cat\ntabby cat\nÄffchen\n", "cat\ntabby cat\nÄffchen", "cat\r\ntabby cat\r\nÄffchen\r\n",
    "\u{FEFF}cat\n\ttabby cat  \n Äffchen \n",
  ])
  func oneLineALabel(_ text: String) throws {
    #expect(try read(text, classCount: 3) == ["cat", "tabby cat", "Äffchen"])
  }

  @Test(arguments: [
    ("", 1, "FILE: expected 1 labels, found 0"),
    ("a\nb\n", 3, "FILE: expected 3 labels, found 2"),
    ("a\nb\n\n", 2, "FILE: expected 2 labels, found 3"),
    ("a\n\nc\n", 3, "FILE: line 2: expected a label, found none"),
    ("a\n \t\n", 2, "FILE: line 2: expected a label, found none"),
  ])
  func otherCountsAreRefused(_ text: String, _ classCount: Int, _ message: String) throws {
    let error = #expect(throws: CommandFailure.self) { try read(text, classCount: classCount) }
    #expect(error?.description == message)
  }
}

@Suite struct JSONLineTests {
  @Test func numbersThatAreNoneAreWords() throws {
    let line = try JSONLine.encode(["b": Double.nan, "a": 1.5, "c": -.infinity])
    #expect(line == #"{"a":1.5,"b":"NaN","c":"-Infinity"}"#)
  }

  @Test func linesHaveNoLineEndsInside() throws {
    #expect(try JSONLine.encode(["a/b": "x\ny\"z"]) == #"{"a/b":"x\ny\"z"}"#)
  }
}
