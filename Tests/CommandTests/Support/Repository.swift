import Foundation
import Testing

/// Where the files of the repository are.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  static let picture = root + "/Examples/pictures/chelsea.png"
  static let model = root + "/models/mobilenetv4_conv_small_cifar10.mnv4"

  /// Whether the commands quantize a network within their limits of time: not with Swift kernels that
  /// are compiled without optimization.
  static var quantizesInTime: Bool {
    #if DEBUG && !XNNPACK
      false
    #else
      true
    #endif
  }

  static let slowQuantization: Comment =
    "Swift kernels without optimization are too slow for whole quantizations"
}
