package import MNV4Core

extension Graph {
  /// Every pass that turns a normalization or a scale into other weights, in the order in which each
  /// helps the next. The result computes the same, up to rounding. The passes share one budget.
  package func foldingConstants() throws(AllocationError) -> Graph {
    var budget = FoldingBudget(for: self)
    return try foldingBatchNorm(within: &budget).foldingBatchNormForward(within: &budget)
      .foldingChannelScale(within: &budget)
  }

  /// The one pass, with a budget of its own.
  package func foldingBatchNorm() throws(AllocationError) -> Graph {
    var budget = FoldingBudget(for: self)
    return try foldingBatchNorm(within: &budget)
  }

  /// The one pass, with a budget of its own.
  package func foldingBatchNormForward() throws(AllocationError) -> Graph {
    var budget = FoldingBudget(for: self)
    return try foldingBatchNormForward(within: &budget)
  }

  /// The one pass, with a budget of its own.
  package func foldingChannelScale() throws(AllocationError) -> Graph {
    var budget = FoldingBudget(for: self)
    return try foldingChannelScale(within: &budget)
  }
}
