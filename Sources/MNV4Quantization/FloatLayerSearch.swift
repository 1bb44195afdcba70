import MNV4

/// Finds few layers to keep in float32 so that accuracy stays within a limit: as many as it takes of
/// those that harm the network's output most, then without those that it does without.
struct FloatLayerSearch {
  /// Layers, the most harmful first.
  let candidates: [Int]
  /// Whether accuracy is within the limit with these layers in float.
  let isGoodEnough: (Set<Int>) throws(MNV4Error) -> Bool

  /// The layers to keep; empty where none is needed. All of them where not even that is enough: what
  /// lies between layers stays in integers.
  func run() throws(MNV4Error) -> [Int] {
    guard try !isGoodEnough([]) else { return [] }
    // So many are too few, and so many are enough.
    var low = 0
    var high = 1
    while high < candidates.count, try !isGoodEnough(Set(candidates.prefix(high))) {
      (low, high) = (high, high * 2)
    }
    high = min(high, candidates.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if try isGoodEnough(Set(candidates.prefix(middle))) { high = middle } else { low = middle }
    }
    return try withoutNeedless(Array(candidates.prefix(high)))
  }

  /// Leaves out, from the least harmful on, what is not missed.
  private func withoutNeedless(_ layers: [Int]) throws(MNV4Error) -> [Int] {
    var kept = layers
    for layer in layers.dropLast().reversed() where kept.count > 1 {
      let rest = kept.filter { $0 != layer }
      if try isGoodEnough(Set(rest)) { kept = rest }
    }
    return kept
  }
}
