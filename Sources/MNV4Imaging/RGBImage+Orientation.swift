internal import MNV4

extension RGBImage {
  /// The side of the squares in which pixels are moved, so that reads and writes stay in the cache.
  private static let tileSide = 32

  /// The picture as it is to be shown, where it is stored in `orientation`.
  func upright(from orientation: Orientation) throws(MNV4Error) -> RGBImage {
    guard orientation != .upright else { return self }
    let shownWidth = orientation.swapsSides ? height : width
    let shownHeight = orientation.swapsSides ? width : height
    let walk = orientation.walk(width: width, height: height)
    return try RGBImage(width: shownWidth, height: shownHeight) { output in
      pixels.withUnsafeBufferPointer { stored in
        for top in stride(from: 0, to: shownHeight, by: Self.tileSide) {
          for left in stride(from: 0, to: shownWidth, by: Self.tileSide) {
            for y in top..<min(top + Self.tileSide, shownHeight) {
              for x in left..<min(left + Self.tileSide, shownWidth) {
                let source = (walk.origin + x * walk.stepX + y * walk.stepY) * 3
                let target = (y * shownWidth + x) * 3
                output[target] = stored[source]
                output[target + 1] = stored[source + 1]
                output[target + 2] = stored[source + 2]
              }
            }
          }
        }
      }
    }
  }
}
