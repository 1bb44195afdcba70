import MNV4Core
import MNV4Graph
import MNV4Kernels
import Testing

/// Convolutions in 25 of 36 multiplications, which have a bound of their own and of which other tests'
/// problems have too few channels.
@Suite struct WinogradTests {
  /// Extents that meet tiles of many heights, squares that lack a row or a column, several panels and
  /// images, and every kind of padding.
  private static let layers = [
    WinogradProblem(height: 16, width: 16, channels: 16, columnCount: 32),
    WinogradProblem(height: 15, width: 17, channels: 17, columnCount: 33, activation: .relu6),
    WinogradProblem(height: 1, width: 16, channels: 24, columnCount: 16, hasBias: false),
    WinogradProblem(height: 2, width: 33, channels: 33, columnCount: 65),
    WinogradProblem(height: 3, width: 57, channels: 20, columnCount: 31, activation: .relu),
    WinogradProblem(
      imageCount: 2, height: 8, width: 18, channels: 32, columnCount: 96,
      padding: Padding(top: 0, left: 0, bottom: 1, right: 1)),
    WinogradProblem(
      imageCount: 3, height: 7, width: 21, channels: 40, columnCount: 70, padding: .none),
    WinogradProblem(
      height: 9, width: 16, channels: 65, columnCount: 17,
      padding: Padding(top: 2, left: 2, bottom: 0, right: 0), activation: .relu),
    WinogradProblem(
      height: 5, width: 62, channels: 16, columnCount: 100,
      padding: Padding(top: 0, left: 2, bottom: 2, right: 2)),
  ]

  @Test(arguments: layers.indices)
  func problem(index: Int) throws {
    var random = SeededRandom(index)
    let problem = try Self.layers[index].problem(random: &random)
    let names = try Conformance.check(problem, on: winogradBackends)
    #expect(names.count == winogradBackends.count)
  }

  /// Vectors of all widths that fuse products and sums make the same of them, and images are apart.
  @Test func bitsAreTheSame() throws {
    let layer = WinogradProblem(
      imageCount: 2, height: 9, width: 30, channels: 24, columnCount: 48, activation: .relu6)
    var random = SeededRandom(1)
    let both = try layer.problem(random: &random)
    var fused: [UInt32]?
    for backend in winogradBackends {
      let together = try backend.run(both.step, both.inputs)
      for image in 0..<2 {
        let count = both.inputs[0].count / 2
        let input = Array(both.inputs[0][image * count..<(image + 1) * count])
        var single = layer
        single.imageCount = 1
        var random = SeededRandom(1)
        let alone = try backend.run(
          single.problem(random: &random, input: input).step, [input])
        #expect(alone[...] == together[image * alone.count..<(image + 1) * alone.count])
      }
      guard backend.kernelName(both.step)?.contains("avx") == true else { continue }
      #expect(fused == nil || fused == together)
      fused = together
    }
  }

  /// What is not finite reaches the outputs whose windows hold it, and no others.
  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func whatIsNotFiniteStaysInItsWindows(special: Float) throws {
    let layer = WinogradProblem(height: 11, width: 18, channels: 16, columnCount: 32)
    var random = SeededRandom(2)
    let problem = try layer.problem(random: &random)
    for (y, x) in [(0, 0), (4, 7), (5, 8), (6, 6), (10, 17), (7, 17)] {
      var input = problem.inputs[0]
      input[(y * layer.width + x) * layer.channels + 5] = special
      for backend in winogradBackends {
        let output = try backend.run(problem.step, [input])
        for (index, bits) in output.enumerated() {
          let pixel = index / layer.columnCount
          let (row, column) = pixel.quotientAndRemainder(dividingBy: 9)
          let isInWindow = abs(2 * row - y) <= 1 && abs(2 * column - x) <= 1
          #expect(Float(bitPattern: bits).isFinite != isInWindow)
        }
      }
    }
  }

  /// The error is hardly more than that of plain sums.
  @Test func errorIsSmall() throws {
    let layer = WinogradProblem(height: 32, width: 32, channels: 64, columnCount: 64)
    var random = SeededRandom(3)
    let problem = try layer.problem(random: &random)
    let plain = try #require(
      KernelBackend.microkernelFamilies.first { $0.name == "layer" }?.kernels.first)
    let reference = try error(problem, KernelBackend(name: "plain", kernels: [plain]))
    for backend in winogradBackends {
      let error = try error(problem, backend)
      #expect(error < 2 * reference)
      #expect(error > 0)
    }
  }

  /// The root of the mean square of errors.
  private func error(_ problem: KernelProblem, _ backend: KernelBackend) throws -> Double {
    let output = try backend.run(problem.step, problem.inputs)
    let squares = zip(output, problem.expected).reduce(0) { sum, pair in
      let error = Double(Float(bitPattern: pair.0)) - pair.1.value
      return sum + error * error
    }
    return (squares / Double(output.count)).squareRoot()
  }

  /// Layers of other kinds are left to others.
  @Test func refuses() throws {
    var random = SeededRandom(4)
    var layer = WinogradProblem(height: 16, width: 16, channels: 16, columnCount: 16)
    #expect(try winogradBackends.allSatisfy { try $0.kernelName(layer.step(&random)) != nil })
    let changes: [(inout WinogradProblem) -> Void] = [
      { $0.channels = 15 }, { $0.columnCount = 15 }, { $0.width = 14 },
      { $0.activation = .hardSwish }, { $0.stride = Extent(1, 2) }, { $0.stride = Extent(2, 1) },
      { $0.kernel = Extent(3, 5) }, { $0.kernel = Extent(2, 3) }, { $0.groups = 2 },
      { $0.residual = .whole },
    ]
    for change in changes {
      layer = WinogradProblem(height: 16, width: 16, channels: 16, columnCount: 16)
      change(&layer)
      let step = try layer.step(&random)
      #expect(winogradBackends.allSatisfy { $0.kernelName(step) == nil }, "\(layer)")
    }
  }
}

