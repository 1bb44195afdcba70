import MNV4Core
import MNV4Graph

/// Chains of convolutions, with additions of integers between and after them, by rows: a kernel for each
/// instruction set that this processor has.
///
/// - Parameters:
///   - bufferByteCount: what the rows between the layers may take on each thread.
///   - leastValueByteCount: chains in which no value between layers is larger are refused.
func rowChainKernels(bufferByteCount: Int, leastValueByteCount: Int) -> [Kernel] {
  InstructionSet.allCases.reversed().compactMap { set in
    // Where there are matrix products for it there is the rest.
    guard ByteGemm.all.contains(where: { $0.set == set }) else { return nil }
    return RowChain(
      set: set, bufferByteCount: bufferByteCount, leastValueByteCount: leastValueByteCount
    ).kernel
  }
}

/// The kernel of one instruction set.
private struct RowChain: Sendable {
  let set: InstructionSet
  let bufferByteCount: Int
  let leastValueByteCount: Int

  var kernel: Kernel {
    Kernel(
      name: "rows_\(set.name)",
      supports: { layers($0) != nil },
      nanoseconds: { problem in
        layers(problem).map { Self.nanoseconds($0.parts, $0.tiles, of: problem) } ?? 0
      },
      memory: { problem in
        guard let parts = layers(problem)?.parts else { return .none }
        return BackendMemory(
          sharedByteCount: parts.reduce(0) { saturatingSum($0, $1.sharedByteCount) })
      },
      pack: { problem throws(BackendError) in
        guard let layers = layers(problem) else { preconditionFailure("not rows") }
        return try PackedRowChain(
          layers.parts, layers.tiles, imageCount: problem.output.shape[0])
      },
      workspaceByteCount: { layers($0)?.tiles.byteCount ?? 0 })
  }

  /// Nil where the problem is no chain that is computed by rows.
  private func layers(_ problem: StepProblem) -> (parts: [RowPart], tiles: RowTiles)? {
    let values = problem.links.dropLast().map(\.problem.output)
    guard values.contains(where: { $0.byteCount > leastValueByteCount }),
      let parts = RowPart.parts(of: problem, set),
      let tiles = RowTiles(parts, bufferByteCount: bufferByteCount)
    else { return nil }
    return (parts, tiles)
  }

  /// The layers' own times, what tiles cost and what they save. Measured in
  /// `docs/decisions/0009-fused-blocks.md`.
  private static func nanoseconds(
    _ parts: [RowPart], _ tiles: RowTiles, of problem: StepProblem
  ) -> Double {
    let height = parts[parts.count - 1].window.outputHeight
    let imageCount = Double(problem.output.shape[0])
    let tileCount = (height + tiles.height - 1) / tiles.height
    var total = parts.reduce(0) { $0 + $1.nanoseconds }
    total += imageCount * Double(tileCount * parts.count) * RowChainRates.callNanoseconds
    // Rows that neighbouring threads both compute; rows that stay for the next tile and are moved.
    var shared = (height + RowChainRates.threadCount - 1) / RowChainRates.threadCount
    let runCount = (height + shared - 1) / shared
    var advance = tiles.height
    for index in parts.indices.dropLast().reversed() {
      let window = parts[index + 1].window
      let part = parts[index]
      shared = window.inputCount(ofOutputs: shared)
      let twice = max(shared * runCount - part.window.outputHeight, 0)
      total += part.nanoseconds * Double(twice) / Double(part.window.outputHeight)
      advance *= window.stride
      let kept = max(tiles.capacities[index] - advance, 0) * (tileCount - 1)
      let rowByteCount = imageCount * Double(part.outputRowByteCount)
      total += Double(kept) * rowByteCount / RowChainRates.moves
      total -= RowChainRates.savedNanoseconds(
        byteCount: rowByteCount * Double(part.window.outputHeight))
    }
    return max(total, 0)
  }
}

/// What computing by rows, or by channels, costs and saves, measured on server cores with 1 MiB (Zen 5) and
/// 1.25 MiB (Ice Lake) of level 2 cache.
enum RowChainRates {
  /// Of each layer in each tile, or group of channels.
  static let callNanoseconds = 100.0
  /// Bytes a nanosecond that are moved to the start of a buffer.
  static let moves = 50.0
  /// Rows are estimated as if so many threads shared them: one where a core waits long for its last cache, so
  /// that two gain more than what they compute twice.
  static let threadCount = Processor.isZen ? 4 : 1
  static let level2ByteCount = 1 << 20
  /// What other values and other programs leave of the last cache.
  private static let lastLevelByteCount = Double(1 << 22)

  /// The time that steps take to write a value between them, and to read it, beyond what they would
  /// take for one that stays in the level 2 cache; half of that holds the end of it.
  static func savedNanoseconds(byteCount: Double) -> Double {
    let level2ByteCount = Double(level2ByteCount)
    guard byteCount > level2ByteCount else { return 0 }
    let beyond = 2 * (byteCount - level2ByteCount / 2)
    guard Processor.isZen else { return beyond / 80 }
    return beyond / 30 + 2 * max(byteCount - lastLevelByteCount, 0) / 30
  }

  /// Values up to this size stay near enough between steps.
  static let nearByteCount = 300 << 10

  /// The same of a value that is computed by channels; on Zen, where that was not measured, nothing.
  static func savedByChannels(byteCount: Int) -> Double {
    guard !Processor.isZen else { return 0 }
    return 2 * Double(max(byteCount - nearByteCount, 0)) / 60
  }

  /// What it saves that a value is written, and read, group of channels by group.
  static func savedByGroups(byteCount: Int) -> Double {
    guard !Processor.isZen else { return 0 }
    return 2 * Double(max(byteCount - (1 << 19), 0)) / 20
  }
}
