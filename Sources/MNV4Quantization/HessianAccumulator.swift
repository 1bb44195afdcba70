import MNV4Core

/// Gathers a layer's `Hessian` from its inputs, a picture at a time.
///
/// Of each picture at most `positionLimit` output positions count, drawn with a seed; so time and
/// memory are bounded. Positions that see an infinity or NaN are left out.
package struct HessianAccumulator: Sendable {
  package let geometry: LayerGeometry
  package let positionLimit: Int
  /// Positions that have counted.
  package private(set) var positionCount = 0
  /// Positions left out because an input was not finite.
  package private(set) var skippedCount = 0
  /// One of the two.
  private var dense: DenseProducts?
  private var depthwise: DepthwiseProducts?
  private var generator: SplitMix64

  /// `positionLimit` is at least 1.
  package init(geometry: LayerGeometry, positionLimit: Int, seed: UInt64) {
    precondition(positionLimit > 0)
    self.geometry = geometry
    self.positionLimit = positionLimit
    generator = SplitMix64(state: seed)
    if geometry.layout.inputsPerGroup == 1 && geometry.layout.groupCount > 1 {
      depthwise = DepthwiseProducts(layout: geometry.layout)
    } else {
      dense = DenseProducts(layout: geometry.layout)
    }
  }

  /// Bytes that an accumulator for this layer holds.
  package static func byteCount(for layout: WeightLayout) -> Int {
    let order = layout.rowCount
    return layout.groupCount * (order * (order + 8 + DenseProducts.blockRowCount)) * 4
  }

  /// Adds pictures of the layer's input, one after the other, whole.
  package mutating func add(_ input: UnsafeBufferPointer<Float>) {
    precondition(input.count.isMultiple(of: geometry.inputElementCount))
    for start in stride(from: 0, to: input.count, by: geometry.inputElementCount) {
      let picture = UnsafeBufferPointer(
        rebasing: input[start..<start + geometry.inputElementCount])
      for position in generator.ascendingSample(
        of: positionLimit, from: geometry.positionCount)
      {
        if add(picture, at: position) { positionCount += 1 } else { skippedCount += 1 }
      }
    }
  }

  /// False where the position was left out.
  private mutating func add(_ picture: UnsafeBufferPointer<Float>, at position: Int) -> Bool {
    // Through the optionals, so that the sums are changed in place.
    dense?.add(picture, at: position, of: geometry)
      ?? depthwise?.add(picture, at: position, of: geometry) ?? false
  }

  /// The moments of what has been added; nil where nothing has.
  package func finish() -> Hessian? {
    guard positionCount > 0 else { return nil }
    if var dense { return dense.finish(positionCount: positionCount) }
    return depthwise?.finish(positionCount: positionCount)
  }
}
