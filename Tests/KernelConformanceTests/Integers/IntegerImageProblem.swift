import MNV4Core
import MNV4Graph

/// A seeded operation over images of integers with its exact answer.
struct IntegerImageProblem {
  enum Kind: CaseIterable {
    case averagePool, globalAveragePool, pad, resizeBilinear
  }

  let kind: Kind
  private let shape: [Int]
  private let pool: AveragePool

  init(_ kind: Kind, random: inout SeededRandom) {
    self.kind = kind
    let kernel = Extent(random.int(1...5), random.int(1...5))
    let padding = Padding(
      top: random.int(0...kernel.height - 1), left: random.int(0...kernel.width - 1),
      bottom: random.int(0...kernel.height - 1), right: random.int(0...kernel.width - 1))
    pool = AveragePool(
      kernel: kernel, stride: Extent(random.int(1...3), random.int(1...3)), padding: padding)
    shape = [
      random.int(1...2), max(random.int(1...7), kernel.height - padding.top - padding.bottom),
      max(random.int(1...7), kernel.width - padding.left - padding.right), random.int(1...65),
    ]
  }

  func problem(random: inout SeededRandom) throws -> IntegerProblem {
    let type = random.integerType()
    let input = random.tensor(shape, random.form(type))
    switch kind {
    case .averagePool, .globalAveragePool:
      let output = random.form(
        type, scale: divided(input.form.scale, by: random.power(-2...2)))
      return try IntegerProblem(
        kind == .averagePool ? .averagePool(pool) : .globalAveragePool, inputs: [input],
        output: output
      ) { means(input, output, $0) }
    case .pad:
      let padding = Padding(
        top: random.int(0...3), left: random.int(0...3), bottom: random.int(0...3),
        right: random.int(0...3))
      return try IntegerProblem(.pad(padding), inputs: [input], output: input.form) { output in
        indices(output).map { image, y, x, channel in
          let (row, column) = (y - padding.top, x - padding.left)
          guard (0..<shape[1]).contains(row), (0..<shape[2]).contains(column) else {
            return byte(input.form.zeroPoint)
          }
          return input.bytes[offset(image, row, column, channel)]
        }
      }
    case .resizeBilinear:
      let resize = ResizeBilinear(
        height: random.int(1...9), width: random.int(1...9), alignsCorners: random.bool(),
        usesHalfPixelCenters: random.bool())
      let ratio = random.oneIn(6) ? Float(255) : random.power(-3...2)
      let output =
        random.oneIn(3)
        ? input.form : random.form(type, scale: divided(input.form.scale, by: ratio))
      return try IntegerProblem(.resizeBilinear(resize), inputs: [input], output: output) {
        resized(input, resize, output, $0)
      }
    }
  }

  private func offset(_ image: Int, _ y: Int, _ x: Int, _ channel: Int) -> Int {
    ((image * shape[1] + y) * shape[2] + x) * shape[3] + channel
  }

  /// Image, row, column and channel of every element.
  private func indices(_ shape: Shape) -> [(Int, Int, Int, Int)] {
    (0..<shape.elementCount).map { index in
      let pixel = index / shape[3]
      return (
        pixel / shape[2] / shape[1], pixel / shape[2] % shape[1], pixel % shape[2],
        index % shape[3]
      )
    }
  }

  private func means(_ input: ProblemTensor, _ output: ElementForm, _ shape: Shape) -> [UInt8] {
    func window(_ index: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ count: Int) -> [Int] {
      guard kind == .averagePool else { return Array(0..<count) }
      return (0..<kernel).map { index * stride - before + $0 }.filter { (0..<count).contains($0) }
    }
    return indices(shape).flatMap { image, y, x, channel in
      let rows = window(
        y, pool.kernel.height, pool.stride.height, pool.padding.top, self.shape[1])
      let columns = window(
        x, pool.kernel.width, pool.stride.width, pool.padding.left, self.shape[2])
      var sum = 0
      for row in rows {
        for column in columns { sum += input.steps(offset(image, row, column, channel)) }
      }
      let divisor = times(output.scale, Float(rows.count * columns.count))
      return output.element(sum, scale: divided(input.form.scale, by: divisor))
    }
  }

  private func resized(
    _ input: ProblemTensor, _ resize: ResizeBilinear, _ output: ElementForm, _ shape: Shape
  ) -> [UInt8] {
    let taps = ResizeTaps(resize, height: self.shape[1], width: self.shape[2])
    return indices(shape).map { image, y, x, channel in
      let (rows, columns) = (taps.rows[y], taps.columns[x])
      func pixel(_ row: Int, _ column: Int) -> Float {
        Float(input.steps(offset(image, row, column, channel)))
      }
      let value = taps.blend(
        (pixel(rows.first, columns.first), pixel(rows.first, columns.second)),
        (pixel(rows.second, columns.first), pixel(rows.second, columns.second)), rows, columns)
      return byte(output.integer(times(value, divided(input.form.scale, by: output.scale))))
    }
  }
}

/// Which rows and columns an output of a bilinear resize lies between, in float32.
struct ResizeTaps {
  struct Tap {
    let first: Int
    let second: Int
    let fraction: Float
  }

  let rows: [Tap]
  let columns: [Tap]

  init(_ resize: ResizeBilinear, height: Int, width: Int) {
    func taps(_ count: Int, _ source: Int) -> [Tap] {
      (0..<count).map { index in
        let position: Float
        if resize.alignsCorners {
          let step = count == 1 ? 0 : divided(Float(source - 1), by: Float(count - 1))
          position = times(Float(index), step)
        } else {
          let step = divided(Float(source), by: Float(count))
          position =
            resize.usesHalfPixelCenters
            ? times(Float(index) + 0.5, step) - 0.5 : times(Float(index), step)
        }
        let inside = max(0, min(position, Float(source - 1)))
        let first = Int(inside.rounded(.down))
        return Tap(
          first: first, second: min(first + 1, source - 1), fraction: inside - Float(first))
      }
    }
    rows = taps(resize.height, height)
    columns = taps(resize.width, width)
  }

  /// Between two pixels of a row and two of the next.
  func blend(_ top: (Float, Float), _ bottom: (Float, Float), _ row: Tap, _ column: Tap) -> Float {
    let upper = top.0 + times(top.1 - top.0, column.fraction)
    let lower = bottom.0 + times(bottom.1 - bottom.0, column.fraction)
    return upper + times(lower - upper, row.fraction)
  }
}
