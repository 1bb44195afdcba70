import MNV4Core
import MNV4Graph
import MNV4Kernels

/// Runs a graph as it stands on the `swift` backend: no passes, no plan, each value in memory of
/// its own.
enum NodeByNode {
  static func run(_ graph: Graph, _ input: [Float]) throws -> [Float] {
    let backend = KernelBackend.swift
    let buffers = try graph.values.map { try AlignedBuffer(byteCount: 4 * $0.shape.elementCount) }
    return try withExtendedLifetime(buffers) {
      func bytes(_ id: ValueID) -> UnsafeMutableRawBufferPointer {
        buffers[id.index].unsafeMutableBytes
      }
      input.withUnsafeBytes { bytes(graph.inputs[0]).copyMemory(from: $0) }
      for node in graph.nodes {
        if case .reshape = node.operation {
          bytes(node.output).copyMemory(from: UnsafeRawBufferPointer(bytes(node.inputs[0])))
          continue
        }
        let binding = StepBinding(
          inputs: node.inputs.map { UnsafeRawPointer(buffers[$0.index].pointer(as: UInt8.self)) },
          output: UnsafeMutableRawPointer(buffers[node.output.index].pointer(as: UInt8.self)))
        let packed = try backend.pack([StepProblem(node: node, of: graph)])
        for step in try packed.prepare([binding], threadCount: 1) { step.run() }
      }
      return Array(bytes(graph.outputs[0]).assumingMemoryBound(to: Float.self))
    }
  }
}

/// The largest difference, as a part of the largest magnitude of `expected`.
func relativeDifference(_ found: [Float], _ expected: [Float]) -> Float {
  guard found.count == expected.count else { return .infinity }
  let difference = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
  let largest = expected.map { abs($0) }.max() ?? 0
  return difference.isNaN || largest == 0 ? .infinity : difference / largest
}

/// Numbers from −1 to 1, the same at every call.
func seededElements(_ count: Int, seed: UInt64 = 1) -> [Float] {
  var generator = Seeded(seed)
  return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
}

/// Steele, Lea and Flood's SplitMix64.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
