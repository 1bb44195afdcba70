internal import MNV4

/// The four inks of a JPEG file as red, green and blue.
enum CMYK {
  /// Converts as Pillow does: the samples are inverted inks, as Adobe writes them, whether or not an
  /// Adobe marker says so; then `channel = (255 − K) − (255 − K) · ink / 255`, rounded.
  ///
  /// `samples` are `width · height · 4`, interleaved.
  static func rgb(_ samples: [UInt8], width: Int, height: Int) throws(MNV4Error) -> RGBImage {
    try RGBImage(width: width, height: height) { output in
      samples.withUnsafeBufferPointer { samples in
        var target = 0
        for source in stride(from: 0, to: samples.count, by: 4) {
          let black = UInt32(samples[source + 3])
          for channel in 0..<3 {
            let product = UInt32(255 - samples[source + channel]) * black + 128
            output[target + channel] = UInt8(black - (((product >> 8) + product) >> 8))
          }
          target += 3
        }
      }
    }
  }
}
