/// Of each channel of a tensor `[…, C]`, over many tensors: mean, smallest and largest number.
struct ChannelStatistics: Sendable {
  private var sums: [Double]
  private(set) var lowest: [Float]
  private(set) var highest: [Float]
  /// Numbers of each channel.
  private(set) var count = 0

  init(channelCount: Int) {
    sums = [Double](repeating: 0, count: channelCount)
    lowest = [Float](repeating: .infinity, count: channelCount)
    highest = [Float](repeating: -.infinity, count: channelCount)
  }

  /// Adds whole rows of one number a channel.
  mutating func add(_ numbers: UnsafeBufferPointer<Float>) {
    let channelCount = sums.count
    sums.withUnsafeMutableBufferPointer { sums in
      lowest.withUnsafeMutableBufferPointer { lowest in
        highest.withUnsafeMutableBufferPointer { highest in
          var start = 0
          while start + channelCount <= numbers.count {
            for channel in 0..<channelCount {
              let number = numbers[start + channel]
              sums[channel] += Double(number)
              lowest[channel] = min(lowest[channel], number)
              highest[channel] = max(highest[channel], number)
            }
            start += channelCount
          }
        }
      }
    }
    count += numbers.count / channelCount
  }

  /// Zeros before anything was added.
  var means: [Double] { count == 0 ? sums : sums.map { $0 / Double(count) } }
}
