import MNV4Core
import MNV4Graph
import Testing

@testable import MNV4Quantization

/// Weights, pictures and the Hessian of a seeded layer.
struct SeededLayer {
  let geometry: LayerGeometry
  let weights: [Float]
  let pictures: [[Float]]
  let hessian: Hessian

  init(inputs: Int, outputs: Int, kernel: Int = 1, groups: Int = 1, seed: UInt64 = 1) throws {
    geometry = try MNV4QuantizationTests.geometry(
      height: 6, width: 6, inputs: inputs, outputs: outputs, kernel: kernel, groups: groups)
    weights = normal(geometry.layout.elementCount, seed: seed)
    // Channels that vary together, as in a network.
    let mixing = normal(inputs * inputs, seed: seed + 1)
    pictures = (0..<12).map { picture in
      let sources = normal(36 * inputs, seed: seed + 10 + UInt64(picture))
      return (0..<36 * inputs).map { index in
        let (pixel, channel) = (index / inputs, index % inputs)
        let sum = (0..<inputs).reduce(Float(0)) {
          $0 + sources[pixel * inputs + $1] * mixing[channel * inputs + $1] / Float(1 + $1 * $1)
        }
        return max(sum + 1, 0)
      }
    }
    var accumulator = HessianAccumulator(geometry: geometry, positionLimit: 100, seed: 1)
    for picture in pictures { accumulator.add(picture) }
    hessian = try #require(accumulator.finish())
  }

  var problem: WeightQuantizer.Problem {
    WeightQuantizer.Problem(weights: weights, layout: geometry.layout, hessian: hessian)
  }

  /// The squared error of the outputs over all pictures.
  func error(of quantized: QuantizedWeights) -> Double {
    let errors = zip(quantized.reals, weights).map { $0 - $1 }
    return pictures.reduce(0) { sum, picture in
      sum + products(errors, picture, geometry).reduce(0) { $0 + $1 * $1 }
    }
  }
}

@Suite struct WeightQuantizerTests {
  private static let nearest = WeightQuantizer(
    granularity: .perChannel, range: .maximum, rounding: .nearest)

  private func layout(_ outputs: Int, _ inputs: Int) -> WeightLayout {
    WeightLayout(outputCount: outputs, kernel: .one, inputsPerGroup: inputs, groupCount: 1)
  }

  @Test func perChannel() throws {
    let quantized = try Self.nearest.quantize(
      .init(weights: [127, -3.5, 2.5, 1, -2, 0.5], layout: layout(2, 3)))
    #expect(quantized.elements == [127, -4, 2, 64, -127, 32])
    #expect(quantized.scales == [1, Float(2) / 127])
    let parameters = try quantized.parameters(for: Shape([2, 1, 1, 3]))
    #expect(parameters.axis == 0)
    #expect(parameters.zeroPoints == [0, 0])
  }

  @Test func perTensor() throws {
    var quantizer = Self.nearest
    quantizer.granularity = .perTensor
    let quantized = try quantizer.quantize(
      .init(weights: [127, -3.5, 2.5, 1, -2, 0.5], layout: layout(2, 3)))
    #expect(quantized.elements == [127, -4, 2, 1, -2, 0])
    #expect(quantized.scales == [1])
    #expect(quantized.outputScales == [1, 1])
    #expect(try quantized.parameters(for: Shape([2, 3])).axis == nil)
  }

