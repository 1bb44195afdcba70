import MNV4Core
import MNV4Graph
import MNV4Zoo
import Testing

@testable import MNV4

/// How much memory the activations of real networks take.
@Suite struct ArenaZooTests {
  /// No arena can be smaller than what lives at one step; for networks without branches that is the
  /// largest pair of neighbours.
  @Test(arguments: Architecture.all.map(\.name))
  func arenaIsLittleLargerThanWhatLivesAtOnce(_ name: String) throws {
    let architecture = try #require(Architecture.named(name))
    let graph = try architecture.build(.init(), weights: TensorRecorder())
    let requests = Lifetimes(graph).requests
    let layout = ArenaPlanner.layout(requests)
    let most = graph.nodes.indices.reduce(0) { most, step in
      let living = requests.filter { $0.firstStep <= step && step <= $0.lastStep }
      return max(most, living.reduce(0) { $0 + $1.byteCount })
    }
    #expect(layout.byteCount >= most)
    #expect(Double(layout.byteCount) <= 1.15 * Double(most))
  }
}
