import MNV4Core
import MNV4Graph
import Testing

@testable import MNV4Quantization

@Suite struct BiasTests {
  private let layout = WeightLayout(
    outputCount: 2, kernel: .one, inputsPerGroup: 2, groupCount: 1)

  private func weights(_ scales: [Float]) -> QuantizedWeights {
    QuantizedWeights(elements: [1, 2, 3, 4], scales: scales, layout: layout)
  }

  @Test func steps() throws {
    let integers = try BiasQuantizer.quantize(
      [1.25, -0.375], inputScale: 0.5, weights: weights([1, 0.5]))
    // 2.5 and −1.5 steps: ties to even.
    #expect(integers == [2, -2])
  }

  @Test func overflows() throws {
    #expect(throws: QuantizerError.self) {
      try BiasQuantizer.quantize([1, 1], inputScale: 1e-6, weights: weights([1e-6]))
    }
    #expect(throws: QuantizerError.nonFiniteBias(output: 1)) {
      try BiasQuantizer.quantize([1, .nan], inputScale: 1, weights: weights([1]))
    }
    let wide = WeightLayout(
      outputCount: 1, kernel: .one, inputsPerGroup: 70_000, groupCount: 1)
    #expect(throws: QuantizerError.accumulatorOverflow(products: 70_000)) {
      try BiasQuantizer.scaleFloors(biases: [1], inputScale: 1, layout: wide)
    }
  }

  /// With the floors, a bias fits however small the weights are.
  @Test func floorsMakeRoom() throws {
    let (biases, inputScale): ([Float], Float) = ([5, -3], 0.01)
    let floors = try BiasQuantizer.scaleFloors(
      biases: biases, inputScale: inputScale, layout: layout)
    let quantizer = WeightQuantizer(
      granularity: .perChannel, range: .maximum, rounding: .nearest)
    let quantized = try quantizer.quantize(
      .init(
        weights: [.leastNormalMagnitude, 0, 0, 0], layout: layout, scaleFloors: floors))
    let integers = try BiasQuantizer.quantize(
      biases.map(Double.init), inputScale: inputScale, weights: quantized)
    for (integer, index) in zip(integers, biases.indices) {
      let real = Double(integer) * Double(inputScale) * Double(quantized.outputScales[index])
      #expect(abs(real - Double(biases[index])) < 1e-6)
    }
  }

  /// With the correction the mean output is what it was, padding and groups included.
  @Test(arguments: [1, 2, 6]) func correctionKeepsTheMean(groups: Int) throws {
    let layer = try SeededLayer(inputs: 6, outputs: 6, kernel: 3, groups: groups)
    let quantizer = WeightQuantizer(
      granularity: .perTensor, range: .maximum, rounding: .nearest)
    let quantized = try quantizer.quantize(layer.problem)
    let correction = BiasCorrection.fromWeightErrors(
      weights: layer.weights, quantized: quantized, inputMeans: layer.hessian.means)
    func means(_ weights: [Float]) -> [Double] {
      let all = layer.pictures.flatMap { products(weights, $0, layer.geometry) }
      return (0..<6).map { output in
        stride(from: output, to: all.count, by: 6).reduce(0) { $0 + all[$1] }
          / Double(all.count / 6)
      }
    }
    let (found, expected) = (means(quantized.reals), means(layer.weights))
    for output in 0..<6 {
      #expect(abs(found[output] - expected[output]) > 1e-6)
      #expect(abs(found[output] + correction[output] - expected[output]) < 1e-6)
    }
  }
}
