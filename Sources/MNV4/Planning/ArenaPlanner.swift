internal import MNV4Core
internal import MNV4Graph

/// Places tensors in one block of memory so that no two that live at the same time overlap.
///
/// One after the other, each at the lowest offset that is free for all of its life, largest first
/// (Pisarchyk and Lee, 2020, arXiv 2001.03288, "greedy by size"), or in other orders where that leaves
/// gaps.
struct ArenaPlanner {
  /// A tensor: its size, and the first and last step that need it.
  struct Request: Hashable {
    var byteCount: Int
    var firstStep: Int
    var lastStep: Int

    /// Steps during which it lives.
    var stepCount: Int { lastStep - firstStep + 1 }
  }

  struct Layout: Hashable {
    /// One a request, multiples of `AlignedBuffer.alignment`.
    var offsets: [Int]
    var byteCount: Int
  }

  /// The smallest of the layouts that some orders give, the first of equals. Where an order leaves
  /// gaps, the tensor at the end is placed first instead, a few times.
  static func layout(_ requests: [Request]) -> Layout {
    let bound = mostBytesAtOnce(requests)
    var best = Layout(offsets: [], byteCount: .max)
    for rank in ranks {
      var order = requests.indices.sorted {
        let (first, second) = (rank(requests[$0]), rank(requests[$1]))
        return first == second ? $0 < $1 : first > second
      }
      for _ in 0..<attemptsPerRank {
        let layout = layout(requests, placedIn: order)
        if layout.byteCount < best.byteCount { best = layout }
        if layout.byteCount <= bound || requests.count > mostRequestsToRetry { return best }
        guard
          let last = order.firstIndex(where: {
            layout.offsets[$0] + paddedByteCount(requests[$0].byteCount) == layout.byteCount
          })
        else { break }
        order.insert(order.remove(at: last), at: 0)
      }
    }
    return best
  }

  private static let attemptsPerRank = 8
  /// More tensors, which no network that is in use has, are placed once: the time grows with the square
  /// of their number.
  private static let mostRequestsToRetry = 1024

  /// What decides which tensor is placed first: size, how long it lives, size for as long as it
  /// lives, and an early or a late end.
  private static let ranks: [@Sendable (Request) -> Int] = [
    { $0.byteCount },
    { saturatingProduct($0.byteCount, $0.stepCount) },
    { $0.stepCount },
    { -$0.firstStep },
    { $0.lastStep },
  ]

  /// What lives at the step at which most does: no layout is smaller.
  private static func mostBytesAtOnce(_ requests: [Request]) -> Int {
    var changes: [Int: Int] = [:]
    for request in requests {
      changes[request.firstStep, default: 0] += paddedByteCount(request.byteCount)
      changes[request.lastStep + 1, default: 0] -= paddedByteCount(request.byteCount)
    }
    var (living, most) = (0, 0)
    for step in changes.keys.sorted() {
      living += changes[step, default: 0]
      most = max(most, living)
    }
    return most
  }

  /// Each at the lowest offset that is free for all of its life.
  private static func layout(_ requests: [Request], placedIn order: [Int]) -> Layout {
    var offsets = [Int](repeating: 0, count: requests.count)
    var placed: [Int] = []  // by offset
    var total = 0
    for index in order {
      let request = requests[index]
      let size = paddedByteCount(request.byteCount)
      var candidate = 0
      for other in placed where overlapInTime(request, requests[other]) {
        if offsets[other] >= candidate + size { break }
        candidate = max(candidate, offsets[other] + paddedByteCount(requests[other].byteCount))
      }
      offsets[index] = candidate
      total = max(total, candidate + size)
      let position = placed.partitioningIndex { offsets[$0] >= candidate }
      placed.insert(index, at: position)
    }
    return Layout(offsets: offsets, byteCount: total)
  }

  /// Whole cache lines: kernels may read past a tensor's end, never write.
  private static func paddedByteCount(_ byteCount: Int) -> Int {
    let mask = AlignedBuffer.alignment - 1
    return (byteCount + mask) & ~mask
  }

  private static func overlapInTime(_ first: Request, _ second: Request) -> Bool {
    first.firstStep <= second.lastStep && second.firstStep <= first.lastStep
  }
}

extension Array {
  /// The first index for which `predicate` holds, in an array where it holds from some index on.
  fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
