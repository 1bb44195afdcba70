public import MNV4

/// How a network is quantized. The defaults keep the accuracy of the networks that this package
/// knows.
public struct QuantizationOptions: Sendable {
  /// How much of an activation's observed range its 256 integers cover.
  public enum Calibration: Hashable, Sendable {
    /// All that was seen.
    case minmax
    /// All but `(100 − p) %` of the numbers at each end, p above 50 and at most 100.
    case percentile(Double)
    /// The range whose integers lose the least information (Migacz, 2017).
    case entropy
    /// The range with the least squared error.
    case mse
  }

  /// What one scale of the weights serves.
  public enum WeightScales: String, Hashable, Sendable, CaseIterable {
    case perChannel = "per-channel"
    case perTensor = "per-tensor"
  }

  /// How a weight becomes one of the two integers next to it.
  public enum Rounding: String, Hashable, Sendable, CaseIterable {
    /// The nearer one.
    case nearest
    /// Weights of one output make up for each other's errors on the calibration inputs (Frantar et
    /// al., "GPTQ", 2023), over a range chosen for the least error on them.
    case secondOrder = "second-order"
  }

  /// How the range of each activation is chosen.
  public var calibration = Calibration.mse
  /// What one scale of the weights serves.
  public var weightScales = WeightScales.perChannel
  /// How weights are rounded: unless it is set, to nearest with a scale a channel, second-order with
  /// one scale a layer, which loses most of some networks otherwise.
  public var rounding: Rounding {
    get { chosenRounding ?? (weightScales == .perChannel ? .nearest : .secondOrder) }
    set { chosenRounding = newValue }
  }

  private var chosenRounding: Rounding?
  /// Whether channels are scaled between layers so that their weights have equal ranges.
  public var equalizes = false
  /// Whether biases take up what quantization shifts the mean of each channel by.
  public var correctsBias = false
  /// Layers that stay in float32: names, or the start of names up to a dot.
  public var floatLayers: [String] = []
  /// Draws the pixels that second-order rounding looks at.
  public var seed: UInt64 = 1
  /// How networks run while they are observed, compared and, on one thread, timed.
  public var session = SessionOptions()

  /// The defaults.
  public init() {}

  /// Whether layers are worked on one after the other with the integers of those before.
  var refinesLayers: Bool { rounding == .secondOrder || correctsBias }
}
