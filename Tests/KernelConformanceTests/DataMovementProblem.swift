import MNV4Core
import MNV4Graph

/// A seeded slice, concatenation, reshape, pad or resize with its exact answer.
enum DataMovementProblem: CaseIterable {
  case slice, concatenation, reshape, pad, resizeBilinear

  func problem(random: inout SeededRandom) throws -> KernelProblem {
    let outer = [random.int(1...3), random.int(1...6)]
    let rows = outer[0] * outer[1]
    let channels = random.int(1...65)
    let input = random.floats(rows * channels)
    switch self {
    case .slice:
      let start = random.int(0...channels - 1)
      let count = random.int(1...channels - start)
      return try KernelProblem(
        .slice(Slice(start: start, count: count)), inputs: [(outer + [channels], input)]
      ) { _ in
        (0..<rows * count).map { index in
          let (row, channel) = index.quotientAndRemainder(dividingBy: count)
          return ExpectedElement(Double(input[row * channels + start + channel]))
        }
      }
    case .concatenation:
      var inputs = [(shape: outer + [channels], elements: input)]
      for _ in 0..<random.int(1...3) {
        let more = random.int(1...20)
        inputs.append((outer + [more], random.floats(rows * more)))
      }
      return try KernelProblem(.concatenation, inputs: inputs) { _ in
        (0..<rows).flatMap { row in
          inputs.flatMap { shape, elements in
            elements[row * shape[2]..<(row + 1) * shape[2]].map { ExpectedElement(Double($0)) }
          }
        }
      }
    case .reshape:
      return try KernelProblem(
        .reshape(try Shape([channels, outer[1], outer[0]])),
        inputs: [(outer + [channels], input)]
      ) { _ in input.map { ExpectedElement(Double($0)) } }
    case .pad, .resizeBilinear:
      let image = DataImage(
        height: random.int(1...7), width: random.int(1...7), channels: channels,
        elements: random.floats(2 * 49 * channels))
      return try self == .pad ? image.padded(&random) : image.resized(&random)
    }
  }
}

/// Two images, and what becomes of them in another extent.
private struct DataImage {
  let height: Int
  let width: Int
  let channels: Int
  let elements: [Float]

  private var operand: (shape: [Int], elements: [Float]) {
    let shape = [2, height, width, channels]
    return (shape, Array(elements.prefix(shape.reduce(1, *))))
  }

  private func pixel(_ image: Int, _ y: Int, _ x: Int, _ channel: Int) -> Float {
    elements[((image * height + y) * width + x) * channels + channel]
  }

  func padded(_ random: inout SeededRandom) throws -> KernelProblem {
    let padding = Padding(
      top: random.int(0...3), left: random.int(0...3), bottom: random.int(0...3),
      right: random.int(0...3))
    return try KernelProblem(.pad(padding), inputs: [operand]) { output in
      (0..<output.elementCount).map { index in
        let place = index / channels
        let y = place / output[2] % output[1] - padding.top
        let x = place % output[2] - padding.left
        guard (0..<height).contains(y), (0..<width).contains(x) else { return ExpectedElement(0) }
        return ExpectedElement(
          Double(pixel(place / output[2] / output[1], y, x, index % channels)))
      }
    }
  }

  /// The same bits as the formula in float32.
  func resized(_ random: inout SeededRandom) throws -> KernelProblem {
    let resize = ResizeBilinear(
      height: random.int(1...9), width: random.int(1...9), alignsCorners: random.bool(),
      usesHalfPixelCenters: random.bool())
    let taps = ResizeTaps(resize, height: height, width: width)
    return try KernelProblem(.resizeBilinear(resize), inputs: [operand]) { output in
      (0..<output.elementCount).map { index in
        let place = index / channels
        let image = place / output[2] / output[1]
        let row = taps.rows[place / output[2] % output[1]]
        let column = taps.columns[place % output[2]]
        let channel = index % channels
        return ExpectedElement(
          Double(
            taps.blend(
              (
                pixel(image, row.first, column.first, channel),
                pixel(image, row.first, column.second, channel)
              ),
              (
                pixel(image, row.second, column.first, channel),
                pixel(image, row.second, column.second, channel)
              ), row, column)))
      }
    }
  }
}
