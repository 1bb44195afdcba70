import MNV4Core
import MNV4Graph
import MNV4Kernels
import Testing

/// Products in seven eighths of the multiplications, which have a bound of their own and of which other
/// tests' problems are too small.
@Suite struct StrassenTests {
  /// Extents that meet every kind of strip, tiles of many heights, several blocks of
  /// rows and several images.
  private static let layers = [
    StrassenProblem(height: 8, width: 8, depth: 256, columnCount: 64),
    StrassenProblem(height: 9, width: 10, depth: 130, columnCount: 100, activation: .relu6),
    StrassenProblem(height: 13, width: 14, depth: 66, columnCount: 95, hasBias: false),
    StrassenProblem(height: 11, width: 6, depth: 190, columnCount: 113, hasResidual: true),
    StrassenProblem(imageCount: 2, height: 7, width: 16, depth: 130, columnCount: 81),
    StrassenProblem(
      imageCount: 3, height: 9, width: 8, depth: 98, columnCount: 176, activation: .relu,
      hasResidual: true),
    StrassenProblem(height: 40, width: 36, depth: 64, columnCount: 67),
    StrassenProblem(height: 9, width: 10, depth: 2050, columnCount: 64),
  ]

  @Test(arguments: layers.indices)
  func problem(index: Int) throws {
    var random = SeededRandom(index)
    let problem = try Self.layers[index].problem(random: &random)
    let names = try Conformance.check(problem, on: strassenBackends)
    #expect(names.count == strassenBackends.count)
  }

