package import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph
import MNV4Zoo

/// What follows from a network and its plan without running it.
package struct NetworkFacts: Hashable, Sendable {
  /// The additions of a network's identities.
  package struct Additions: Hashable, Sendable {
    package var count = 0
    /// How many of them are steps of their own; the others are done by the step before.
    package var separateCount = 0
    /// Elements that identities are added to, of all additions.
    package var elementCount = 0
    /// And of those that are steps of their own.
    package var separateElementCount = 0

    /// Bytes that additions read and write: the identity, and where the addition is a step of its own
    /// what it is added to and the sum.
    package func byteCount(elementByteCount: Int) -> Int {
      (elementCount + 2 * separateElementCount) * elementByteCount
    }
  }

  package var multiplyAccumulateCount: Int
  /// Weights, and inputs and outputs of layers, once for each layer that reads or writes them.
  package var layerByteCount: Int
  package var additions: Additions
  package var additionByteCount: Int
  /// Activations of a session.
  package var arenaByteCount: Int
  package var stepCount: Int

  /// All that moves between caches and registers at least once, in the count of layers and additions.
  package var movedByteCount: Int { layerByteCount + additionByteCount }

  package init(_ model: Model, _ type: NumberType, options: SessionOptions) throws(MNV4Error) {
    let graph = model.file.graph
    let plan = try model.plan(for: options)
    multiplyAccumulateCount = graph.multiplyAccumulateCount
    layerByteCount = graph.layerCosts.total(name: "").byteCount(elementByteCount: type.byteCount)
    additions = Additions(graph, plan)
    additionByteCount = additions.byteCount(elementByteCount: type.byteCount)
    arenaByteCount = plan.arenaByteCount
    stepCount = plan.steps.count
  }

  /// Elements that training adjusts, of a network of the zoo.
  static func parameterCount(_ architecture: Architecture, classCount: Int) -> Int {
    let recorder = TensorRecorder()
    _ = try? architecture.build(.init(classCount: classCount), weights: recorder)
    return recorder.trainableParameterCount
  }
}

extension NetworkFacts.Additions {
  init(_ graph: Graph, _ plan: ExecutionPlan) {
    // A step for several nodes is named after its first and last one.
    let separate = Set(plan.steps.filter(\.isAddition).map(\.name))
    for node in graph.nodes {
      let channels: Int?
      switch node.operation {
      case .add(let add): channels = add.channelCount
      case .convolution(let convolution):
        switch convolution.residual {
        case .none: continue
        case .whole: channels = nil
        case .channels(let count): channels = count
        }
      case .fullyConnected, .batchNormalization, .channelScale, .activation, .multiply,
        .globalAveragePool, .averagePool, .slice, .concatenation, .matrixProduct, .softmax,
        .reshape, .pad, .resizeBilinear, .quantize, .dequantize:
        continue
      }
      let shape = graph[node.output].shape
      let elements = shape.elementCount / shape.last * (channels ?? shape.last)
      count += 1
      elementCount += elements
      if separate.contains(node.name) {
        separateCount += 1
        separateElementCount += elements
      }
    }
  }
}
