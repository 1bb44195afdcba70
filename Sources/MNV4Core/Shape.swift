/// The extents of a tensor, outermost first: activations are `[N, H, W, C]`.
///
/// Every shape that exists is valid: one to six dimensions, each at least 1, and at most
/// `maximumElementCount` elements, so products of its dimensions never overflow.
package struct Shape: Hashable, Sendable {
  package static let maximumRank = 6
  package static let maximumElementCount = 1 << 31

  package let dimensions: [Int]
  package let elementCount: Int

  package init(_ dimensions: [Int]) throws(ShapeError) {
    guard (1...Self.maximumRank).contains(dimensions.count) else {
      throw .rank(dimensions.count)
    }
    var count = 1
    for dimension in dimensions {
      guard dimension >= 1 else { throw .dimension(dimension, dimensions) }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow, product <= Self.maximumElementCount else { throw .tooLarge(dimensions) }
      count = product
    }
    self.dimensions = dimensions
    self.elementCount = count
  }

  package var rank: Int { dimensions.count }

  /// The innermost extent: the channel count of an activation.
  package var last: Int { dimensions[dimensions.count - 1] }

  /// All extents but the innermost, multiplied: how many rows of `last` elements there are.
  package var rowCount: Int { elementCount / last }

  package subscript(_ axis: Int) -> Int { dimensions[axis] }
}

extension Shape: CustomStringConvertible {
  /// For example `1×224×224×3`.
  package var description: String { Self.describe(dimensions) }

  package static func describe(_ dimensions: [Int]) -> String {
    dimensions.map(String.init).joined(separator: "×")
  }
}

/// Why a list of dimensions is no shape.
package enum ShapeError: Error, Hashable, CustomStringConvertible {
  case rank(Int)
  case dimension(Int, [Int])
  case tooLarge([Int])

  package var description: String {
    switch self {
    case .rank(let rank):
      "expected 1 to \(Shape.maximumRank) dimensions, found \(rank)"
    case .dimension(let dimension, let all):
      "expected every dimension to be at least 1, found \(dimension) in \(Shape.describe(all))"
    case .tooLarge(let all):
      "expected at most \(Shape.maximumElementCount) elements, found \(Shape.describe(all))"
    }
  }
}
