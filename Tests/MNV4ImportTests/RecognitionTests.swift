import MNV4Core
import MNV4Graph
import MNV4Import
import MNV4Zoo
import Testing

/// Checkpoints are recognized by their tensors' names and shapes.
@Suite struct RecognitionTests {
  /// A safetensors file of those tensors, all zeros.
  private static func checkpoint(
    _ tensors: [TensorRecorder.Tensor], type: CheckpointElementType
  ) throws -> Checkpoint {
    var entries: [String] = []
    var end = 0
    for tensor in tensors {
      let start = end
      end += tensor.shape.reduce(type.bitCount / 8, *)
      entries.append(
        #""\#(tensor.key)":{"dtype":"\#(type.rawValue)","shape":\#(tensor.shape),"#
          + #""data_offsets":[\#(start),\#(end)]}"#)
    }
    let header = Samples.file("{\(entries.joined(separator: ","))}")
    let buffer = try AlignedBuffer(byteCount: header.count + end)
    let target = buffer.pointer(as: UInt8.self)
    for (index, byte) in header.enumerated() { target[index] = byte }
    return try Checkpoint(buffer)
  }

  private static func tensors(of architecture: Architecture) -> [TensorRecorder.Tensor] {
    let recorder = TensorRecorder()
    _ = try? architecture.build(weights: recorder)
    return recorder.tensors
  }

  private static func replacing(
    _ key: String, by shape: [Int], in tensors: [TensorRecorder.Tensor]
  ) -> [TensorRecorder.Tensor] {
    tensors.map { $0.key == key ? TensorRecorder.Tensor(key: key, shape: shape) : $0 }
  }

  /// Networks that differ by no tensor.
  private static let twins: [Set<String>] = [
    [
      "mobilenext_100", "mobilenext_100_id050", "mobilenext_100_id033", "mobilenext_100_id017",
      "mobilenext_100_bottleneckshortcut", "mobilenext_100_relu6end",
    ],
    [
      "mobilenext_050", "mobilenext_050_id050", "mobilenext_050_id033", "mobilenext_050_id017",
    ],
  ]

  @Test(arguments: Architecture.all.map(\.name))
  func everyNetworkIsRecognized(name: String) throws {
    let architecture = try #require(Architecture.named(name))
    let checkpoint = try Self.checkpoint(Self.tensors(of: architecture), type: .uint8)
    if let twins = Self.twins.first(where: { $0.contains(name) }) {
      let error = #expect(throws: CheckpointError.self) {
        try CheckpointImport.recognize(checkpoint)
      }
      guard case .ambiguous(let names)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(Set(names) == twins)
    } else {
      let found = try CheckpointImport.recognize(checkpoint)
      #expect(found.architecture.name == name)
      #expect(found.convention == .zoo)
    }
    #expect(
      try CheckpointImport.recognize(checkpoint, as: architecture).convention == .zoo)
  }

  /// The names and shapes of torchvision's networks, as torchvision gives them.
  private static func torchvisionTensors(
    _ name: String
  ) throws -> [TensorRecorder.Tensor] {
    let text = String(
      decoding: try PyTorchSamples.fixture("torchvision-keys", "txt"), as: UTF8.self)
    return text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: "|", omittingEmptySubsequences: false)
      guard fields[0] == name else { return nil }
      return TensorRecorder.Tensor(
        key: String(fields[1]), shape: fields[2].split(separator: ",").compactMap { Int($0) })
    }
  }

  @Test(arguments: [
    ("mobilenetv2_100", Float(1e-5)), ("mobilenetv3_small_100", 1e-3),
    ("mobilenetv3_large_100", 1e-3), ("efficientnet_b0", 1e-5),
  ])
  func torchvisionsNamesAreRecognized(name: String, epsilon: Float) throws {
    let tensors = try Self.torchvisionTensors(name)
    let checkpoint = try Self.checkpoint(tensors, type: .float16)
    let network = try CheckpointImport.network(from: checkpoint)
    #expect(network.architecture.name == name)
    #expect(network.convention == .torchvision)
    #expect(network.preprocessing?.cropFraction == 0.875)
    let epsilons = network.graph.nodes.compactMap { node in
      if case .batchNormalization(let normalization) = node.operation {
        normalization.epsilon
      } else {
        nil
      }
    }
    #expect(!epsilons.isEmpty && epsilons.allSatisfy { $0 == epsilon })
    #expect(
      try CheckpointImport.recognize(checkpoint, as: network.architecture).convention
        == .torchvision)
  }

  @Test func classCountIsTheCheckpoints() throws {
    let architecture = try #require(Architecture.named("mobilenetv4_conv_small_035"))
    var tensors = Self.tensors(of: architecture)
    tensors = Self.replacing("classifier.weight", by: [7, 1280], in: tensors)
    tensors = Self.replacing("classifier.bias", by: [7], in: tensors)
    tensors.append(.init(key: "bn1.num_batches_tracked", shape: []))
    let checkpoint = try Self.checkpoint(tensors, type: .float16)
    let graph = try CheckpointImport.network(from: checkpoint).graph
    #expect(graph[graph.outputs[0]].shape.dimensions == [1, 7])
    // The weights' classes and the caller's differ.
    #expect(throws: CheckpointError.self) {
      try CheckpointImport.network(from: checkpoint, classCount: 8)
    }
  }

  @Test func nearestNetworkIsNamed() throws {
    let architecture = try #require(Architecture.named("mobilenetv2_050"))
    var tensors = Self.tensors(of: architecture)
    tensors = Self.replacing("blocks.1.0.conv_dw.weight", by: [48, 1, 5, 5], in: tensors)
    tensors.removeAll { $0.key == "bn1.bias" }
    tensors.append(.init(key: "extra", shape: [1]))
    let checkpoint = try Self.checkpoint(tensors, type: .uint8)
    let error = CheckpointError.unrecognized(
      nearest: "mobilenetv2_050", convention: .zoo,
      differences: [
        "tensor 'bn1.bias': expected one of shape 16, found none",
        "tensor 'blocks.1.0.conv_dw.weight': shape: expected 48×1×3×3, found 48×1×5×5",
        "'extra' is none of the network's",
      ])
    #expect(throws: error) { try CheckpointImport.network(from: checkpoint) }
    #expect("\(error)".hasPrefix("the tensors are those of no network that is known; nearest is "))
    #expect("\(CheckpointError.ambiguous(architectures: ["a", "b"]))".hasSuffix("with --arch"))
  }

  /// Errors name a tensor as the checkpoint does.
  @Test func torchvisionsNamesAreInErrors() throws {
    var tensors = try Self.torchvisionTensors("mobilenetv3_small_100")
    tensors = Self.replacing("classifier.0.weight", by: [1024, 577], in: tensors)
    let architecture = try #require(Architecture.named("mobilenetv3_small_100"))
    let checkpoint = try Self.checkpoint(tensors, type: .float16)
    let error = WeightError.shape(
      key: "classifier.0.weight", expected: [1024, 576], found: [1024, 577])
    #expect(throws: CheckpointError.build(.weights([error]))) {
      try CheckpointImport.network(architecture, from: checkpoint)
    }
  }
}
