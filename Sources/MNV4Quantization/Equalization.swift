package import MNV4Core
package import MNV4Graph

/// Cross-layer equalization (Nagel et al., "Data-free quantization through weight equalization and
/// bias correction", 2019, section 4.1): scales each channel between two layers so that the weights
/// that make it and the weights that read it have equal ranges. The graph computes the same.
///
/// Channel `i` is divided by `sᵢ` in the first layer and multiplied by it in the second. That passes
/// an identity or a ReLU unchanged, and a ReLU6 where it never clips from above: so a channel whose
/// largest observed value before a ReLU6 is above 6 keeps `sᵢ = 1`, and the others stay below 6. No
/// ReLU6 is removed.
package struct Equalization: Hashable, Sendable {
  /// Rounds over all pairs; a layer is the second of one pair and the first of the next.
  package var roundLimit: Int
  /// Rounds end when no factor changes by more than this part.
  package var tolerance: Double
  /// No round scales a channel by more than this, or less than its inverse.
  package var factorLimit: Double

  package init(roundLimit: Int = 20, tolerance: Double = 1e-3, factorLimit: Double = 1000) {
    self.roundLimit = roundLimit
    self.tolerance = tolerance
    self.factorLimit = factorLimit
  }

  /// What was done to the channels between two layers.
  package struct Pair: Hashable, Sendable {
    /// Names of the layers.
    package let first: String
    package let second: String
    /// `sᵢ`: what each channel is divided by.
    package let factors: [Double]
    /// Channels that keep their scale because a ReLU6 clips them.
    package let clippedCount: Int
  }

  package struct Result: Sendable {
    package let graph: Graph
    /// In the order of the first layers.
    package let pairs: [Pair]
  }

  /// The equalized graph and what was done.
  ///
  /// - Parameters:
  ///   - graph: validated, float32, constants folded; activations fused or apart, residuals not
  ///     fused.
  ///   - maxima: for the output of each layer before a ReLU6, the largest value each channel took
  ///     before the ReLU6. Pairs with a ReLU6 and without such values are left as they are.
  package func equalize(
    _ graph: Graph, maxima: [ValueID: [Float]]
  ) throws(AllocationError) -> Result {
    var states = graph.equalizablePairs.compactMap { PairState($0, in: graph, maxima: maxima) }
    var weights: [ConstantID: LayerTensor] = [:]
    for state in states {
      for id in state.pair.constants where weights[id] == nil {
        weights[id] = LayerTensor(graph[id])
      }
    }
    for _ in 0..<roundLimit {
      var largestChange = 0.0
      for index in states.indices {
        largestChange = max(largestChange, equalize(&states[index], &weights))
      }
      if largestChange <= tolerance { break }
    }
    var result = graph
    for (id, tensor) in weights {
      result.constants[id.index] = try tensor.constant(like: graph[id])
    }
    return Result(
      graph: result,
      pairs: states.map { state in
        Pair(
          first: graph.nodes[state.pair.first].name, second: graph.nodes[state.pair.second].name,
          factors: state.totals, clippedCount: state.limits.count { $0 == .fixed })
      })
  }

  /// One step for one pair; the largest change, as a part.
  private func equalize(
    _ state: inout PairState, _ weights: inout [ConstantID: LayerTensor]
  ) -> Double {
    let pair = state.pair
    guard let made = weights[pair.firstWeights]?.outputMagnitudes,
      let read = weights[pair.secondWeights]?.inputMagnitudes(groups: pair.secondGroups)
    else { return 0 }
    var factors = [Double](repeating: 1, count: made.count)
    for channel in factors.indices where made[channel] > 0 && read[channel] > 0 {
      let wanted = (made[channel] / read[channel]).squareRoot()
      let bounded = min(max(wanted, 1 / factorLimit), factorLimit)
      factors[channel] = state.limits[channel].admitted(bounded)
    }
    weights[pair.firstWeights]?.divideOutputs(by: factors)
    if let bias = pair.firstBias { weights[bias]?.divideOutputs(by: factors) }
    weights[pair.secondWeights]?.multiplyInputs(by: factors, groups: pair.secondGroups)
    state.apply(factors)
    return factors.reduce(0) { max($0, $1 > 1 ? $1 - 1 : 1 / $1 - 1) }
  }
}

/// How a pair stands between two rounds.
private struct PairState {
  /// What may be done to a channel.
  enum Limit: Hashable {
    case free
    /// It clips at 6.
    case fixed
    /// Its largest value, at most 6.
    case below(Double)

    /// The factor nearest to `wanted` that keeps the channel's largest value at most 6.
    func admitted(_ wanted: Double) -> Double {
      switch self {
      case .free: wanted
      case .fixed: 1
      case .below(let largest): max(wanted, largest / 6)
      }
    }
  }

  let pair: EqualizablePair
  var totals: [Double]
  var limits: [Limit]

  /// Nil where the maxima that a ReLU6 calls for are missing.
  init?(_ pair: EqualizablePair, in graph: Graph, maxima: [ValueID: [Float]]) {
    self.pair = pair
    let value = graph.nodes[pair.first].output
    let channelCount = graph[value].shape.last
    totals = [Double](repeating: 1, count: channelCount)
    guard pair.activation == .relu6 else {
      limits = [Limit](repeating: .free, count: channelCount)
      return
    }
    guard let maxima = maxima[value], maxima.count == channelCount else { return nil }
    // NaN counts as clipped.
    limits = maxima.map { $0 <= 6 ? .below(Double(max($0, 0))) : .fixed }
  }

  mutating func apply(_ factors: [Double]) {
    for (channel, factor) in factors.enumerated() {
      totals[channel] *= factor
      if case .below(let largest) = limits[channel] { limits[channel] = .below(largest / factor) }
    }
  }
}
