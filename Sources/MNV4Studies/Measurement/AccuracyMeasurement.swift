import MNV4

/// Which of the test pictures trained networks put into their class.
struct AccuracyMeasurement {
  /// Whether each picture is right, for each network and type; absent where it was not measured.
  private var right: [String: [NumberType: [Bool]]] = [:]

  /// Of what is known.
  init(right: [String: [NumberType: [Bool]]]) { self.right = right }

  /// Nothing where there is no data.
  init(
    of networks: [StudyNetwork], on data: StudyData?, progress: StudyProgress
  ) throws {
    guard let data else { return }
    for network in networks {
      for type in NumberType.allCases where network.form(type).isTrained {
        let model = network.form(type).model
        let count = try data.testPictures(for: model).count
        progress.begin("classifying by \(network.name), \(type.rawValue)", count)
        right[network.name, default: [:]][type] = try data.classify(
          with: model, advance: progress.advance)
      }
    }
  }

  /// Whether any network was judged.
  var isEmpty: Bool { right.isEmpty }

  /// The share of pictures in their class, 0 to 1, and its interval; nil where it is not known.
  func share(_ name: String, _ type: NumberType) -> Estimate? {
    right[name]?[type].map { right in
      Statistics.share(right.count(where: \.self), of: right.count)
    }
  }

  /// By how much the first network's share exceeds the second's, on the same pictures.
  func difference(
    _ first: (name: String, type: NumberType), _ second: (name: String, type: NumberType)
  ) -> Estimate? {
    guard let one = right[first.name]?[first.type], let other = right[second.name]?[second.type],
      one.count == other.count
    else { return nil }
    return Statistics.difference(one, other)
  }

  /// How many pictures each network was judged by.
  var pictureCount: Int { right.values.first?.values.first?.count ?? 0 }
}

extension Estimate {
  /// In per cent.
  var percent: Estimate { Estimate(100 * value, 100 * low, 100 * high) }
}
