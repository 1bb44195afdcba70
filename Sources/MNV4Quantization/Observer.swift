/// What calibration learns of one tensor: its extremes, its distribution, and extremes and mean of
/// each channel.
///
/// Memory does not grow with what is recorded. The result depends on the sequence of elements but
/// not on how it is cut into calls. Infinities and NaN are counted and otherwise left out.
package struct Observer: Sendable {
  package let channelCount: Int
  /// Finite elements recorded.
  package private(set) var elementCount = 0
  /// Infinities and NaN met.
  package private(set) var nonFiniteCount = 0
  private(set) var histogram = Histogram()
  private var channels: [ChannelFacts]

  private struct ChannelFacts: Sendable {
    var minimum = Float.infinity
    var maximum = -Float.infinity
    var sum = 0.0
    var count = 0
  }

  /// For tensors `[…, channelCount]`.
  package init(channelCount: Int) {
    precondition(channelCount > 0)
    self.channelCount = channelCount
    channels = [ChannelFacts](repeating: ChannelFacts(), count: channelCount)
  }

  /// The least and the greatest finite element; zero alone before there is any.
  package var range: ClosedRange<Float> {
    guard elementCount > 0 else { return 0...0 }
    return channels.reduce(Float.infinity) {
      min($0, $1.minimum)
    }...channels.reduce(
      -Float.infinity
    ) { max($0, $1.maximum) }
  }

  /// The least finite element of each channel; +∞ where a channel had none.
  package var channelMinima: [Float] { channels.map(\.minimum) }

  /// The greatest finite element of each channel; −∞ where a channel had none.
  package var channelMaxima: [Float] { channels.map(\.maximum) }

  /// The mean of each channel's finite elements; 0 where a channel had none.
  package var channelMeans: [Double] {
    channels.map { $0.count == 0 ? 0 : $0.sum / Double($0.count) }
  }

  /// Records whole rows of `channelCount` elements.
  package mutating func record(_ elements: UnsafeBufferPointer<Float>) {
    precondition(elements.count.isMultiple(of: channelCount))
    recordChannels(elements)
    let range = self.range
    histogram.reach(max(abs(range.lowerBound), abs(range.upperBound)))
    histogram.count(elements)
  }

  /// Adds what `other`, of as many channels, has recorded.
  package mutating func merge(_ other: Observer) {
    precondition(channelCount == other.channelCount)
    elementCount += other.elementCount
    nonFiniteCount += other.nonFiniteCount
    histogram.merge(other.histogram)
    for (index, facts) in other.channels.enumerated() {
      channels[index].minimum = min(channels[index].minimum, facts.minimum)
      channels[index].maximum = max(channels[index].maximum, facts.maximum)
      channels[index].sum += facts.sum
      channels[index].count += facts.count
    }
  }

  private mutating func recordChannels(_ elements: UnsafeBufferPointer<Float>) {
    var finiteCount = 0
    channels.withUnsafeMutableBufferPointer { channels in
      for row in stride(from: 0, to: elements.count, by: channels.count) {
        for index in channels.indices {
          let element = elements[row + index]
          guard element.isFinite else { continue }
          channels[index].minimum = min(channels[index].minimum, element)
          channels[index].maximum = max(channels[index].maximum, element)
          channels[index].sum += Double(element)
          channels[index].count += 1
          finiteCount += 1
        }
      }
    }
    elementCount += finiteCount
    nonFiniteCount += elements.count - finiteCount
  }
}
