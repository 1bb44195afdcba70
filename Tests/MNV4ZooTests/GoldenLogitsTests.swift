import Foundation
import MNV4
import MNV4Format
import MNV4Graph
import MNV4Zoo
import Testing

/// One network a family against PyTorch's logits, which tools/fixtures/make_golden_logits.py wrote.
@Suite struct GoldenLogitsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let side: Int
    let logits: [Float]

    var testDescription: String { name }

    /// `name side logit…`
    init?(_ line: Substring) {
      let fields = line.split(separator: " ")
      guard fields.count > 2, let side = Int(fields[1]) else { return nil }
      name = String(fields[0])
      self.side = side
      logits = fields.dropFirst(2).compactMap { Float($0) }
    }
  }

  static let cases: [Case] = {
    let path = (Bundle.module.resourcePath ?? ".") + "/Fixtures/golden-logits.txt"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").compactMap(Case.init)
  }()

  @Test func everyFamilyHasACase() {
    let families = [
      "mobilenetv1", "mobilenetv2", "mobilenetv3", "mobilenetv4", "mobilenext", "efficientnet",
      "semnasnet", "ghostnet", "proxylessnas", "fbnet",
    ]
    for family in families {
      #expect(
        Self.cases.contains { $0.name.hasPrefix(family) && $0.logits.count == 8 }, "\(family)")
    }
  }

  @Test(arguments: cases, [BackendChoice.swift, .automatic])
  func logitsArePyTorchs(_ expected: Case, backend: BackendChoice) throws {
    let architecture = try #require(Architecture.named(expected.name))
    let parameters = Architecture.Parameters(
      classCount: expected.logits.count, inputSize: expected.side)
    let graph = try architecture.build(parameters, weights: SeededWeights(seed: 1))
    let model = Model(
      ModelFile(graph: graph, preprocessing: nil, labels: [], provenance: .init()))
    let session = try model.makeSession(SessionOptions(threads: 1, backend: backend))
    let output = try session.run(.seeded(shape: [1, expected.side, expected.side, 3])).elements

    #expect(output.count == expected.logits.count)
    let greatest = try #require(expected.logits.map(abs).max())
    for (found, logit) in zip(output, expected.logits) {
      #expect(abs(found - logit) <= 1e-4 * greatest)
    }
  }
}