  /// Rows of zeros and of the smallest numbers get usable scales.
  @Test(arguments: [WeightQuantizer.Granularity.perChannel, .perTensor])
  func tinyWeights(_ granularity: WeightQuantizer.Granularity) throws {
    for weights in [[Float](repeating: 0, count: 6), [0, 0, 0, .leastNonzeroMagnitude, 0, 0]] {
      for range in [WeightQuantizer.Range.maximum, .leastError] {
        let quantizer = WeightQuantizer(
          granularity: granularity, range: range, rounding: .secondOrder(damping: 0.01))
        let quantized = try quantizer.quantize(.init(weights: weights, layout: layout(2, 3)))
        #expect(quantized.scales.allSatisfy { $0.isNormal && $0 > 0 })
        _ = try quantized.parameters(for: Shape([2, 3]))
      }
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func refuses(_ element: Float) throws {
    #expect(throws: QuantizerError.nonFiniteWeight(index: 2)) {
      try Self.nearest.quantize(.init(weights: [1, 2, element], layout: layout(1, 3)))
    }
  }

  @Test func largestWeights() throws {
    let quantized = try Self.nearest.quantize(
      .init(
        weights: [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0], layout: layout(1, 3)))
    #expect(quantized.elements == [127, -127, 0])
  }

  @Test func scaleFloors() throws {
    let quantized = try Self.nearest.quantize(
      .init(weights: [127, 1, 0, 0], layout: layout(2, 2), scaleFloors: [2, 3]))
    #expect(quantized.scales == [2, 3])
    #expect(quantized.elements == [64, 0, 0, 0])
  }

  /// One outlier in many weights is clipped; the error is below that of the whole range.
  @Test func leastErrorClips() throws {
    let weights = normal(511) + [12]
    var quantizer = Self.nearest
    let whole = try quantizer.quantize(.init(weights: weights, layout: layout(1, 512)))
    quantizer.range = .leastError
    let clipped = try quantizer.quantize(.init(weights: weights, layout: layout(1, 512)))
    func error(_ quantized: QuantizedWeights) -> Float {
      zip(quantized.reals, weights).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    #expect(clipped.scales[0] <= whole.scales[0])
    #expect(error(clipped) <= error(whole))
  }

  /// A huge weight that meets nothing but zeros does not take the steps from the others.
  @Test func weightsWithoutInputDoNotCount() throws {
    let layout = WeightLayout(
      outputCount: 4, kernel: .one, inputsPerGroup: 1, groupCount: 4)
    let hessian = Hessian(
      layout: layout, moments: [1, 1, 0, 1], means: [0.5, 0.5, 0, 0.5])
    let quantizer = WeightQuantizer(
      granularity: .perTensor, range: .leastError, rounding: .secondOrder(damping: 0.01))
    let quantized = try quantizer.quantize(
      .init(weights: [0.5, -0.9, 100, 0.7], layout: layout, hessian: hessian))
    #expect(quantized.scales[0] < 1.1 / 127)
    #expect(quantized.elements[2] == 127)
    for (real, weight) in zip(quantized.reals, [0.5, -0.9]) {
      #expect(abs(Double(real) - weight) < 0.005)
    }
  }

  struct Case: CustomTestStringConvertible, Sendable {
    var inputs: Int
    var outputs: Int
    var kernel = 1
    var groups = 1

    var testDescription: String { "\(inputs)→\(outputs) \(kernel)×\(kernel) groups \(groups)" }
  }

  @Test(
    arguments: [
      Case(inputs: 12, outputs: 19), Case(inputs: 3, outputs: 8, kernel: 3),
      Case(inputs: 24, outputs: 24, kernel: 3, groups: 24),
      Case(inputs: 8, outputs: 6, kernel: 3, groups: 2),
    ], [WeightQuantizer.Granularity.perChannel, .perTensor])
  func secondOrderReducesTheError(
    _ problem: Case, _ granularity: WeightQuantizer.Granularity
  ) throws {
    let layer = try SeededLayer(
      inputs: problem.inputs, outputs: problem.outputs, kernel: problem.kernel,
      groups: problem.groups)
    var quantizer = WeightQuantizer(
      granularity: granularity, range: .maximum, rounding: .nearest)
    let nearest = try quantizer.quantize(layer.problem)
    quantizer.rounding = .secondOrder(damping: 0.01)
    let second = try quantizer.quantize(layer.problem)
    #expect(second.scales == nearest.scales)
    #expect(layer.error(of: second) < 0.8 * layer.error(of: nearest))
    #expect(second.elements.allSatisfy { $0 >= -127 })
    #expect(try quantizer.quantize(layer.problem) == second)
  }

  /// Without a Hessian there is nothing to make up for.
  @Test func secondOrderWithoutHessianIsNearest() throws {
    let layer = try SeededLayer(inputs: 5, outputs: 9)
    let problem = WeightQuantizer.Problem(weights: layer.weights, layout: layer.geometry.layout)
    var quantizer = Self.nearest
    let nearest = try quantizer.quantize(problem)
    quantizer.rounding = .secondOrder(damping: 0.01)
    #expect(try quantizer.quantize(problem) == nearest)
  }
}
