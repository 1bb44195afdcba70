import MNV4Core
import MNV4Format
import MNV4Graph
import Testing

@testable import MNV4

@Suite struct ImageClassifierTests {
  /// Rows: red, green, blue, none of them.
  private static let weights: [Float] = [4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0]
  private static let labels = ["red", "green", "blue", "none"]

  private func model(labels: [String] = Self.labels) throws -> Model {
    try TestModel.colours(weights: Self.weights, bias: [0, 0, 0, 1], labels: labels)
  }

  private func picture(_ red: UInt8, _ green: UInt8, _ blue: UInt8) throws -> RGBImage {
    try RGBImage(
      width: 2, height: 2, pixels: (0..<4).flatMap { _ in [red, green, blue] })
  }

  private func classifier(_ model: Model) throws -> ImageClassifier {
    try ImageClassifier(model: model, options: SessionOptions(threads: 1, backend: .swift))
  }

  @Test func bestClassesComeFirst() throws {
    let found = try classifier(model()).classify(picture(255, 102, 0), top: 3)
    #expect(found.map(\.label) == ["red", "green", "none"])
    #expect(found.map(\.index) == [0, 1, 3])
    let logits: [Float] = [4, 1.6, 0, 1]
    let sum = logits.reduce(0) { $0 + exponential(Double($1)) }
    for entry in found {
      let expected = exponential(Double(logits[entry.index])) / sum
      #expect(abs(Double(entry.probability) - expected) < 1e-6)
    }
  }

  @Test func equalClassesKeepTheModelsOrder() throws {
    let found = try classifier(model()).classify(picture(255, 255, 255), top: 4)
    #expect(found.map(\.index) == [0, 1, 2, 3])
  }

  @Test(arguments: [(1, 1), (4, 4), (5, 4), (.max, 4)]) func topIsAtMostAllClasses(
    _ top: Int, _ count: Int
  ) throws {
    let found = try classifier(model()).classify(picture(9, 8, 7), top: top)
    #expect(found.count == count)
    if count == 4 { #expect(abs(found.reduce(0) { $0 + $1.probability } - 1) < 1e-5) }
  }

  @Test(arguments: [0, -1, .min]) func topBelowOneIsRefused(_ top: Int) throws {
    let classifier = try classifier(model())
    let error = #expect(throws: MNV4Error.self) {
      try classifier.classify(try picture(1, 2, 3), top: top)
    }
    #expect(error?.description == "top: expected at least 1, found \(top)")
  }

  @Test func classesWithoutLabelsAreNumbered() throws {
    let found = try classifier(model(labels: [])).classify(picture(0, 255, 0), top: 1)
    #expect(found.map(\.label) == ["class 1"])
  }

  /// A network that ends in a softmax gives probabilities already.
  @Test func softmaxOfTheGraphIsNotAppliedTwice() throws {
    let plain = try classifier(model()).classify(picture(200, 90, 40))
    let ending = try TestModel.colours(
      weights: Self.weights, bias: [0, 0, 0, 1], labels: Self.labels
    ) { try $0.append(.softmax, $1) }
    let found = try classifier(ending).classify(picture(200, 90, 40))
    #expect(found.map(\.index) == plain.map(\.index))
    for (a, b) in zip(found, plain) { #expect(abs(a.probability - b.probability) < 1e-6) }
  }

  /// The same where a reshape follows the softmax.
  @Test func softmaxBeforeAReshapeIsNotAppliedTwice() throws {
    let ending = try TestModel.colours(
      weights: Self.weights, bias: [0, 0, 0, 1], labels: Self.labels
    ) { try $0.append(.reshape(try Shape([1, 1, 4])), try $0.append(.softmax, $1)) }
    let found = try classifier(ending).classify(picture(255, 0, 0), top: 1)
    #expect(try #require(found.first).probability > 0.9)
  }

  @Test func logitThatIsNoNumberLeavesNoProbability() throws {
    let broken = try TestModel.colours(weights: Self.weights, bias: [0, .nan, 0, 0])
    let found = try classifier(broken).classify(picture(1, 2, 3), top: 4)
    #expect(found.map(\.index) == [0, 1, 2, 3])
    #expect(found.allSatisfy { $0.probability.isNaN })
  }

  @Test func infiniteLogitHasAllProbability() throws {
    let certain = try TestModel.colours(weights: Self.weights, bias: [0, .infinity, 0, 0])
    let found = try classifier(certain).classify(picture(1, 2, 3), top: 4)
    #expect(found.map(\.index) == [1, 0, 2, 3])
    #expect(found.map(\.probability) == [1, 0, 0, 0])
  }

  @Test(
    arguments: [
      ([.infinity, 1, .infinity, -.infinity], [0.5, 0, 0.5, 0]),
      ([-.infinity, -.infinity], [0.5, 0.5]),
      ([-.infinity, 3], [0, 1]),
      ([.greatestFiniteMagnitude, -.greatestFiniteMagnitude], [1, 0]),
      ([7], [1]),
      ([], []),
    ] as [([Float], [Float])])
  func softmaxOfExtremesIsItsLimit(_ logits: [Float], _ probabilities: [Float]) {
    #expect(logits.withUnsafeBufferPointer(ImageClassifier.softmax) == probabilities)
  }

  @Test(arguments: [[.nan, 1], [.infinity, .nan], [.nan, -.infinity], [.nan]] as [[Float]])
  func softmaxOfNaNIsNaN(_ logits: [Float]) {
    let found = logits.withUnsafeBufferPointer(ImageClassifier.softmax)
    #expect(found.count == logits.count && found.allSatisfy(\.isNaN))
  }

  @Test func bestPutsNaNLast() {
    #expect(ImageClassifier.best(4, of: [.nan, 0.2, .nan, 0.7]) == [3, 1, 0, 2])
    #expect(ImageClassifier.best(2, of: [0.5, 0.5, 0.5]) == [0, 1])
    #expect(ImageClassifier.best(3, of: []) == [])
  }

  @Test func logitsAreTheNetworksOutput() throws {
    let logits = try classifier(model()).logits(of: picture(255, 0, 51))
    #expect(logits.shape == [1, 4])
    #expect(relativeDifference(logits.elements, [4, 0, 0.8, 1]) < 1e-6)
  }

  @Test func pictureOfAnotherSizeIsRefused() throws {
    let classifier = try classifier(model())
    let image = try RGBImage(width: 3, height: 2, pixels: Array(repeating: 0, count: 18))
    #expect(throws: MNV4Error.self) { try classifier.classify(image) }
  }

  /// Models that classify no pictures.
  enum Misfit: CaseIterable {
    case noPreprocessing, fourChannels, vectorInput, severalRows
  }

  @Test(arguments: Misfit.allCases) func othersAreRefused(_ misfit: Misfit) throws {
    var file = try model().file
    var sketch = GraphSketch()
    switch misfit {
    case .noPreprocessing: file.preprocessing = nil
    case .fourChannels:
      let input = try sketch.input([1, 4, 4, 4])
      file.graph = try sketch.finish(try sketch.append(.globalAveragePool, input))
    case .vectorInput:
      let input = try sketch.input([1, 3])
      file.graph = try sketch.finish(try sketch.append(.softmax, input))
    case .severalRows:
      let input = try sketch.input([1, 4, 4, 3])
      file.graph = try sketch.finish(try sketch.append(.softmax, input))
    }
    let error = #expect(throws: MNV4Error.self) { try classifier(Model(file)) }
    #expect(error?.code == .unsupportedModel)
  }
}
