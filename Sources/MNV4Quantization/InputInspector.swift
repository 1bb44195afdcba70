import MNV4Core
import MNV4Graph

/// Looks at calibration inputs for what makes them poor: too few, repeated, without content, noise.
struct InputInspector {
  /// Fewer see too little of what the network will meet.
  static let fewestInputs = 20
  /// How much neighbouring pixels of a picture have in common at least: noise has nothing, photographs
  /// 0.8 and more.
  static let leastCorrelation = 0.25
  /// Names that a warning lists.
  private static let listedNames = 5

  private let name: (Int) -> String
  private var firstWithDigest: [UInt64: Int] = [:]
  private var repeated: [Int] = []
  private var constant: [Int] = []
  private var noisy: [Int] = []
  private var count = 0

  /// - Parameter name: what an input is called.
  init(name: @escaping (Int) -> String) { self.name = name }

  /// Adds an input.
  mutating func record(_ elements: UnsafeBufferPointer<Float>, shape: Shape) {
    let index = count
    count += 1
    if let correlation = Self.neighbourCorrelation(elements, shape: shape) {
      if correlation < Self.leastCorrelation { noisy.append(index) }
    } else {
      constant.append(index)
    }
    let digest = Self.digest(elements)
    if firstWithDigest[digest] == nil {
      firstWithDigest[digest] = index
    } else {
      repeated.append(index)
    }
  }

  var warnings: [String] {
    var warnings: [String] = []
    if count < Self.fewestInputs {
      warnings.append(
        "\(count) calibration input\(count == 1 ? "" : "s"): ranges may be too narrow; "
          + "50 to 500 pictures like those the network is for are usual")
    }
    if !repeated.isEmpty { warnings.append("repeated calibration pictures: \(list(repeated))") }
    if !constant.isEmpty {
      warnings.append("calibration pictures of one colour: \(list(constant))")
    }
    if !noisy.isEmpty {
      warnings.append(
        "calibration pictures that look like noise, whose neighbouring pixels have little in "
          + "common: \(list(noisy))")
    }
    return warnings
  }

  private func list(_ indices: [Int]) -> String {
    let shown = indices.prefix(Self.listedNames).map(name).joined(separator: ", ")
    let more = indices.count - Self.listedNames
    return more > 0 ? "\(shown) and \(more) more" : shown
  }

  /// FNV-1a, 64 bits, of the numbers' bits.
  private static func digest(_ elements: UnsafeBufferPointer<Float>) -> UInt64 {
    elements.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1.bitPattern)) &* 0x100_0000_01B3 }
  }

  /// The correlation of each pixel with the one to its right, over all channels of `[N, H, W, C]`; 1
  /// for other shapes and rows of one pixel, nil where all numbers are equal.
  static func neighbourCorrelation(
    _ elements: UnsafeBufferPointer<Float>, shape: Shape
  ) -> Double? {
    guard shape.rank == 4, shape[2] > 1 else { return 1 }
    let (width, channels) = (shape[2], shape[3])
    let mean = elements.reduce(0.0) { $0 + Double($1) } / Double(elements.count)
    var (variance, covariance) = (0.0, 0.0)
    var pairs = 0
    for start in stride(from: 0, to: elements.count, by: width * channels) {
      for offset in 0..<width * channels {
        let own = Double(elements[start + offset]) - mean
        variance += own * own
        guard offset < (width - 1) * channels else { continue }
        covariance += own * (Double(elements[start + offset + channels]) - mean)
        pairs += 1
      }
    }
    guard variance > 0 else { return nil }
    return (covariance / Double(pairs)) / (variance / Double(elements.count))
  }
}
