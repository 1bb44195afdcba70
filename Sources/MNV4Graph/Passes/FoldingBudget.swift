import MNV4Core

/// How many elements of constants the folding passes may still compute.
///
/// Each fold makes another copy of a layer's weights, and a file may have thousands of operations
/// that fold into one layer, or thousands of layers of the same weights. A fold that the budget does
/// not cover does not happen: its operation stays, and the graph computes the same.
package struct FoldingBudget: Hashable, Sendable {
  package private(set) var elementCount: Int

  package init(elementCount: Int) { self.elementCount = elementCount }

  /// Enough for each of the three passes to fold every constant once, and for any small network.
  package init(for graph: Graph) {
    var total = 1 << 20
    for constant in graph.constants {
      let (product, overflow) = constant.shape.elementCount.multipliedReportingOverflow(by: 3)
      let (sum, isOver) = total.addingReportingOverflow(product)
      total = overflow || isOver ? .max : sum
    }
    elementCount = total
  }

  /// Takes `count` elements, 0 or more; false, and nothing taken, where that many are not left.
  mutating func take(_ count: Int) -> Bool {
    guard count <= elementCount else { return false }
    elementCount -= count
    return true
  }
}