  /// Elements do not depend on other images, and vectors of all widths make the same of them.
  @Test func imagesAreApart() throws {
    let layer = StrassenProblem(
      imageCount: 2, height: 9, width: 10, depth: 128, columnCount: 112, activation: .relu6)
    var random = SeededRandom(1)
    let both = try layer.problem(random: &random)
    var single = layer
    single.imageCount = 1
    var fused: [UInt32]?
    for backend in strassenBackends {
      let together = try backend.run(both.step, both.inputs)
      for image in 0..<2 {
        let count = both.inputs[0].count / 2
        let input = Array(both.inputs[0][image * count..<(image + 1) * count])
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

  /// A number that is not finite stays in its pair of pixels.
  @Test func nanStaysInItsPair() throws {
    let layer = StrassenProblem(imageCount: 2, height: 9, width: 10, depth: 128, columnCount: 112)
    var random = SeededRandom(2)
    let problem = try layer.problem(random: &random)
    for (pixel, pair) in [(4, 4...5), (7, 6...7), (89, 88...89), (90, 90...91)] {
      var input = problem.inputs[0]
      input[pixel * layer.depth + 77] = .nan
      for backend in strassenBackends {
        let output = try backend.run(problem.step, [input])
        for (index, bits) in output.enumerated() {
          let at = index / layer.columnCount
          #expect(!Float(bitPattern: bits).isNaN || pair.contains(at))
          #expect(Float(bitPattern: bits).isNaN || at != pixel)
        }
      }
    }
  }

  /// The error is about twice that of a plain product, also where columns differ in size by far more
  /// than rounding allows to be mixed.
  @Test func errorIsSmall() throws {
    let layer = StrassenProblem(height: 10, width: 10, depth: 192, columnCount: 128)
    var random = SeededRandom(3)
    let problem = try layer.problem(random: &random, columnScales: true)
    let plain = try #require(
      KernelBackend.microkernelFamilies.first { $0.name == "layer" }?.kernels.first)
    let reference = try relativeError(
      problem, layer, KernelBackend(name: "plain", kernels: [plain]))
    for backend in strassenBackends {
      let error = try relativeError(problem, layer, backend)
      #expect(error < 4 * reference)
      #expect(error > 0)
    }
  }

  /// Columns of zeros, and of numbers that are next to nothing, stay so.
  @Test(arguments: [0, Float.leastNonzeroMagnitude, 1e-30, 1e-19])
  func smallColumnsStaySmall(weight: Float) throws {
    let layer = StrassenProblem(height: 8, width: 8, depth: 192, columnCount: 128)
    var random = SeededRandom(4)
    let problem = try layer.problem(random: &random, weightOfColumn5: weight)
    for backend in strassenBackends {
      let output = try backend.run(problem.step, problem.inputs)
      for pixel in 0..<64 {
        let index = pixel * 128 + 5
        let error = Double(Float(bitPattern: output[index])) - problem.expected[index].value
        #expect(abs(error) <= 1e-4 * Double(weight) + 1e-20)
      }
    }
  }

  /// Layers of other kinds are left to others.
  @Test func refuses() throws {
    let layers = [
      StrassenProblem(height: 14, width: 14, depth: 129, columnCount: 128),
      StrassenProblem(height: 14, width: 15, depth: 128, columnCount: 128),
      StrassenProblem(height: 14, width: 14, depth: 512, columnCount: 48),
      StrassenProblem(height: 7, width: 8, depth: 512, columnCount: 512),
      StrassenProblem(height: 14, width: 14, depth: 128, columnCount: 128, activation: .hardSwish),
      StrassenProblem(height: 14, width: 14, depth: 400_000, columnCount: 64),
    ]
    for layer in layers {
      let problem = try layer.step()
      #expect(strassenBackends.allSatisfy { $0.kernelName(problem) == nil }, "\(layer)")
    }
  }

  /// The root of the mean square of errors, each in terms of its column's size.
  private func relativeError(
    _ problem: KernelProblem, _ layer: StrassenProblem, _ backend: KernelBackend
  ) throws -> Double {
    let output = try backend.run(problem.step, problem.inputs)
    var sum = 0.0
    for (index, (bits, expected)) in zip(output, problem.expected).enumerated() {
      let scale = Double(layer.scale(ofColumn: index % layer.columnCount))
      let error = (Double(Float(bitPattern: bits)) - expected.value) / scale
      sum += error * error
    }
    return (sum / Double(output.count)).squareRoot()
  }
}

private let strassenBackends = KernelBackend.single(named: "strassen")

/// A seeded pointwise convolution with its exact answer.
private struct StrassenProblem {
  var imageCount = 1
  var height: Int
  var width: Int
  var depth: Int
  var columnCount: Int
  var activation = Activation.identity
  var hasBias = true
  var hasResidual = false

  private var pixelCount: Int { imageCount * height * width }

  private var operation: MNV4Graph.Operation {
    .convolution(
      Convolution(
        weights: ConstantID(0), bias: hasBias ? ConstantID(1) : nil, kernel: .one, groups: 1,
        activation: activation, residual: hasResidual ? .whole : .none))
  }

  /// 2^-30 to 2^30.
  func scale(ofColumn column: Int) -> Float {
    Float(sign: .plus, exponent: column * 37 % 61 - 30, significand: 1)
  }

  /// Of constants of zeros.
  func step() throws -> StepProblem {
    try KernelProblem(
      operation, inputs: [([imageCount, height, width, depth], [])],
      constants: [
        ([columnCount, 1, 1, depth], [Float](repeating: 0, count: columnCount * depth)),
        ([columnCount], [Float](repeating: 0, count: columnCount)),
      ]
    ) { _ in [] }.step
  }

  func problem(
    random: inout SeededRandom, input given: [Float]? = nil, columnScales: Bool = false,
    weightOfColumn5: Float? = nil
  ) throws -> KernelProblem {
    var weights = random.floats(columnCount * depth, in: -1...1)
    if let weightOfColumn5 {
      for k in 0..<depth { weights[5 * depth + k] = weightOfColumn5 }
    }
    let bias =
      columnScales || weightOfColumn5 != nil
      ? [Float](repeating: 0, count: columnCount) : random.floats(columnCount)
    if columnScales {
      for index in weights.indices { weights[index] *= scale(ofColumn: index / depth) }
    }
    let input = given ?? random.floats(pixelCount * depth)
    var inputs = [(shape: [imageCount, height, width, depth], elements: input)]
    if hasResidual {
      inputs.append(
        ([imageCount, height, width, columnCount], random.floats(pixelCount * columnCount)))
    }
    return try KernelProblem(
      operation, inputs: inputs,
      constants: [([columnCount, 1, 1, depth], weights), ([columnCount], bias)]
    ) { _ in
      answer(input, weights, bias: hasBias ? bias : nil, residual: inputs.dropFirst().first?.1)
    }
  }

  /// The definition, in double precision.
  ///
  /// Let h be half the depth, a the greatest magnitude of the rows and b that of the columns, all of
  /// which are scaled to between b/2 and b. No quarter of the output is a sum of products that are in
  /// total larger than 18·h·a·b: those of S2·T2, where elements are up to 3a and 3b, 9·h·a·b; of S1·T1,
  /// S3·T3, S4·B22 and A22·T4 4·h·a·b each; of the others h·a·b each. Each term passes through at most
  /// 3h additions along the depth, six in sums of rows and columns, its own product and four additions
  /// of bias, residual and what was saved.
  private func answer(
    _ input: [Float], _ weights: [Float], bias: [Float]?, residual: [Float]?
  ) -> [ExpectedElement] {
    let half = Double(depth) / 2
    let greatest = Double(input.reduce(0) { max($0, abs($1)) })
    let growth = 18 * half * (3 * half + 11) * unitRoundoff * greatest
    let rows = input.map(Double.init)
    let columns = weights.map(Double.init)
    var expected: [ExpectedElement] = []
    expected.reserveCapacity(pixelCount * columnCount)
    let sizes = (0..<columnCount).map { column in
      columns[column * depth..<(column + 1) * depth].reduce(0) { max($0, abs($1)) }
    }
    for pixel in 0..<pixelCount {
      for column in 0..<columnCount {
        var sum = 0.0
        for k in 0..<depth { sum += rows[pixel * depth + k] * columns[column * depth + k] }
        let added =
          Double(bias?[column] ?? 0) + Double(residual?[pixel * columnCount + column] ?? 0)
        // A column is at most twice as large as its partner once both are scaled.
        let tolerance = 2 * growth * sizes[column] + 4 * unitRoundoff * abs(added)
        expected.append(
          activation.expected(sum + added, tolerance: tolerance))
      }
    }
    return expected
  }
}
