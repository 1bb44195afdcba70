import Foundation

/// Where the files of the repository are.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  static let picture = root + "/Examples/pictures/chelsea.png"
  static let model = root + "/models/mobilenetv4_conv_small_cifar10.mnv4"
}
