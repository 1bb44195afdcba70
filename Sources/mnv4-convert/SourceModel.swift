import ArgumentParser
import MNV4
import MNV4CommandSupport
import MNV4Core
import MNV4Format
import MNV4Graph
import MNV4Import
import MNV4Zoo

/// What a file to convert holds.
struct SourceModel {
  let graph: Graph
  let preprocessing: ImagePreprocessing?
  /// One a line, where the file has them.
  let labels: String?
  /// What the conversion is called in messages: the network's name.
  let name: String
  /// That which the file alone tells of its origin.
  let provenance: [Provenance.Key: String]
}

extension ConvertCommand {
  /// Reads a file of any kind that is known, which its first bytes tell.
  func readSource(_ path: String) throws -> SourceModel {
    let bytes = try contents(of: path)
    guard bytes.withUnsafeBytes(TFLiteImport.isTFLite) else {
      guard !dequantize else {
        throw ValidationError("--dequantize goes with a TensorFlow Lite file; \(path) is none.")
      }
      return try readCheckpoint(path, bytes)
    }
    return try readTFLite(path, bytes)
  }

  private func contents(of path: String) throws(CommandFailure) -> AlignedBuffer {
    var refusal: CommandFailure?
    let bytes = try CommandFile.read(
      path, maximumByteCount: Checkpoint.maximumFileByteCount
    ) { head, byteCount in
      do {
        if TFLiteImport.isTFLite(head) {
          try TFLiteImport.checkLength(byteCount)
        } else {
          try Checkpoint.checkHead(head)
        }
        return true
      } catch {
        refusal = CommandFailure(file: path, error)
        return false
      }
    }
    if let refusal { throw refusal }
    return bytes
  }

  // MARK: Checkpoints

  private func readCheckpoint(_ path: String, _ bytes: AlignedBuffer) throws -> SourceModel {
    let checkpoint: Checkpoint
    var known: Architecture?
    do {
      checkpoint = try Checkpoint(bytes)
      known =
        if let architecture { Architecture.named(architecture) } else {
          try checkpoint.training.architecture
        }
    } catch {
      throw CommandFailure(file: path, error)
    }
    let training = checkpoint.training
    if tag != nil {
      do { known = try CheckpointImport.recognize(checkpoint, as: known).architecture } catch {
        throw refusal(path, training, error)
      }
    }
    let tag: PretrainedTag? =
      if let name = self.tag, let known { try TagChoice.tag(name, of: known) } else { nil }
    do {
      var preprocessing = tag?.preprocessing
      if preprocessing == nil { preprocessing = try training.preprocessing }
      let size = try inputSize ?? tag?.inputSize ?? training.inputSize
      let stride = try totalStride ?? training.totalStride ?? 32
      let network = try CheckpointImport.network(
        known, from: checkpoint, classCount: classes, inputSize: size, totalStride: stride)
      Diagnostics.print("\(path): \(describe(network, checkpoint))")
      for line in departures(from: training, tag) { Diagnostics.print("\(path): \(line)") }
      let name = network.architecture.name
      var provenance: [Provenance.Key: String] = [.architecture: name]
      if let tag { provenance[.tag] = tag.name }
      return SourceModel(
        graph: try network.graph.foldingConstants().fusingActivations(),
        preprocessing: preprocessing ?? network.preprocessing, labels: training.labels, name: name,
        provenance: provenance)
    } catch let error as CheckpointError {
      throw refusal(path, training, error)
    } catch {
      throw CommandFailure(file: path, error)
    }
  }

  /// What is wrong, and where the network's name is from if that is the file.
  private func refusal(
    _ path: String, _ training: TrainingMetadata, _ error: CheckpointError
  ) -> CommandFailure {
    switch error {
    case .build, .unrecognized, .ambiguous:
      guard architecture == nil, let named = try? training.architecture else { break }
      return CommandFailure(
        "\(path): not the \(named.name) that mnv4.network names (--arch overrides it): \(error)")
    case .unknownFormat, .safetensors, .pyTorch, .metadata, .absentMetadata, .preprocessing: break
    }
    return CommandFailure(file: path, error)
  }

  /// What the checkpoint was recognized as.
  private func describe(_ network: ImportedNetwork, _ checkpoint: Checkpoint) -> String {
    let names =
      switch network.convention {
      case .zoo: ""
      case .torchvision: " by torchvision's names"
      }
    return "\(network.architecture.name)\(names); \(checkpoint.summary)"
  }

  /// Options by which the network is not the one that was trained, or sees other pictures.
  private func departures(from training: TrainingMetadata, _ tag: PretrainedTag?) -> [String] {
    var lines: [String] = []
    if let architecture, let trained = try? training.architecture?.name, trained != architecture {
      lines.append("--arch \(architecture): the weights are those of \(trained)")
    }
    if let totalStride, let trained = try? training.totalStride, trained != totalStride {
      lines.append("--total-stride \(totalStride): the weights were trained at \(trained)")
    }
    if let tag, let trained = try? training.preprocessing, trained != tag.preprocessing {
      lines.append(
        "--tag \(tag.name): the weights were trained on pictures prepared in another way")
    }
    return lines
  }

  // MARK: TensorFlow Lite

  private func readTFLite(_ path: String, _ bytes: AlignedBuffer) throws -> SourceModel {
    let options = [
      ("--arch", architecture != nil), ("--tag", tag != nil), ("--classes", classes != nil),
      ("--input-size", inputSize != nil), ("--total-stride", totalStride != nil),
    ]
    if let option = options.first(where: \.1)?.0 {
      throw ValidationError(
        "\(option) goes with a checkpoint; \(path) is a TensorFlow Lite file, a whole network.")
    }
    let file = path.split(separator: "/").last ?? Substring(path)
    let name = String(file.lowercased().hasSuffix(".tflite") ? file.dropLast(7) : file)
    do {
      let network = try TFLiteImport.network(from: bytes, name: name, dequantizing: dequantize)
      Diagnostics.print("\(path): \(network.summary)")
      let isFloat = network.graph.values.allSatisfy { $0.elementType == .float32 }
      return SourceModel(
        graph: isFloat
          ? try network.graph.foldingConstants().fusingActivations() : network.graph,
        preprocessing: network.preprocessing, labels: nil, name: name,
        provenance: network.note.map { [.notes: $0] } ?? [:])
    } catch {
      throw CommandFailure(file: path, error)
    }
  }
}
