/// Sums of `x xᵀ` for each channel of a depthwise convolution, `x` that channel's patch.
///
/// Channels are innermost, as in the input, so that one vector serves eight of them.
struct DepthwiseProducts: Sendable {
  let layout: WeightLayout
  private let tapCount: Int
  /// Channels, up to whole vectors.
  private let width: Int
  /// `[taps, width]`; channels after the last are zero.
  private var patch: [Float]
  /// `[taps (taps + 1) / 2, width]`: rows of the lower triangle, one after the other.
  private var products: [Float]
  /// `[taps, channels]`.
  private var sums: [Double]

  /// Of a layer with one input a group.
  init(layout: WeightLayout) {
    precondition(layout.inputsPerGroup == 1)
    self.layout = layout
    tapCount = layout.rowCount
    width = layout.groupCount.roundedUp(to: vectorWidth)
    patch = [Float](repeating: 0, count: tapCount * width)
    products = [Float](repeating: 0, count: tapCount * (tapCount + 1) / 2 * width)
    sums = [Double](repeating: 0, count: tapCount * layout.groupCount)
  }

  /// Adds the patch at an output position; false where it is not finite, and then nothing is added.
  mutating func add(
    _ picture: UnsafeBufferPointer<Float>, at position: Int, of geometry: LayerGeometry
  ) -> Bool {
    let (channelCount, width) = (layout.groupCount, width)
    // A product with zero is zero, or NaN where the factor was not finite.
    var check: Float = 0
    patch.withUnsafeMutableBufferPointer { patch in
      geometry.forEachTap(at: position) { tap, offset in
        for channel in 0..<channelCount {
          let element = offset.map { picture[$0 + channel] } ?? 0
          check += element * 0
          patch[tap * width + channel] = element
        }
      }
    }
    guard check == 0 else { return false }
    addProducts()
    for tap in 0..<tapCount {
      for channel in 0..<channelCount {
        sums[tap * channelCount + channel] += Double(patch[tap * width + channel])
      }
    }
    return true
  }

  private mutating func addProducts() {
    let (tapCount, width) = (tapCount, width)
    patch.withUnsafeBufferPointer { patch in
      products.withUnsafeMutableBufferPointer { products in
        guard let patch = patch.baseAddress, var target = products.baseAddress else { return }
        for row in 0..<tapCount {
          for column in 0...row {
            for channel in stride(from: 0, to: width, by: vectorWidth) {
              let product =
                load(patch + (row &* width &+ channel)) * load(patch + (column &* width &+ channel))
              store(load(target + channel) + product, to: target + channel)
            }
            target += width
          }
        }
      }
    }
  }

  func finish(positionCount: Int) -> Hessian {
    let channelCount = layout.groupCount
    let factor = 1 / Double(positionCount)
    var moments = [Float](repeating: 0, count: channelCount * tapCount * tapCount)
    var means = [Double](repeating: 0, count: channelCount * tapCount)
    for channel in 0..<channelCount {
      for row in 0..<tapCount {
        means[channel * tapCount + row] = sums[row * channelCount + channel] * factor
        for column in 0...row {
          let sum = products[(row * (row + 1) / 2 + column) * width + channel]
          let moment = Float(Double(sum) * factor)
          moments[(channel * tapCount + row) * tapCount + column] = moment
          moments[(channel * tapCount + column) * tapCount + row] = moment
        }
      }
    }
    return Hessian(layout: layout, moments: moments, means: means)
  }
}
