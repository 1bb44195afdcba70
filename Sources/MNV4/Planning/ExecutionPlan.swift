package import MNV4Core
package import MNV4Graph

/// How a network runs: which kernel does each step, and where each tensor lies. Immutable.
package struct ExecutionPlan: Sendable {
  /// A tensor's place in a session's arena.
  package struct Slot: Hashable, Sendable {
    package let value: Value
    /// In bytes from the arena's start, a multiple of `AlignedBuffer.alignment`.
    package let offset: Int

    package var shape: Shape { value.shape }
    package var elementType: ElementType { value.elementType }
    package var byteCount: Int { value.byteCount }
  }

  /// Memory in a session's arena that holds no tensor.
  struct Scratch: Hashable, Sendable {
    /// In bytes from the arena's start, a multiple of `AlignedBuffer.alignment`.
    let offset: Int
    let byteCount: Int
  }

  /// One step, in the order of execution.
  package struct Step: Sendable {
    package let name: String
    /// For a person: `depthwise 3×3 + ReLU`.
    package let operation: String
    package let inputs: [Slot]
    package let output: Slot
    /// What it works on besides, where there is any.
    let scratch: Scratch?
    package let backend: String
    package let kernel: String
    package let reason: String
    package let multiplyAccumulateCount: Int
    /// Whether it computes with 8-bit integers: what it reads first is of their type.
    package var isInteger: Bool { inputs.first.map { $0.elementType != .float32 } ?? false }
    /// Memory of all operands, which may lie in one another, and of what it works on besides.
    var memoryByteCount: Int {
      var byteCounts: [Int: Int] = [:]  // by offset
      for slot in inputs + [output] {
        byteCounts[slot.offset] = max(byteCounts[slot.offset, default: 0], slot.byteCount)
      }
      return byteCounts.values.reduce(scratch?.byteCount ?? 0, +)
    }
    /// What the chosen backend estimates for one thread.
    package let estimatedNanoseconds: Double
  }

  /// The steps of one backend, packed together.
  struct Share: Sendable {
    let backend: String
    /// Indices into `steps`, ascending.
    let stepIndices: [Int]
    let packed: any PackedSteps
  }

  package let steps: [Step]
  let shares: [Share]
  package let input: Slot
  package let output: Slot
  package let memory: PlanMemory
  /// The most that inputs, outputs and what else it works on take of any one step together: no arena can be
  /// smaller.
  package let largestStepByteCount: Int

  /// What one session needs for all its activations.
  package var arenaByteCount: Int { memory.arenaByteCount }

  /// The backends that have steps, in the order of preference.
  package var backendNames: [String] { shares.map(\.backend) }
}
