internal import MNV4Core

/// Places tensors in one block of memory so that no two that live at the same time overlap.
///
/// Largest first, each at the lowest offset that is free for all of its life (Pisarchyk and Lee,
/// 2020, arXiv 2001.03288, "greedy by size").
struct ArenaPlanner {
  /// A tensor: its size, and the first and last step that need it.
  struct Request: Hashable {
    var byteCount: Int
    var firstStep: Int
    var lastStep: Int
  }

  struct Layout: Hashable {
    /// One a request, multiples of `AlignedBuffer.alignment`.
    var offsets: [Int]
    var byteCount: Int
  }

  static func layout(_ requests: [Request]) -> Layout {
    let order = requests.indices.sorted {
      (requests[$0].byteCount, requests[$1].firstStep, $1)
        > (requests[$1].byteCount, requests[$0].firstStep, $0)
    }
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
