package import MNV4Core
package import MNV4Graph

/// Named tensors, whatever kind of file they came in.
///
/// The kind is told by the file's first bytes. A prefix that every name has and that only says how
/// the network was wrapped for training is dropped: see `wrapperPrefixes`.
package struct Checkpoint: Sendable {
  package enum Format: String, Sendable {
    case safetensors
    case pyTorch = "PyTorch"
  }

  /// What PyTorch's wrappers for parallel training and for compilation put before every name.
  package static let wrapperPrefixes = ["module.", "_orig_mod."]

  package let format: Format
  /// In a PyTorch file, the key of the dictionary that holds the tensors; nil for the outermost.
  package let dictionaryKey: String?
  /// What was dropped from the start of every name.
  package let droppedPrefix: String
  /// How the network was trained, as far as the file says it.
  package let training: TrainingMetadata
  /// Named without the dropped prefix.
  package let tensors: [CheckpointTensor]
  private let indices: [String: Int]
  private let bytes: AlignedBuffer

  package init(_ bytes: AlignedBuffer) throws(CheckpointError) {
    let found: [CheckpointTensor]
    switch try bytes.withUnsafeBytes(Self.kind) {
    case .safetensors:
      let file: SafetensorsFile
      do { file = try SafetensorsFile(bytes) } catch { throw .safetensors(error) }
      found = file.tensors
      training = TrainingMetadata(file.metadata)
      format = .safetensors
      dictionaryKey = nil
    case .pyTorch:
      let file: PyTorchFile
      do { file = try PyTorchFile(bytes) } catch { throw .pyTorch(error) }
      found = file.tensors
      training = TrainingMetadata([:])
      format = .pyTorch
      dictionaryKey = file.dictionaryKey
    }
    var prefix = ""
    while prefix.utf8.count < 64,
      let next = Self.wrapperPrefixes.first(where: { wrapper in
        !found.isEmpty && found.allSatisfy { $0.name.hasPrefix(prefix + wrapper) }
      })
    { prefix += next }
    droppedPrefix = prefix
    tensors =
      prefix.isEmpty
      ? found
      : found.map { tensor in
        CheckpointTensor(
          name: String(tensor.name.dropFirst(prefix.count)), elementType: tensor.elementType,
          shape: tensor.shape, byteRange: tensor.byteRange, strides: tensor.strides)
      }
    // Names that differ differ without their common prefix.
    indices = Dictionary(
      zip(tensors.map(\.name), tensors.indices), uniquingKeysWith: { first, _ in first })
    self.bytes = bytes
  }

  /// The place of the tensor of that name in `tensors`.
  package func index(of name: String) -> Int? { indices[name] }

  /// The elements of the tensor at that place of `tensors`, as finite float32, row major.
  package func floats(at index: Int) throws(WeightError) -> [Float] {
    try tensors[index].floats(in: bytes)
  }

  /// What is known of the file, for a message.
  package var summary: String {
    var text = "\(format.rawValue) file of \(tensors.count) tensors"
    if let dictionaryKey { text += ", those of '\(dictionaryKey)'" }
    if !droppedPrefix.isEmpty { text += ", without the prefix '\(droppedPrefix)'" }
    return text
  }

  /// The most bytes of a file that is read as a checkpoint: 16 GiB.
  package static let maximumFileByteCount = 1 << 34

  /// Checks by its first bytes, 512 or more of them or all, that a file is a ZIP archive or has a
  /// safetensors header of a length that is read.
  package static func checkHead(_ head: UnsafeRawBufferPointer) throws(CheckpointError) {
    guard try kind(head) == .safetensors else { return }
    do throws(SafetensorsError) { try SafetensorsFile.checkHead(head) } catch {
      throw .safetensors(error)
    }
  }

  private static func kind(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) -> Format {
    let start = Array(bytes.prefix(512))
    if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return .pyTorch }
    // A pickle of protocol 2 that begins with PyTorch's magic number, an integer of ten bytes.
    if start.starts(with: [0x80, 0x02, 0x8A, 0x0A]) { throw .pyTorch(.legacy) }
    if start.count >= 262, start[257..<262].elementsEqual("ustar".utf8) {
      throw .pyTorch(.legacy)
    }
    // After a header's length of eight bytes.
    if start.count <= 8 || start[8] == UInt8(ascii: "{") || start[4..<8].allSatisfy({ $0 == 0 }) {
      return .safetensors
    }
    throw .unknownFormat
  }
}
