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
  private var products: Products
  private var generator: SplitMix64

  private enum Products: Sendable {
    case dense(DenseProducts)
    case depthwise(DepthwiseProducts)
  }

  /// `positionLimit` is at least 1.
  package init(geometry: LayerGeometry, positionLimit: Int, seed: UInt64) {
    precondition(positionLimit > 0)
    self.geometry = geometry
    self.positionLimit = positionLimit
    generator = SplitMix64(state: seed)
    products =
      geometry.layout.inputsPerGroup == 1 && geometry.layout.groupCount > 1
      ? .depthwise(DepthwiseProducts(layout: geometry.layout))
      : .dense(DenseProducts(layout: geometry.layout))
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

  private mutating func add(_ picture: UnsafeBufferPointer<Float>, at position: Int) -> Bool {
    // In place: the payload is moved out, changed and put back without a copy.
    let old = products
    products = .dense(.placeholder)
    switch consume old {
    case .dense(var dense):
      let isFinite = dense.add(picture, at: position, of: geometry)
      products = .dense(dense)
      return isFinite
    case .depthwise(var depthwise):
      let isFinite = depthwise.add(picture, at: position, of: geometry)
      products = .depthwise(depthwise)
      return isFinite
    }
  }

  /// The moments of what has been added; nil where nothing has.
  package func finish() -> Hessian? {
    guard positionCount > 0 else { return nil }
    switch products {
    case .dense(var dense): return dense.finish(positionCount: positionCount)
    case .depthwise(let depthwise): return depthwise.finish(positionCount: positionCount)
    }
  }
}
