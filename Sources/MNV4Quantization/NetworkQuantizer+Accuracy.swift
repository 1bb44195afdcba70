import MNV4

extension NetworkQuantizer {
  /// What labelled pictures say of a network.
  struct Judgement {
    let test: AccuracyTest
    /// The class that the float network puts each picture into.
    let floatClasses: [Int]
    var integerClasses: [Int] = []
    /// Layers that stay in float to keep accuracy.
    var kept: [Int] = []

    init(test: AccuracyTest, floatClasses: [Int]) {
      self.test = test
      self.floatClasses = floatClasses
    }

    var accuracy: QuantizationReport.Accuracy {
      .init(
        pictureCount: test.pictureCount, floatCorrect: test.correctCount(floatClasses),
        integerCorrect: test.correctCount(integerClasses),
        agreementCount: zip(floatClasses, integerClasses).count { $0 == $1 })
    }

    /// Whether so many right are within `drop` points of the float network.
    func isWithin(_ drop: Double, _ correct: Int) -> Bool {
      let lost = Double(test.correctCount(floatClasses) - correct)
      return 100 * lost <= drop * Double(test.pictureCount) + 1e-9
    }
  }

  func classes(
    by model: Model, _ test: AccuracyTest, _ stage: String
  ) throws(MNV4Error) -> [Int] {
    progress?.begin(stage, test.pictureCount)
    let progress = progress
    return try test.classes(by: model) { progress?.advance() }
  }

  func search(
    _ start: Start, first: Attempt, _ judgement: Judgement, maximumDrop: Double,
    on inputs: CalibrationInputs
  ) throws(MNV4Error) -> [Int] {
    let effects = first.comparison.layers.mapValues { $0.effect.decibels ?? .infinity }
    let candidates = start.network.layerIndices
      .filter { !start.network.floatNodes.contains($0) }
      .sorted { (effects[$0] ?? .infinity, $0) < (effects[$1] ?? .infinity, $1) }
    let search = FloatLayerSearch(candidates: candidates) { (layers) throws(MNV4Error) in
      let correct: Int
      if layers.isEmpty {
        correct = judgement.test.correctCount(judgement.integerClasses)
      } else {
        let nodes = start.network.floatNodes.union(start.network.nodes(ofLayers: layers))
        let result = try build(start, floatNodes: nodes, on: inputs)
        let classes = try classes(
          by: Model(file(of: result.graph, on: inputs)), judgement.test,
          "classifying with \(layers.count) in float")
        correct = judgement.test.correctCount(classes)
      }
      return judgement.isWithin(maximumDrop, correct)
    }
    return try search.run()
  }
}
