package import MNV4Graph
package import MNV4Zoo

/// Whose names and shapes a checkpoint gives the tensors of a network.
package enum KeyConvention: String, Sendable, CaseIterable {
  /// Those of the zoo: timm's where timm has the network, else those of the authors' code.
  case zoo
  /// torchvision's, of MobileNetV2, MobileNetV3 and EfficientNet.
  case torchvision

  /// The tensors as the checkpoint has them, by the zoo's key; nil where the convention does not know
  /// the network.
  func tensors(of network: NetworkSignature) -> [String: TensorRecorder.Tensor]? {
    switch self {
    case .zoo:
      Dictionary(network.tensors.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    case .torchvision: TorchvisionKeys(network)?.tensors
    }
  }

  /// What batch normalizations add to the variance in weights of this convention; nil for what the
  /// zoo's network has.
  func batchNormEpsilon(of architecture: Architecture) -> Float? {
    switch self {
    case .zoo: nil
    // torchvision trains MobileNetV3 with TensorFlow's epsilon, timm with PyTorch's.
    case .torchvision: architecture.name.hasPrefix("mobilenetv3") ? 1e-3 : nil
    }
  }

  /// How the convention's pretrained weights are evaluated.
  package func preprocessing(of architecture: Architecture) -> ImagePreprocessing? {
    switch self {
    case .zoo: architecture.preprocessing
    // The IMAGENET1K_V1 weights: the shorter side to 256, the middle 224.
    case .torchvision:
      try? ImagePreprocessing(
        interpolation: architecture.name.hasPrefix("efficientnet") ? .bicubic : .bilinear,
        cropFraction: 0.875, mean: [0.485, 0.456, 0.406],
        standardDeviation: [0.229, 0.224, 0.225])
    }
  }
}
