/// The lower triangular `L` of a symmetric positive definite matrix `A = L Lᵀ`, in double precision.
struct Cholesky {
  let order: Int
  /// `[order, order]`, row major; zero above the diagonal.
  private(set) var elements: [Double]

  /// Nil where the matrix, of which the lower triangle is read, is not positive definite to working
  /// precision: a pivot is not above 10⁻¹² of its diagonal element.
  init?(_ matrix: [Double], order: Int) {
    precondition(matrix.count == order * order)
    self.order = order
    var elements = matrix
    let isDefinite = elements.withUnsafeMutableBufferPointer { buffer -> Bool in
      guard let base = buffer.baseAddress else { return true }
      for row in 0..<order {
        let current = base + row * order
        let diagonal = current[row]
        for column in 0..<row {
          let other = base + column * order
          current[column] =
            (current[column] - Self.dot(current, other, count: column)) / other[column]
        }
        let pivot = diagonal - Self.dot(current, current, count: row)
        // Also refuses NaN.
        guard pivot > diagonal * 1e-12, pivot.isFinite, pivot > 0 else { return false }
        current[row] = pivot.squareRoot()
        for column in row + 1..<max(order, row + 1) { current[column] = 0 }
      }
      return true
    }
    guard isDefinite else { return nil }
    self.elements = elements
  }

  /// Four partial sums of eight lanes each, whose order depends on `count` alone.
  @inline(__always)
  private static func dot(
    _ left: UnsafePointer<Double>, _ right: UnsafePointer<Double>, count: Int
  ) -> Double {
    var (a, b) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
    let (x, y) = (UnsafeRawPointer(left), UnsafeRawPointer(right))
    var index = 0
    while index &+ 16 <= count {
      let offset = index &* 8
      a +=
        x.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
        * y.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
      b +=
        x.loadUnaligned(fromByteOffset: offset &+ 64, as: SIMD8<Double>.self)
        * y.loadUnaligned(fromByteOffset: offset &+ 64, as: SIMD8<Double>.self)
      index &+= 16
    }
    var sum = (a + b).sum()
    while index < count {
      sum += left[index] * right[index]
      index &+= 1
    }
    return sum
  }
}
