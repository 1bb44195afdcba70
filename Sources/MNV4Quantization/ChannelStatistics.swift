/// Of each channel of a tensor `[…, C]`, over many tensors: mean and largest number.
struct ChannelStatistics: Sendable {
  private var sums: [Double]
  private(set) var highest: [Float]
  /// Numbers of each channel in the means.
  private var count = 0

  init(channelCount: Int) {
    sums = [Double](repeating: 0, count: channelCount)
    highest = [Float](repeating: -.infinity, count: channelCount)
  }

  /// Adds whole rows of one number a channel.
  mutating func add(_ numbers: UnsafeBufferPointer<Float>, countsTowardsMeans: Bool = true) {
    let channelCount = sums.count
    sums.withUnsafeMutableBufferPointer { sums in
      highest.withUnsafeMutableBufferPointer { highest in
        var start = 0
        while start + channelCount <= numbers.count {
          for channel in 0..<channelCount {
            let number = numbers[start + channel]
            if countsTowardsMeans { sums[channel] += Double(number) }
            // NaN stays out.
            highest[channel] = number > highest[channel] ? number : highest[channel]
          }
          start += channelCount
        }
      }
    }
    if countsTowardsMeans { count += numbers.count / channelCount }
  }

  /// Zeros before anything was added.
  var means: [Double] { count == 0 ? sums : sums.map { $0 / Double(count) } }
}
