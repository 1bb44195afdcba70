/// The sums of six rows by eight columns: twelve of the sixteen 128-bit registers of x86-64, which
/// leaves two for a row of weights and two for the products.
///
/// Every sum starts at the bias and grows in the order of the depth, one rounded product at a time.
struct RowTile {
  static let rowCount = 6

  var row0: FloatVector
  var row1: FloatVector
  var row2: FloatVector
  var row3: FloatVector
  var row4: FloatVector
  var row5: FloatVector

  @inline(__always)
  init(bias: FloatVector) {
    row0 = bias
    row1 = bias
    row2 = bias
    row3 = bias
    row4 = bias
    row5 = bias
  }

  /// Adds the products of `count` elements of every row with `count` rows of a panel.
  ///
  /// Rows have any alignment, may be the same, and are read up to `count` elements exactly; weights
  /// stand on a 32-byte boundary.
  @inline(__always)
  mutating func accumulate(
    _ rows: RowPointers, count: Int, weights: UnsafePointer<FloatVector>
  ) {
    var tile = self
    var k = 0
    while k < count {
      let weight = weights[k]
      tile.row0 += FloatVector(repeating: rows.row0[k]) * weight
      tile.row1 += FloatVector(repeating: rows.row1[k]) * weight
      tile.row2 += FloatVector(repeating: rows.row2[k]) * weight
      tile.row3 += FloatVector(repeating: rows.row3[k]) * weight
      tile.row4 += FloatVector(repeating: rows.row4[k]) * weight
      tile.row5 += FloatVector(repeating: rows.row5[k]) * weight
      k &+= 1
    }
    self = tile
  }

  /// Stores the first `rowCount` rows, `stride` elements apart, `width` columns each, the first of
  /// which is the output's channel `channel`.
  @inline(__always)
  func store(
    to output: UnsafeMutablePointer<Float>, offset: Int, channel: Int, stride: Int, rowCount: Int,
    width: Int, epilogue: Epilogue
  ) {
    epilogue.store(row0, to: output, offset: offset, channel: channel, count: width)
    guard rowCount > 1 else { return }
    epilogue.store(row1, to: output, offset: offset &+ stride, channel: channel, count: width)
    guard rowCount > 2 else { return }
    epilogue.store(row2, to: output, offset: offset &+ stride &* 2, channel: channel, count: width)
    guard rowCount > 3 else { return }
    epilogue.store(row3, to: output, offset: offset &+ stride &* 3, channel: channel, count: width)
    guard rowCount > 4 else { return }
    epilogue.store(row4, to: output, offset: offset &+ stride &* 4, channel: channel, count: width)
    guard rowCount > 5 else { return }
    epilogue.store(row5, to: output, offset: offset &+ stride &* 5, channel: channel, count: width)
  }
}

/// Where six rows of a left operand start.
struct RowPointers {
  let row0: UnsafePointer<Float>
  let row1: UnsafePointer<Float>
  let row2: UnsafePointer<Float>
  let row3: UnsafePointer<Float>
  let row4: UnsafePointer<Float>
  let row5: UnsafePointer<Float>

  /// Rows `stride` elements apart; those from `count` on repeat the last one.
  @inline(__always)
  init(_ base: UnsafePointer<Float>, stride: Int, count: Int) {
    row0 = base
    row1 = base + min(1, count &- 1) &* stride
    row2 = base + min(2, count &- 1) &* stride
    row3 = base + min(3, count &- 1) &* stride
    row4 = base + min(4, count &- 1) &* stride
    row5 = base + min(5, count &- 1) &* stride
  }

  @inline(__always)
  init(each pointer: (Int) -> UnsafePointer<Float>) {
    row0 = pointer(0)
    row1 = pointer(1)
    row2 = pointer(2)
    row3 = pointer(3)
    row4 = pointer(4)
    row5 = pointer(5)
  }
}
