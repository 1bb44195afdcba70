internal import MNV4

/// Why a picture is refused.
enum ImageError: Error, Hashable {
  case emptyFile
  case tooManyBytes(count: Int, limit: Int)
  /// A format that is known but not read, by name.
  case unsupportedFormat(String)
  case unknownFormat
  case emptyPicture(width: Int, height: Int)
  case tooManyPixels(width: Int, height: Int, limit: Int)
  /// A sound JPEG of a kind that is not read, by name.
  case unsupportedJPEG(String)
  case damagedJPEG(String)
  case unsupportedPNG(String)
  case damagedPNG(String)
  case outOfMemory

  var publicError: MNV4Error {
    switch self {
    case .emptyFile:
      MNV4Error(.invalidImage, "expected a JPEG or PNG picture, found no bytes")
    case .tooManyBytes(let count, let limit):
      MNV4Error(.unsupportedImage, "expected at most \(limit) bytes, found \(count)")
    case .unsupportedFormat(let name):
      MNV4Error(.unsupportedImage, "expected a JPEG or PNG picture, found \(name)")
    case .unknownFormat:
      MNV4Error(.invalidImage, "expected a JPEG or PNG picture, found neither's first bytes")
    case .emptyPicture(let width, let height):
      MNV4Error(.invalidImage, "expected at least 1×1 pixels, found \(width)×\(height)")
    case .tooManyPixels(let width, let height, let limit):
      MNV4Error(
        .unsupportedImage, "expected at most \(limit) pixels, found \(width)×\(height)")
    case .unsupportedJPEG(let reason):
      MNV4Error(.unsupportedImage, "unsupported JPEG: \(reason)")
    case .damagedJPEG(let reason):
      MNV4Error(.invalidImage, "damaged JPEG: \(reason)")
    case .unsupportedPNG(let reason):
      MNV4Error(.unsupportedImage, "unsupported PNG: \(reason)")
    case .damagedPNG(let reason):
      MNV4Error(.invalidImage, "damaged PNG: \(reason)")
    case .outOfMemory:
      MNV4Error(.outOfResources, "cannot allocate the memory that decoding needs")
    }
  }
}
