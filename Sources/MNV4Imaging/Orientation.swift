/// How the stored rows and columns of a picture are to be shown (Exif 2.32, tag 0x0112).
///
/// The raw values are the tag's.
enum Orientation: Int, Hashable, CaseIterable {
  case upright = 1
  case mirrored = 2
  case rotated180 = 3
  case flipped = 4
  /// Mirrored along the main diagonal.
  case transposed = 5
  /// To be turned a quarter clockwise.
  case rotated90 = 6
  /// Mirrored along the other diagonal.
  case transverse = 7
  /// To be turned a quarter counterclockwise.
  case rotated270 = 8

  /// Whether rows become columns.
  var swapsSides: Bool { rawValue >= 5 }

  /// Where shown pixel (x, y) is stored, in pixels from the start: `origin + x·stepX + y·stepY`.
  ///
  /// `width` and `height` are those of the stored picture.
  func walk(width: Int, height: Int) -> (origin: Int, stepX: Int, stepY: Int) {
    let right = width - 1
    let bottom = (height - 1) * width
    switch self {
    case .upright: return (0, 1, width)
    case .mirrored: return (right, -1, width)
    case .rotated180: return (bottom + right, -1, -width)
    case .flipped: return (bottom, 1, -width)
    case .transposed: return (0, width, 1)
    case .rotated90: return (bottom, -width, 1)
    case .transverse: return (bottom + right, -width, -1)
    case .rotated270: return (right, width, -1)
    }
  }
}
