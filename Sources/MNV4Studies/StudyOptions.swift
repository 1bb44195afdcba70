package import MNV4

/// What the studies leave open.
package struct StudyOptions: Sendable {
  /// Where trained models lie, `NAME_cifar10.mnv4` and `NAME_cifar10_int8.mnv4`; those that are absent
  /// are replaced by networks of seeded weights.
  package var modelsFolder: String
  /// Whether it is an error where that folder cannot be read.
  package var needsModelsFolder: Bool
  /// A folder with `train` and `test`, each with a folder a class; nil measures no accuracy.
  package var dataFolder: String?
  /// How many of the test pictures to classify; nil for all.
  package var testLimit: Int?
  /// How many pictures of `train` networks are calibrated on.
  package var calibrationCount: Int
  /// Of every comparison of latencies.
  package var roundCount: Int
  /// How often the measurement over ten pictures is repeated.
  package var repetitionCount: Int
  /// Height and width of the pictures that stand for those of ImageNet.
  package var largeInputSize: Int
  package var session: SessionOptions
  /// The ways of quantization that are compared.
  package var quantizations: [QuantizationChoice]

  /// - Parameter modelsFolder: nil takes the bundled one of the working folder, if that has one.
  package init(modelsFolder: String? = nil) {
    self.modelsFolder = modelsFolder ?? "models"
    needsModelsFolder = modelsFolder != nil
    calibrationCount = 256
    roundCount = 200
    repetitionCount = 30
    largeInputSize = 224
    session = SessionOptions(threads: 1)
    quantizations = QuantizationChoice.all
  }

  /// Whether numbers are measured so shortly, and on pictures so small, that they only show their form.
  package private(set) var isQuick = false

  /// Takes seconds: few rounds, small pictures.
  package mutating func hurry() {
    isQuick = true
    calibrationCount = 16
    roundCount = 5
    repetitionCount = 2
    largeInputSize = 32
    testLimit = min(testLimit ?? 200, 200)
    quantizations = QuantizationChoice.few
  }

  /// Of the pictures of CIFAR-10.
  static let smallInputSize = 32
  /// Of the networks for them: the first step to a lower resolution is left out.
  static let smallTotalStride = 16
}
