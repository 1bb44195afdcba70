import MNV4
import MNV4Core
import MNV4Graph
import MNV4Kernels

/// One node of an integer network on memory of its own: what it alone does to exact operands.
final class IsolatedStep {
  private let inputs: [Value]
  private let output: Value
  private let inputBuffers: [AlignedBuffer]
  private let outputBuffer: AlignedBuffer
  private let step: any PreparedStep

  /// The graph must pass `Graph.validate()`.
  init(_ node: Node, of graph: Graph) throws(QuantizationFailure) {
    inputs = node.inputs.map { graph[$0] }
    output = graph[node.output]
    do {
      var buffers: [AlignedBuffer] = []
      for input in inputs { buffers.append(try Self.buffer(for: input)) }
      inputBuffers = buffers
      outputBuffer = try Self.buffer(for: output)
    } catch { throw .allocation(error) }
    let binding = StepBinding(
      inputs: inputBuffers.map { UnsafeRawPointer($0.pointer(as: UInt8.self)) },
      output: UnsafeMutableRawPointer(outputBuffer.pointer(as: UInt8.self)))
    do throws(BackendError) {
      let packed = try SwiftBackend().pack([StepProblem(node: node, of: graph)])
      step = try packed.prepare([binding], threadCount: 1)[0]
    } catch {
      throw .layer(name: node.name, reason: error.description)
    }
  }

  private static func buffer(for value: Value) throws(AllocationError) -> AlignedBuffer {
    try AlignedBuffer(byteCount: value.shape.elementCount * value.elementType.byteCount)
  }

  /// Sets an operand to the numbers nearest to `numbers` that it can hold.
  func setInput(_ operand: Int, to numbers: UnsafeBufferPointer<Float>) {
    inputs[operand].write(numbers, to: inputBuffers[operand].unsafeMutableBytes)
  }

  /// Runs it and writes the numbers that its output stands for.
  func run(into numbers: UnsafeMutableBufferPointer<Float>) {
    step.run()
    outputBuffer.withUnsafeBytes { output.read($0, into: numbers) }
  }
}