private let winogradBackends = KernelBackend.single(named: "winograd")

/// A seeded convolution with its exact answer.
private struct WinogradProblem {
  var imageCount = 1
  var height: Int
  var width: Int
  var channels: Int
  var columnCount: Int
  var padding = Padding(top: 1, left: 1, bottom: 1, right: 1)
  var activation = Activation.identity
  var hasBias = true
  var kernel = Extent(3, 3)
  var stride = Extent(2, 2)
  var groups = 1
  var residual = Convolution.Residual.none

  private var operation: MNV4Graph.Operation {
    .convolution(
      Convolution(
        weights: ConstantID(0), bias: hasBias ? ConstantID(1) : nil, kernel: kernel,
        stride: stride, padding: padding, groups: groups, activation: activation,
        residual: residual))
  }

  private var weightShape: [Int] {
    [columnCount, kernel.height, kernel.width, channels / groups]
  }

  private func outputCount(_ input: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Int {
    (input + padding - kernel) / stride + 1
  }

  private var outputShape: [Int] {
    [
      imageCount,
      outputCount(height, kernel.height, stride.height, padding.top + padding.bottom),
      outputCount(width, kernel.width, stride.width, padding.left + padding.right), columnCount,
    ]
  }

  /// Whose answer nobody asks for.
  func step(_ random: inout SeededRandom) throws -> StepProblem {
    var inputs = [
      (
        shape: [imageCount, height, width, channels],
        elements: random.floats(imageCount * height * width * channels)
      )
    ]
    if residual != .none {
      inputs.append((outputShape, random.floats(outputShape.reduce(1, *))))
    }
    return try KernelProblem(
      operation, inputs: inputs,
      constants: [
        (weightShape, random.floats(weightShape.reduce(1, *))),
        ([columnCount], random.floats(columnCount)),
      ]
    ) { _ in [] }.step
  }

  func problem(random: inout SeededRandom, input given: [Float]? = nil) throws -> KernelProblem {
    let weights = random.floats(weightShape.reduce(1, *), in: -1...1)
    let bias = random.floats(columnCount)
    let input = given ?? random.floats(imageCount * height * width * channels)
    return try KernelProblem(
      operation, inputs: [([imageCount, height, width, channels], input)],
      constants: [(weightShape, weights), ([columnCount], bias)]
    ) { output in
      answer(output, input, weights, bias: hasBias ? bias : nil)
    }
  }

  /// The definition, in double precision.
  ///
  /// Let a be the greatest magnitude of a window of elements and s the sum of magnitudes of weights.
  /// Along one direction A, M and B are sums of products that are in total at most 3·a·s, along both
  /// 9·a·s. Each term passes through at most 7 additions a channel, two in its combinations of elements
  /// and two in those of weights, its own product, the bias and the sum of two sums.
  private func answer(
    _ output: Shape, _ input: [Float], _ weights: [Float], bias: [Float]?
  ) -> [ExpectedElement] {
    let depth = 9 * channels
    let growth = 9 * Double(7 * channels + 7) * unitRoundoff
    return (0..<output.elementCount).map { index in
      let (pixel, column) = index.quotientAndRemainder(dividingBy: columnCount)
      let (line, x) = pixel.quotientAndRemainder(dividingBy: output[2])
      let (image, y) = line.quotientAndRemainder(dividingBy: output[1])
      var (sum, greatest, weightSum) = (0.0, 0.0, 0.0)
      for tap in 0..<9 {
        let row = 2 * y - padding.top + tap / 3
        let place = 2 * x - padding.left + tap % 3
        for channel in 0..<channels {
          let weight = Double(weights[column * depth + tap * channels + channel])
          weightSum += abs(weight)
          guard (0..<height).contains(row), (0..<width).contains(place) else { continue }
          let element = Double(
            input[((image * height + row) * width + place) * channels + channel])
          sum += weight * element
          greatest = max(greatest, abs(element))
        }
      }
      let added = Double(bias?[column] ?? 0)
      return activation.expected(
        sum + added,
        tolerance: growth * (greatest * weightSum + abs(added)) + 2 * unitRoundoff * abs(added))
    }
  }
}
