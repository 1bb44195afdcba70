/// Choices that no other beats: cheaper and at least as good, or better and at most as expensive.
enum ParetoFront {
  /// The indices of those, the cheapest first. Of equal choices the first counts; those with a cost or a
  /// gain that is no number never do.
  static func indices(costs: [Double], gains: [Double]) -> [Int] {
    let order = costs.indices
      .filter { costs[$0].isFinite && gains[$0].isFinite }
      .sorted { (costs[$0], -gains[$0], $0) < (costs[$1], -gains[$1], $1) }
    var front: [Int] = []
    for index in order where front.last.map({ gains[index] > gains[$0] }) ?? true {
      front.append(index)
    }
    return front
  }
}
