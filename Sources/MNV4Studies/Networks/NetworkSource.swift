import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Format
import MNV4Graph
import MNV4Quantization
import MNV4Zoo

/// Where a study's networks come from: the models' folder, or the zoo with seeded weights.
struct NetworkSource {
  private let options: StudyOptions
  private let data: StudyData?
  private let progress: StudyProgress
  /// The names of the folder's files.
  private let files: Set<String>

  /// - Throws: where the folder cannot be read.
  init(
    _ options: StudyOptions, data: StudyData?, progress: StudyProgress
  ) throws(CommandFailure) {
    self.options = options
    self.data = data
    self.progress = progress
    do { files = Set(try FolderEntry.list(options.modelsFolder).map(\.name)) } catch {
      guard !options.needsModelsFolder else {
        throw CommandFailure(file: options.modelsFolder, error)
      }
      files = []
    }
  }

  // MARK: Small pictures

  static func fileName(_ name: String, _ type: NumberType) -> String {
    type == .float32 ? "\(name)_cifar10.mnv4" : "\(name)_cifar10_int8.mnv4"
  }

  /// Networks for pictures of 32 × 32 and ten classes: trained ones where the folder has them.
  func small(_ names: [String]) throws -> [StudyNetwork] {
    progress.begin("loading networks", names.count)
    return try names.map { name in
      defer { progress.advance() }
      return try small(name)
    }
  }

  private func small(_ name: String) throws -> StudyNetwork {
    let float: StudyNetwork.Form
    if let model = try file(name, .float32) {
      float = .init(model: model, origin: .file(Self.fileName(name, .float32)))
    } else {
      let parameters = Architecture.Parameters(
        classCount: 10, inputSize: StudyOptions.smallInputSize,
        totalStride: StudyOptions.smallTotalStride)
      float = .init(model: try Self.seeded(name, parameters), origin: .seeded)
    }
    return StudyNetwork(name: name, float: float, integer: try integer(name, float))
  }

  private func integer(
    _ name: String, _ float: StudyNetwork.Form
  ) throws -> StudyNetwork.Form {
    // An integer network without its float one would be compared with another network's weights.
    if float.isTrained, let model = try file(name, .int8) {
      return .init(model: model, origin: .file(Self.fileName(name, .int8)))
    }
    guard float.isTrained, let data else {
      return .init(model: try NetworkQuantizer.modelForTiming(float.model), origin: .seeded)
    }
    let inputs = try data.calibrationInputs(for: float.model)
    return .init(
      model: try NetworkQuantizer(float.model).integerModel(on: inputs), origin: .quantized)
  }

  /// A file of the folder; nil where there is none.
  private func file(_ name: String, _ type: NumberType) throws -> Model? {
    let file = Self.fileName(name, type)
    guard files.contains(file) else { return nil }
    let path = "\(options.modelsFolder)/\(file)"
    let model = try Model(contentsOfFile: path)
    guard model.elementTypeName == type.rawValue else {
      throw CommandFailure(
        "\(path): expected a network of \(type.rawValue), found one of \(model.elementTypeName)")
    }
    guard model.inputShape.count == 4, model.inputShape[0] == 1 else {
      throw CommandFailure("\(path): expected a network for one picture at a time")
    }
    return model
  }

  /// What to say of the networks that the folder lacks; nil where it has all.
  func absence(_ networks: [StudyNetwork]) -> String? {
    let absent = networks.filter { !$0.float.isTrained }.map { Self.fileName($0.name, .float32) }
    guard !absent.isEmpty else { return nil }
    return
      "Not in \(options.modelsFolder): \(absent.joined(separator: ", ")). Seeded weights stand "
      + "in for times; accuracy is not known."
  }

  // MARK: Large pictures

  /// Networks with seeded weights for 1000 classes, of pictures of the study's large size.
  func large(_ names: [String]) throws -> [StudyNetwork] {
    progress.begin("making networks", names.count)
    return try names.map { name in
      defer { progress.advance() }
      let model = try Self.seeded(name, .init(inputSize: options.largeInputSize))
      return StudyNetwork(
        name: name, float: .init(model: model, origin: .seeded),
        integer: .init(model: try NetworkQuantizer.modelForTiming(model), origin: .seeded))
    }
  }

  private static func seeded(
    _ name: String, _ parameters: Architecture.Parameters
  ) throws -> Model {
    do {
      let graph = try architecture(name).build(parameters, weights: SeededWeights(seed: 1))
      return Model(ModelFile(graph: try graph.foldingConstants().fusingActivations()))
    } catch let error as BuildError {
      throw CommandFailure("\(name): \(error)")
    }
  }

  static func architecture(_ name: String) throws(CommandFailure) -> Architecture {
    guard let architecture = Architecture.named(name) else {
      throw CommandFailure("'\(name)': expected a name of mnv4-convert --list-archs")
    }
    return architecture
  }
}
