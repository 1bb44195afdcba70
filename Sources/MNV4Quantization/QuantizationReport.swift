/// What quantization did to a network: ranges, errors, time, size, accuracy.
public struct QuantizationReport: Sendable {
  /// One layer: a node of the network, with the numbers of its output.
  public struct Layer: Sendable {
    public var name: String
    /// For a person: `depthwise 3×3 stride 2 + ReLU6`.
    public var operation: String
    public var isFloat: Bool
    /// The smallest and the largest number of the output on the calibration inputs.
    public var lowest: Float
    public var highest: Float
    /// The numbers that the output's integers reach; nil in float.
    public var scale: Float?
    public var zeroPoint: Int?
    /// The share of numbers beyond the outermost integers, 0 to 1, on the first calibration inputs.
    public var clippedShare: Double
    /// Largest weight scale divided by the smallest that the channels would need by themselves; with
    /// one scale for all, the resolution that the weakest channel lacks. Nil without weights.
    public var weightRangeRatio: Double?
    /// Signal to noise of the network's output where this layer alone computes with integers, which
    /// `reading` follows from; nil in float.
    public var effectDecibels: Double?
    /// Signal to noise of the layer's own output on exact operands; nil in float. Nothing is judged by
    /// it: a small residual branch may be noisy and harmless.
    public var isolatedDecibels: Double?
    /// Signal to noise of the layer's own output in the integer network.
    public var accumulatedDecibels: Double?
    public var reading: Reading
    /// The median time of the layer on one thread, where it was measured. A layer that is fused into
    /// another has none of its own.
    public var floatMicroseconds: Double?
    public var integerMicroseconds: Double?
    /// Of weights and bias.
    public var floatByteCount: Int
    public var integerByteCount: Int
  }

  /// What the numbers of a layer say.
  public enum Reading: String, Sendable {
    case fine
    /// Worth a look: noise at the network's output that may cost accuracy.
    case suspect
    /// The layer alone spoils the network's output.
    case broken
    /// Not quantized.
    case float
  }

  /// How many labelled pictures were classified right.
  public struct Accuracy: Sendable {
    public var pictureCount: Int
    public var floatCorrect: Int
    public var integerCorrect: Int
    /// Pictures that both networks put into the same class.
    public var agreementCount: Int
  }

  /// Median time of a whole inference on one thread, in milliseconds.
  public struct Latency: Sendable {
    public var float: Double
    public var integer: Double
  }

  /// A layer that was kept in float to keep accuracy, and what that costs.
  public struct KeptLayer: Sendable {
    public var name: String
    /// More time for a whole inference, in milliseconds.
    public var addedMilliseconds: Double?
  }

  public var network: String
  public var method: Method
  public var calibrationCount: Int
  /// What a person should know: about the calibration pictures, clipped layers, weights that were on a
  /// grid before, integers slower than float.
  public var warnings: [String]
  public var layers: [Layer]
  /// Pairs of layers that equalization changed: names and the largest factor.
  public var equalizedPairs: [EqualizedPair]
  public var keptLayers: [KeptLayer]
  /// Signal to noise of the network's output on the calibration inputs.
  public var outputDecibels: Double?
  public var accuracy: Accuracy?
  public var latency: Latency?
  /// Of the files.
  public var floatByteCount: Int
  public var integerByteCount: Int
  /// The processor that the times are from.
  public var processor: String?

  public struct EqualizedPair: Sendable {
    public var first: String
    public var second: String
    public var largestFactor: Double
  }
}

extension QuantizationReport.Reading {
  /// Where a layer alone brings the network's output below this, a thousandth of its power, it is
  /// `suspect`: fifty such layers make an output that is mostly right.
  static let suspectDecibels = 30.0
  /// Below this it is `broken`: noise of a thirtieth of the output's power, from one layer.
  static let brokenDecibels = 15.0

  /// - Parameter effectDecibels: of the network's output where the layer alone computes with integers;
  ///   nil where the output is zero or the layer changes nothing.
  init(effectDecibels: Double?) {
    switch effectDecibels {
    case nil: self = .fine
    case .some(let decibels) where decibels < Self.brokenDecibels || decibels.isNaN: self = .broken
    case .some(let decibels) where decibels < Self.suspectDecibels: self = .suspect
    case .some: self = .fine
    }
  }
}
