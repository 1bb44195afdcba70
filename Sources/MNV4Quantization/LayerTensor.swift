import MNV4Core
import MNV4Graph

/// Weights `[outputs, …, inputs / groups]` or a bias `[outputs]` while equalization scales them.
///
/// Double precision, so that many rounds leave one rounding.
struct LayerTensor {
  private let outputCount: Int
  private let inputsPerGroup: Int
  private var elements: [Double]

  /// A copy of a float32 constant.
  init(_ constant: Constant) {
    outputCount = constant.shape[0]
    inputsPerGroup = constant.shape.last
    elements = constant.floats.map(Double.init)
  }

  /// A float32 constant with these elements and the name and shape of `original`.
  func constant(like original: Constant) throws(AllocationError) -> Constant {
    try Constant(name: original.name, shape: original.shape, copying: elements.map { Float($0) })
  }

  private var rowCount: Int { elements.count / outputCount }

  /// The largest magnitude of each output's elements.
  var outputMagnitudes: [Double] {
    (0..<outputCount).map { output in
      elements[output * rowCount..<(output + 1) * rowCount].reduce(0) { max($0, abs($1)) }
    }
  }

  /// The largest magnitude of the elements that each input of all groups meets.
  func inputMagnitudes(groups: Int) -> [Double] {
    var magnitudes = [Double](repeating: 0, count: groups * inputsPerGroup)
    for index in elements.indices {
      let input = self.input(ofElement: index, groups: groups)
      magnitudes[input] = max(magnitudes[input], abs(elements[index]))
    }
    return magnitudes
  }

  mutating func divideOutputs(by factors: [Double]) {
    for index in elements.indices { elements[index] /= factors[index / rowCount] }
  }

  mutating func multiplyInputs(by factors: [Double], groups: Int) {
    for index in elements.indices {
      elements[index] *= factors[input(ofElement: index, groups: groups)]
    }
  }

  private func input(ofElement index: Int, groups: Int) -> Int {
    let group = index / rowCount / (outputCount / groups)
    return group * inputsPerGroup + index % inputsPerGroup
  }
}
