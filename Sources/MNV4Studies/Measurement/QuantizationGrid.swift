import MNV4
import MNV4Quantization

/// What is left of networks' accuracy after every way of quantization, on the same pictures.
struct QuantizationGrid {
  struct Row {
    let choice: QuantizationChoice
    /// Whether each test picture is right, for each network.
    let right: [[Bool]]
  }

  let names: [String]
  /// In float32.
  let float: [[Bool]]
  let rows: [Row]

  /// Nil where there is no data, or where a network is not trained.
  init?(
    of networks: [StudyNetwork], choices: [QuantizationChoice], on data: StudyData?,
    progress: StudyProgress
  ) throws {
    guard let data, networks.allSatisfy(\.float.isTrained) else { return nil }
    names = networks.map(\.name)
    progress.begin("classifying in float32", networks.count)
    float = try networks.map { network in
      defer { progress.advance() }
      return try data.classify(with: network.float.model) {}
    }
    progress.begin("quantizing", choices.count * networks.count)
    rows = try choices.map { choice in
      let right = try networks.map { network in
        defer { progress.advance() }
        let model = network.float.model
        let integer = try NetworkQuantizer(model, options: choice.options)
          .integerModel(on: try data.calibrationInputs(for: model))
        return try data.classify(with: integer) {}
      }
      return Row(choice: choice, right: right)
    }
  }

  init(names: [String], float: [[Bool]], rows: [Row]) {
    self.names = names
    self.float = float
    self.rows = rows
  }

  /// The share of pictures that a network gets right in float32, per cent.
  func floatShare(_ network: Int) -> Estimate {
    Statistics.share(float[network].count(where: \.self), of: float[network].count).percent
  }

  /// Points of accuracy that a network loses, with the interval on the same pictures.
  func loss(_ row: Row, _ network: Int) -> Estimate {
    Statistics.difference(float[network], row.right[network]).percent
  }

  /// By how many points the first network's loss exceeds the second's.
  func lossDifference(_ row: Row) -> Estimate {
    func losses(_ network: Int) -> [Double] {
      zip(float[network], row.right[network]).map { ($0 ? 1 : 0) - ($1 ? 1 : 0) }
    }
    return Statistics.mean(of: zip(losses(0), losses(1)).map { $0 - $1 }).percent
  }

  var pictureCount: Int { float.first?.count ?? 0 }
}
