package import MNV4Core
import MNV4Graph

/// Turns a layer's weights into symmetric int8, −127 to 127.
package struct WeightQuantizer: Hashable, Sendable {
  package enum Granularity: Hashable, Sendable {
    /// A scale for each output.
    case perChannel
    /// One scale.
    case perTensor
  }

  package enum Range: Hashable, Sendable {
    /// Up to the largest magnitude.
    case maximum
    /// The range with the least squared error of the weights, each weighed by the mean square of the
    /// input it meets where a `Hessian` is given. A weight beyond the range is clipped: one that
    /// meets nothing, as behind a ReLU that never opens, does not widen the grid of the others.
    case leastError
  }

  package enum Rounding: Hashable, Sendable {
    /// Ties to even.
    case nearest
    /// Each weight makes up for the errors of others of its output (`SecondOrderRounding`), with
    /// that part of the mean diagonal element added to the Hessian's diagonal. Nearest where no
    /// Hessian is given.
    case secondOrder(damping: Double)
  }

  package var granularity: Granularity
  package var range: Range
  package var rounding: Rounding

  package init(granularity: Granularity, range: Range, rounding: Rounding) {
    self.granularity = granularity
    self.range = range
    self.rounding = rounding
  }

  /// A layer to quantize.
  package struct Problem: Sendable {
    /// In the order of the layout.
    package var weights: [Float]
    package var layout: WeightLayout
    /// Of the layer's inputs, of the same layout.
    package var hessian: Hessian?
    /// Scales are at least these, an element an output, so that each bias fits its accumulator
    /// (`BiasQuantizer.scaleFloors`).
    package var scaleFloors: [Float]?

    package init(
      weights: [Float], layout: WeightLayout, hessian: Hessian? = nil, scaleFloors: [Float]? = nil
    ) {
      precondition(weights.count == layout.elementCount)
      precondition(hessian.map { $0.layout == layout } ?? true)
      precondition(scaleFloors.map { $0.count == layout.outputCount } ?? true)
      self.weights = weights
      self.layout = layout
      self.hessian = hessian
      self.scaleFloors = scaleFloors
    }
  }

  /// The integers, and a scale for each output or for all.
  package func quantize(_ problem: Problem) throws(QuantizerError) -> QuantizedWeights {
    if let index = problem.weights.firstIndex(where: { !$0.isFinite }) {
      throw .nonFiniteWeight(index: index)
    }
    let search = WeightRangeSearch(problem: problem)
    let scales: [Float] =
      switch granularity {
      case .perChannel:
        (0..<problem.layout.outputCount).map {
          search.scale(forOutputs: $0..<$0 + 1, range: range)
        }
      case .perTensor: [search.scale(forOutputs: 0..<problem.layout.outputCount, range: range)]
      }
    var quantized = QuantizedWeights(
      elements: [Int8](repeating: 0, count: problem.layout.elementCount), scales: scales,
      layout: problem.layout)
    round(problem, into: &quantized)
    return quantized
  }

  private func round(_ problem: Problem, into quantized: inout QuantizedWeights) {
    let layout = problem.layout
    let scales = quantized.outputScales
    for group in 0..<layout.groupCount {
      let rounding =
        switch (rounding, problem.hessian) {
        case (.secondOrder(let damping), .some(let hessian)):
          SecondOrderRounding(
            matrix: hessian.matrix(ofGroup: group), order: layout.rowCount, damping: damping)
        case (.nearest, _), (.secondOrder, nil):
          SecondOrderRounding(nearestOfOrder: layout.rowCount)
        }
      let outputs = layout.outputs(ofGroup: group)
      for first in stride(from: outputs.lowerBound, to: outputs.upperBound, by: vectorWidth) {
        let last = min(first + vectorWidth, outputs.upperBound)
        let elements = first * layout.rowCount..<last * layout.rowCount
        rounding.round(
          problem.weights[elements], scales: scales[first..<last], into: &quantized.elements)
      }
    }
  }
}

/// A layer's weights as symmetric int8.
package struct QuantizedWeights: Hashable, Sendable {
  /// −127 to 127, in the order of the layout.
  package internal(set) var elements: [Int8]
  /// One for each output, or one for all; finite, normal and above zero.
  package let scales: [Float]
  package let layout: WeightLayout

  /// The scale of each output.
  package var outputScales: [Float] {
    scales.count == layout.outputCount
      ? scales : [Float](repeating: scales[0], count: layout.outputCount)
  }

  /// The real numbers that the integers stand for.
  package var reals: [Float] {
    let scales = outputScales
    return elements.indices.map { Float(elements[$0]) * scales[$0 / layout.rowCount] }
  }

  /// As parameters of an int8 constant whose first axis is the outputs, such as `[outputs, height,
  /// width, inputs]` or `[outputs, inputs]`.
  package func parameters(
    for shape: Shape
  ) throws(QuantizationError) -> QuantizationParameters {
    // A layer of one output has one scale either way.
    let axis = scales.count == layout.outputCount && layout.outputCount > 1 ? 0 : nil
    return try QuantizationParameters(
      scales: scales, zeroPoints: [Int32](repeating: 0, count: scales.count), axis: axis,
      shape: shape, elementType: .int8)
  }
}
