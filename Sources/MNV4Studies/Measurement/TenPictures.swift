package import MNV4
import MNV4Core

/// A latency as papers state it, the mean over ten pictures, measured many times over, to show how much
/// of it is chance.
package struct TenPictures: Sendable {
  package static let pictureCount = 10

  /// Milliseconds of each picture, in each measurement.
  package let measurements: [[Double]]

  /// Measures one network after the other, as a person would, and again from the start, so often.
  ///
  /// - Returns: one for each model.
  package static func measure(
    _ models: [Model], options: SessionOptions, repetitionCount: Int, advance: () -> Void = {}
  ) throws(MNV4Error) -> [TenPictures] {
    var measurements = models.map { _ in [[Double]]() }
    for _ in 0..<repetitionCount {
      for (index, model) in models.enumerated() {
        let session = try model.makeSession(options)
        let input = try Tensor.seeded(shape: model.inputShape)
        _ = try session.run(input)
        var times: [Double] = []
        for _ in 0..<pictureCount {
          let start = ContinuousClock.now
          _ = try session.run(input)
          times.append((ContinuousClock.now - start) / .milliseconds(1))
        }
        measurements[index].append(times)
        advance()
      }
    }
    return measurements.map(TenPictures.init)
  }

  init(measurements: [[Double]]) { self.measurements = measurements }

  /// The mean of each measurement.
  package var means: [Double] { measurements.map(Statistics.mean) }

  /// What the paper would have stated: the first measurement's mean.
  package var first: Double { means[0] }

  /// The standard deviation of the ten pictures of the first measurement.
  package var deviation: Double { Statistics.standardDeviation(measurements[0]) }

  /// In how many of the measurements this network was faster than another that was measured with it.
  package func winCount(over other: TenPictures) -> Int {
    zip(means, other.means).count { $0 < $1 }
  }
}
