internal import MNV4Core
internal import MNV4Format
internal import MNV4Graph

/// A class that a picture may belong to, with the network's confidence.
public struct Classification: Hashable, Sendable {
  /// The class's name; `class 17` where the model has no labels.
  public let label: String
  /// The class's place in the network's output.
  public let index: Int
  /// 0 to 1; all classes together make 1.
  public let probability: Float
}

/// Classifies pictures: the model's own preprocessing, a session, the best classes by name.
///
/// Holds a session, so it is not for use by two threads at once; make one for each.
public final class ImageClassifier {
  public let model: Model
  private let session: Session
  private let preprocessor: Preprocessor
  private let endsInSoftmax: Bool

  /// - Throws: `unsupportedModel` where the model is no classifier of pictures or does not say how
  ///   they are prepared; and what `Model.makeSession` throws.
  public init(
    model: Model, options: SessionOptions = SessionOptions()
  ) throws(MNV4Error) {
    let graph = model.file.graph
    let (input, output) = (model.inputShape, model.outputShape)
    guard input.count == 4, input[0] == 1, input[3] == 3 else {
      throw MNV4Error(
        .unsupportedModel, "input: expected shape 1×H×W×3, found \(graph[graph.inputs[0]].shape)")
    }
    guard output.dropLast().allSatisfy({ $0 == 1 }) else {
      throw MNV4Error(
        .unsupportedModel,
        "output: expected one row of classes, found \(graph[graph.outputs[0]].shape)")
    }
    guard let preprocessing = model.file.preprocessing else {
      throw MNV4Error(
        .unsupportedModel, "the model does not say how pictures are prepared for it")
    }
    self.model = model
    session = try model.makeSession(options)
    preprocessor = try Preprocessor(preprocessing, input: session.inputValue)
    endsInSoftmax = graph.endsInSoftmax
  }

  /// The best classes of a picture, the most probable first; equal ones in the model's order.
  ///
  /// Where the network computes a NaN, every probability is NaN.
  ///
  /// - Parameter top: how many, at least 1; all of them where there are fewer.
  public func classify(_ image: RGBImage, top: Int = 5) throws(MNV4Error) -> [Classification] {
    guard top >= 1 else {
      throw MNV4Error(.invalidArgument, "top: expected at least 1, found \(top)")
    }
    let probabilities = try probabilities(of: image)
    return Self.best(top, of: probabilities).map { index in
      Classification(
        label: label(of: index), index: index, probability: probabilities[index])
    }
  }

  /// The network's raw output for a picture, one number a class.
  public func logits(of image: RGBImage) throws(MNV4Error) -> Tensor {
    try session.run { (input: UnsafeMutableRawBufferPointer) throws(MNV4Error) in
      try preprocessor.apply(image, into: input)
    }
  }

  private func probabilities(of image: RGBImage) throws(MNV4Error) -> [Float] {
    let logits = try logits(of: image)
    return endsInSoftmax ? logits.elements : logits.withUnsafeElements(Self.softmax)
  }

  private func label(of index: Int) -> String {
    model.labels.indices.contains(index) ? model.labels[index] : "class \(index)"
  }

  /// Softmax of one row, in double precision.
  ///
  /// Where the largest logit is infinite, those equal to it share the probability and the rest have
  /// none. A NaN among the logits makes every probability NaN.
  static func softmax(_ logits: UnsafeBufferPointer<Float>) -> [Float] {
    guard !logits.contains(where: \.isNaN) else {
      return Array(repeating: .nan, count: logits.count)
    }
    let largest = Double(logits.max() ?? 0)
    if largest.isInfinite {
      let shares = logits.map { Double($0) == largest ? 1.0 : 0 }
      let count = shares.reduce(0, +)
      return shares.map { Float($0 / count) }
    }
    let powers = logits.map { exponential(Double($0) - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { Float($0 / sum) }
  }

  /// The indices of the `count` largest, largest first; numbers that are none come last.
  package static func best(_ count: Int, of scores: [Float]) -> [Int] {
    func isBetter(_ first: Int, _ second: Int) -> Bool {
      let (a, b) = (scores[first], scores[second])
      if a.isNaN || b.isNaN { return a.isNaN == b.isNaN ? first < second : b.isNaN }
      return a != b ? a > b : first < second
    }
    return Array(scores.indices.sorted(by: isBetter).prefix(count))
  }
}

extension Graph {
  /// Whether the output holds probabilities: that of a softmax, in whatever shape.
  fileprivate var endsInSoftmax: Bool {
    var value = outputs[0]
    for node in nodes.reversed() where node.output == value {
      switch node.operation {
      case .softmax: return true
      case .reshape, .quantize, .dequantize: value = node.inputs[0]
      case .convolution, .fullyConnected, .batchNormalization, .channelScale, .activation, .add,
        .multiply, .globalAveragePool, .averagePool, .slice, .concatenation, .matrixProduct, .pad,
        .resizeBilinear:
        return false
      }
    }
    return false
  }
}
