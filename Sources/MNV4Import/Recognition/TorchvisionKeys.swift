internal import MNV4Graph
internal import MNV4Zoo

/// torchvision's names (torchvision 0.29, models/mobilenetv2.py, mobilenetv3.py, efficientnet.py) for
/// the tensors of a network that has timm's.
///
/// torchvision numbers the layers of a block: `n` below counts its convolutions with their batch
/// normalization, and its squeeze-and-excitation, from 0.
///
/// | timm | MobileNetV2 | MobileNetV3 | EfficientNet |
/// |---|---|---|---|
/// | `conv_stem`, `bn1` | `features.0.{0,1}` | the same | the same |
/// | `blocks.s.i` | `features.b.conv`, b the number of the block from 1 | `features.b.block` | `features.{s+1}.i.block` |
/// | convolution, normalization | `.n.0`, `.n.1`; the last `.n`, `.{n+1}` | `.n.0`, `.n.1` | `.n.0`, `.n.1` |
/// | `se.conv_reduce`, `se.conv_expand` | – | `.n.fc1`, `.n.fc2` | `.n.fc1`, `.n.fc2` |
/// | last convolution of the features | `features.18.{0,1}` | `features.b.{0,1}` | `features.8.{0,1}` |
/// | `conv_head` after the pooling | – | `classifier.0`, of rank 2 | – |
/// | `classifier` | `classifier.1` | `classifier.3` | `classifier.1` |
struct TorchvisionKeys {
  private enum Family {
    case mobileNetV2
    case mobileNetV3
    case efficientNet
  }

  /// By timm's key.
  private(set) var tensors: [String: TensorRecorder.Tensor] = [:]
  private let family: Family
  /// timm's prefixes of the blocks, in order: "blocks.0.0".
  private var blocks: [String] = []
  /// The layers of each block that have weights, in order: "conv_pw", "bn1", "se.conv_reduce".
  private var layers: [String: [String]] = [:]

  /// nil for a network that torchvision does not have.
  init?(_ network: NetworkSignature) {
    let name = network.architecture.name
    if name.hasPrefix("mobilenetv2") {
      family = .mobileNetV2
    } else if name.hasPrefix("mobilenetv3") {
      family = .mobileNetV3
    } else if name.hasPrefix("efficientnet_b") {
      family = .efficientNet
    } else {
      return nil
    }
    for tensor in network.tensors { note(tensor.key) }
    for tensor in network.tensors {
      guard let prefix = foreignPrefix(of: tensor.key) else { return nil }
      let isHead = family == .mobileNetV3 && tensor.key == "conv_head.weight"
      tensors[tensor.key] = TensorRecorder.Tensor(
        key: "\(prefix).\(Self.parts(of: tensor.key).parameter)",
        shape: isHead ? Array(tensor.shape.prefix(2)) : tensor.shape)
    }
  }

  /// "blocks.1.0.se.conv_reduce.bias" → "blocks.1.0", "se.conv_reduce", "bias".
  private static func parts(
    of key: String
  ) -> (block: String?, layer: String, parameter: String) {
    let words = key.split(separator: ".")
    let start = words.first == "blocks" && words.count > 4 ? 3 : 0
    return (
      start == 0 ? nil : words[..<start].joined(separator: "."),
      words[start..<(words.count - 1)].joined(separator: "."), String(words[words.count - 1])
    )
  }

  private mutating func note(_ key: String) {
    let (block, layer, _) = Self.parts(of: key)
    guard let block else { return }
    if layers[block] == nil { blocks.append(block) }
    if layers[block]?.contains(layer) != true { layers[block, default: []].append(layer) }
  }

  private func foreignPrefix(of key: String) -> String? {
    let (block, layer, _) = Self.parts(of: key)
    if let block { return foreignPrefix(ofLayer: layer, in: block) }
    switch layer {
    case "conv_stem": return "features.0.0"
    case "bn1": return "features.0.1"
    case "conv_head": return family == .mobileNetV3 ? "classifier.0" : "\(lastFeature).0"
    case "bn2": return "\(lastFeature).1"
    case "classifier": return family == .mobileNetV3 ? "classifier.3" : "classifier.1"
    default: return nil
    }
  }

  /// The convolution after the blocks.
  private var lastFeature: String {
    guard family == .efficientNet else { return "features.\(blocks.count + 1)" }
    let stages = Set(blocks.map { $0.split(separator: ".")[1] })
    return "features.\(stages.count + 1)"
  }

  private func foreignPrefix(ofLayer layer: String, in block: String) -> String? {
    guard let number = blocks.firstIndex(of: block), let layers = layers[block] else { return nil }
    // The last convolution of MobileNetV3's features is a block to timm.
    if layers == ["conv", "bn1"], family == .mobileNetV3 {
      return "features.\(number + 1).\(layer == "conv" ? 0 : 1)"
    }
    let words = block.split(separator: ".")
    guard let stage = Int(words[1]) else { return nil }
    let (unit, isNormalization): (String, Bool)
    let units = Self.units(hasExpansion: layers.contains("conv_pwl")).filter {
      $0.contains { layers.contains($0) }
    }
    guard let index = units.firstIndex(where: { $0.contains(layer) }),
      layers.allSatisfy({ layer in units.contains { $0.contains(layer) } })
    else { return nil }
    (unit, isNormalization) = (units[index][0], units[index][1] == layer)
    switch family {
    case .mobileNetV2:
      let prefix = "features.\(number + 1).conv"
      return index == units.count - 1
        ? "\(prefix).\(index + (isNormalization ? 1 : 0))"
        : "\(prefix).\(index).\(isNormalization ? 1 : 0)"
    case .mobileNetV3, .efficientNet:
      let place = family == .mobileNetV3 ? "\(number + 1)" : "\(stage + 1).\(words[2])"
      let prefix = "features.\(place).block.\(index)"
      if unit == "se.conv_reduce" { return "\(prefix).fc\(isNormalization ? 2 : 1)" }
      return "\(prefix).\(isNormalization ? 1 : 0)"
    }
  }

  /// timm's names of the parts of a block: convolutions with their normalizations, and the two
  /// convolutions of the squeeze-and-excitation.
  private static func units(hasExpansion: Bool) -> [[String]] {
    let excitation = ["se.conv_reduce", "se.conv_expand"]
    return hasExpansion
      ? [["conv_pw", "bn1"], ["conv_dw", "bn2"], excitation, ["conv_pwl", "bn3"]]
      : [["conv_dw", "bn1"], excitation, ["conv_pw", "bn2"]]
  }
}
