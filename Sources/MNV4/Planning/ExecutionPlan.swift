internal import MNV4Core
internal import MNV4Graph

/// How a network runs: which kernel does each step, and where each tensor lies. Immutable.
package struct ExecutionPlan: Sendable {
  /// A tensor's place in a session's arena.
  struct Slot: Hashable, Sendable {
    let shape: Shape
    let elementType: ElementType
    /// In bytes from the arena's start, a multiple of `AlignedBuffer.alignment`.
    let offset: Int

    var byteCount: Int { shape.elementCount * elementType.byteCount }
  }

  /// One step, in the order of execution.
  struct Step: Sendable {
    let name: String
    /// For a person: `depthwise 3×3 + ReLU`.
    let operation: String
    let inputs: [Slot]
    let output: Slot
    let backend: String
    let kernel: String
    let reason: String
    let multiplyAccumulateCount: Int
    /// What the chosen backend estimates for one thread.
    let estimatedNanoseconds: Double
  }

  /// The steps of one backend, packed together.
  struct Share: Sendable {
    let backend: String
    /// Indices into `steps`, ascending.
    let stepIndices: [Int]
    let packed: any PackedSteps
  }

  let steps: [Step]
  let shares: [Share]
  let input: Slot
  let output: Slot
  /// What one session needs for all its activations.
  let arenaByteCount: Int
  /// The most that inputs and outputs of any one step take together: no arena can be smaller.
  let largestStepByteCount: Int

  /// Bytes of weights that each session holds besides the shared ones.
  func sessionByteCount(threadCount: Int) -> Int {
    shares.reduce(0) { $0 + $1.packed.sessionByteCount(threadCount: threadCount) }
  }

  var sharedByteCount: Int { shares.reduce(0) { $0 + $1.packed.sharedByteCount } }
}
