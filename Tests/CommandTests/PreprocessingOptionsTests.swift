import ArgumentParser
import MNV4Graph
import Testing

@testable import mnv4_convert

/// Options for a network of which nobody has said how pictures are prepared.
@Suite struct PreprocessingOptionsTests {
  @Test(arguments: [
    ["--crop-fraction", "0.9"], ["--resize", "stretch"], ["--interpolation", "bicubic"],
    ["--mean", "0,0,0"], ["--std", "1,1,1"],
  ])
  func partsAloneAreRefused(_ arguments: [String]) throws {
    let options = try PreprocessingOptions.parse(arguments)
    let error = #expect(throws: ValidationError.self) { try options.applied(to: nil) }
    #expect(error?.message.hasPrefix("\(arguments[0]): ") == true)
    #expect(error?.message.contains("--mean and --std are needed") == true)
  }

  @Test func withoutOptionsThereIsNone() throws {
    #expect(try PreprocessingOptions.parse([]).applied(to: nil) == nil)
  }

  @Test func meanAndDeviationAreEnough() throws {
    let options = try PreprocessingOptions.parse(
      ["--mean", "0,0,0", "--std", "1,1,1", "--crop-fraction", "0.9"])
    #expect(try options.applied(to: nil)?.cropFraction == 0.9)
  }
}
