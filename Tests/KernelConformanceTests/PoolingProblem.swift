import MNV4Core
import MNV4Graph

/// A seeded mean over windows, or over whole images, with its exact answer.
struct PoolingProblem {
  let isGlobal: Bool
  let shape: [Int]
  let pool: AveragePool

  init(isGlobal: Bool, channels: Int? = nil, random: inout SeededRandom) {
    self.isGlobal = isGlobal
    let kernel = Extent(random.int(1...5), random.int(1...5))
    let padding = Padding(
      top: random.int(0...kernel.height - 1), left: random.int(0...kernel.width - 1),
      bottom: random.int(0...kernel.height - 1), right: random.int(0...kernel.width - 1))
    pool = AveragePool(
      kernel: kernel, stride: Extent(random.int(1...3), random.int(1...3)), padding: padding)
    shape = [
      random.int(1...2), max(random.int(1...9), kernel.height - padding.top - padding.bottom),
      max(random.int(1...9), kernel.width - padding.left - padding.right),
      channels ?? random.int(1...65),
    ]
  }

  func problem(random: inout SeededRandom) throws -> KernelProblem {
    let input = random.floats(shape.reduce(1, *))
    let operation: Operation = isGlobal ? .globalAveragePool : .averagePool(pool)
    return try KernelProblem(operation, inputs: [(shape, input)]) { output in
      (0..<output.elementCount).map { index in
        let pixel = index / shape[3]
        let image = pixel / output[2] / output[1]
        let rows =
          isGlobal
          ? 0..<shape[1]
          : window(
            pixel / output[2] % output[1], pool.kernel.height, pool.stride.height,
            pool.padding.top, shape[1])
        let columns =
          isGlobal
          ? 0..<shape[2]
          : window(
            pixel % output[2], pool.kernel.width, pool.stride.width, pool.padding.left,
            shape[2])
        return mean(input, image: image, rows, columns, channel: index % shape[3])
      }
    }
  }

  private func window(
    _ index: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ count: Int
  ) -> Range<Int> {
    let start = index * stride - before
    return max(start, 0)..<min(start + kernel, count)
  }

  /// Each term is divided by the count of pixels: the rounding of a product, or of the reciprocal
  /// and a product, which the bound of a sum counts.
  private func mean(
    _ input: [Float], image: Int, _ rows: Range<Int>, _ columns: Range<Int>, channel: Int
  ) -> ExpectedElement {
    let count = Double(rows.count * columns.count)
    var sum = ExactSum()
    for y in rows {
      for x in columns {
        let index = ((image * shape[1] + y) * shape[2] + x) * shape[3] + channel
        sum.add(Double(input[index]) / count)
      }
    }
    return Activation.identity.expected(sum)
  }
}
