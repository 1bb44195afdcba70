public import MNV4
import MNV4Core
package import MNV4Format

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A network of integers, and what became of it.
public struct QuantizedNetwork: Sendable {
  package let file: ModelFile
  /// What quantization did to it.
  public var report: QuantizationReport

  /// The network, to run.
  public var model: Model { Model(file) }

  /// Writes the `.mnv4` file: whole or, where that fails, not at all.
  public func write(to url: URL) throws(MNV4Error) {
    guard url.isFileURL else {
      throw MNV4Error(.unreadableFile, file: "\(url)", "expected a file URL")
    }
    try write(toFile: url.path)
  }

  /// Writes the `.mnv4` file; throws as `write(to:)`.
  public func write(toFile path: String) throws(MNV4Error) {
    let bytes: AlignedBuffer
    do { bytes = try Encoder.encode(file) } catch {
      throw MNV4Error(.invalidModel, file: path, error.description)
    }
    do throws(FileError) {
      try bytes.withUnsafeBytes { contents throws(FileError) in
        try FileAccess.replace(path, with: contents)
      }
    } catch {
      throw MNV4Error(.unwritableFile, file: path, error.description)
    }
  }
}
