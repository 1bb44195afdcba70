/// What a JPEG file says of itself before any of its picture is decoded.
struct JPEGHeader {
  /// One colour component of the frame.
  struct Component: Hashable {
    var identifier: UInt8
    var horizontalSampling: Int
    var verticalSampling: Int
    /// The scans that name this component.
    var scanCount = 0
  }

  /// How the coefficients are coded.
  enum Coding: Hashable {
    case sequential
    case progressive
  }

  var width: Int
  var height: Int
  var coding: Coding
  var isArithmetic: Bool
  var components: [Component]
  var orientation = Orientation.upright
  var scanCount = 0
  /// The 8×8 blocks that all scans together visit.
  var visitedBlockCount = 0
  /// The bytes of all scans' entropy-coded data.
  var entropyByteCount = 0
  /// Where the end-of-image marker starts.
  var endOffset = 0
  /// Bytes that belong to no segment, to be left out before decoding; in order.
  var strayRanges: [Range<Int>] = []

  /// The blocks of component `index` in a scan: of its own (T.81 A.2.2), or, interleaved with
  /// others, of whole units (A.2.3).
  func blockCount(ofComponent index: Int, interleaved: Bool) -> Int {
    let component = components[index]
    let maximumH = components.map(\.horizontalSampling).max() ?? 1
    let maximumV = components.map(\.verticalSampling).max() ?? 1
    func divideUp(_ value: Int, _ divisor: Int) -> Int { (value + divisor - 1) / divisor }
    if interleaved {
      let unitCount = divideUp(width, 8 * maximumH) * divideUp(height, 8 * maximumV)
      return unitCount * component.horizontalSampling * component.verticalSampling
    }
    return divideUp(width * component.horizontalSampling, 8 * maximumH)
      * divideUp(height * component.verticalSampling, 8 * maximumV)
  }
}
