/// Sums of `x xᵀ` for each group of a convolution or fully connected layer, `x` one patch.
///
/// Patches are gathered into blocks, so that each pass over the sums adds many of them.
struct DenseProducts: Sendable {
  static let blockRowCount = 32

  let layout: WeightLayout
  /// `rowCount`, up to whole vectors.
  private let width: Int
  /// `[groups, blockRowCount, width]`; columns after `rowCount` are zero.
  private var block: [Float]
  private var blockCount = 0
  /// `[groups, width, width]`; tiles on and below the diagonal.
  private var products: [Float]
  /// `[groups, rowCount]`.
  private var sums: [Double]

  init(layout: WeightLayout) {
    self.layout = layout
    width = layout.rowCount.roundedUp(to: vectorWidth)
    block = [Float](repeating: 0, count: layout.groupCount * Self.blockRowCount * width)
    products = [Float](repeating: 0, count: layout.groupCount * width * width)
    sums = [Double](repeating: 0, count: layout.groupCount * layout.rowCount)
  }

  /// Adds the patch at an output position; false where it is not finite, and then nothing is added.
  mutating func add(
    _ picture: UnsafeBufferPointer<Float>, at position: Int, of geometry: LayerGeometry
  ) -> Bool {
    let channelCount = layout.inputsPerGroup
    let (row, width, layout) = (blockCount, width, layout)
    // A product with zero is zero, or NaN where the factor was not finite.
    var check: Float = 0
    block.withUnsafeMutableBufferPointer { block in
      geometry.forEachTap(at: position) { tap, offset in
        for group in 0..<layout.groupCount {
          let target = (group * Self.blockRowCount + row) * width + tap * channelCount
          for channel in 0..<channelCount {
            let element = offset.map { picture[$0 + group * channelCount + channel] } ?? 0
            check += element * 0
            block[target + channel] = element
          }
        }
      }
    }
    guard check == 0 else { return false }
    for group in 0..<layout.groupCount {
      let start = (group * Self.blockRowCount + row) * width
      for index in 0..<layout.rowCount {
        sums[group * layout.rowCount + index] += Double(block[start + index])
      }
    }
    blockCount += 1
    if blockCount == Self.blockRowCount { flush() }
    return true
  }

  /// Adds the block's products to the sums, and empties it.
  private mutating func flush() {
    let (rows, width, groupCount) = (blockCount, width, layout.groupCount)
    block.withUnsafeBufferPointer { block in
      products.withUnsafeMutableBufferPointer { products in
        guard let block = block.baseAddress, let products = products.baseAddress else { return }
        for group in 0..<groupCount {
          Self.addProducts(
            of: block + group * Self.blockRowCount * width, rows: rows, width: width,
            to: products + group * width * width)
        }
      }
    }
    blockCount = 0
  }

  /// Tiles of four rows and one vector of columns.
  private static func addProducts(
    of block: UnsafePointer<Float>, rows: Int, width: Int, to products: UnsafeMutablePointer<Float>
  ) {
    for first in stride(from: 0, to: width, by: 4) {
      for column in stride(from: 0, through: first + 3, by: vectorWidth) {
        var (a, b, c, d) = (FloatVector.zero, FloatVector.zero, FloatVector.zero, FloatVector.zero)
        for row in 0..<rows {
          let vector = load(block + (row &* width &+ column))
          let factors = block + (row &* width &+ first)
          a += vector * factors[0]
          b += vector * factors[1]
          c += vector * factors[2]
          d += vector * factors[3]
        }
        for (index, sum) in [a, b, c, d].enumerated() {
          let target = products + ((first + index) * width + column)
          store(load(target) + sum, to: target)
        }
      }
    }
  }

  mutating func finish(positionCount: Int) -> Hessian {
    flush()
    let order = layout.rowCount
    let factor = 1 / Double(positionCount)
    var moments = [Float](repeating: 0, count: layout.groupCount * order * order)
    for group in 0..<layout.groupCount {
      for row in 0..<order {
        for column in 0...row {
          let sum = products[(group * width + row) * width + column]
          let moment = Float(Double(sum) * factor)
          moments[(group * order + row) * order + column] = moment
          moments[(group * order + column) * order + row] = moment
        }
      }
    }
    return Hessian(layout: layout, moments: moments, means: sums.map { $0 * factor })
  }
}
