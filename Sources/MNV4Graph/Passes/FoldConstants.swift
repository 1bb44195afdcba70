package import MNV4Core

extension Graph {
  /// Every pass that turns a normalization or a scale into other weights, in the order in which each
  /// helps the next. The result computes the same, up to rounding.
  package func foldingConstants() throws(AllocationError) -> Graph {
    try foldingBatchNorm().foldingBatchNormForward().foldingChannelScale()
  }
}
