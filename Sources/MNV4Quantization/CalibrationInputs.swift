public import MNV4
import MNV4Core
import MNV4Format
import MNV4Graph
import MNV4Imaging

/// The inputs that a network is calibrated on, made one at a time whenever they are needed, so that
/// any number of them takes the memory of one.
public struct CalibrationInputs: Sendable {
  /// How many inputs there are.
  public let count: Int
  /// What each is called in messages, where it has a name.
  private let names: [String]
  private let fill:
    @Sendable (_ index: Int, UnsafeMutableBufferPointer<Float>) throws(MNV4Error) -> Void

  /// - Parameter fill: writes every element of the input of that number, row major, as many as the
  ///   network's input has; the same numbers whenever it is asked.
  public init(
    count: Int,
    fill:
      @escaping @Sendable (
        _ index: Int, UnsafeMutableBufferPointer<Float>
      ) throws(MNV4Error) -> Void
  ) {
    self.init(count: count, names: [], fill: fill)
  }

  private init(
    count: Int, names: [String],
    fill:
      @escaping @Sendable (
        _ index: Int, UnsafeMutableBufferPointer<Float>
      ) throws(MNV4Error) -> Void
  ) {
    self.count = count
    self.names = names
    self.fill = fill
  }

  func name(_ index: Int) -> String {
    names.indices.contains(index) ? names[index] : "input \(index)"
  }

  /// Pictures, prepared as the model says.
  ///
  /// - Throws: `unsupportedModel` where it does not say how.
  public init(pictures paths: [String], for model: Model) throws(MNV4Error) {
    let graph = model.file.graph
    let input = graph[graph.inputs[0]]
    guard let preprocessing = model.file.preprocessing, input.shape.rank == 4 else {
      throw MNV4Error(
        .unsupportedModel, "the model does not say how pictures are prepared for it")
    }
    let preprocessor = try Preprocessor(
      preprocessing, inputHeight: input.shape[1], inputWidth: input.shape[2])
    self.init(count: paths.count, names: paths) { index, elements throws(MNV4Error) in
      let image = try RGBImage(contentsOf: paths[index])
      do throws(MNV4Error) { try preprocessor.apply(image, into: elements) } catch {
        throw error.inFile(paths[index])
      }
    }
  }

  /// Numbers from −2 to 2, of no meaning: for networks whose weights have none either.
  public static func seeded(count: Int, seed: UInt64 = 1) -> CalibrationInputs {
    CalibrationInputs(count: count) { index, elements in
      var random = SplitMix64(state: seed &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15)
      for position in elements.indices { elements[position] = random.nextFloat() * 4 - 2 }
    }
  }

  func write(_ index: Int, to elements: UnsafeMutableBufferPointer<Float>) throws(MNV4Error) {
    try fill(index, elements)
  }
}
