internal import MNV4Core
package import MNV4Graph

/// One node of a graph on memory of its own, in the kernel that a plan would choose.
package final class SingleStep {
  package let inputs: [Value]
  package let output: Value
  private let inputBuffers: [AlignedBuffer]
  private let outputBuffer: AlignedBuffer
  private let scratchBuffer: AlignedBuffer
  private let step: any PreparedStep

  /// The graph must pass `Graph.validate()`; the node is no reshape.
  package init(_ node: Node, of graph: Graph, options: SessionOptions) throws(MNV4Error) {
    let problem = StepProblem(node: node, of: graph)
    let backend = try Model.backend(for: problem, choice: options.backend)
    inputs = problem.inputs
    output = problem.output
    do throws(AllocationError) {
      var buffers: [AlignedBuffer] = []
      for input in inputs { buffers.append(try AlignedBuffer(byteCount: input.byteCount)) }
      inputBuffers = buffers
      outputBuffer = try AlignedBuffer(byteCount: output.byteCount)
      scratchBuffer = try AlignedBuffer(byteCount: backend.scratchByteCount(of: problem))
    } catch { throw MNV4Error(.outOfResources, error.description) }
    let binding = StepBinding(
      inputs: inputBuffers.map { UnsafeRawPointer($0.pointer(as: UInt8.self)) },
      output: UnsafeMutableRawPointer(outputBuffer.pointer(as: UInt8.self)),
      scratch: UnsafeMutableRawPointer(scratchBuffer.pointer(as: UInt8.self)))
    let threadCount = try options.threadCount()
    do throws(BackendError) {
      step = try backend.pack([problem]).prepare([binding], threadCount: threadCount)[0]
    } catch {
      throw MNV4Error(.outOfResources, error.description)
    }
  }

  /// The elements of an operand, of its element type, for writing.
  package func inputBytes(_ operand: Int) -> UnsafeMutableRawBufferPointer {
    inputBuffers[operand].unsafeMutableBytes
  }

  /// Sets an operand to the numbers nearest to `numbers` that it can hold.
  package func setInput(_ operand: Int, to numbers: UnsafeBufferPointer<Float>) {
    inputs[operand].write(numbers, to: inputBytes(operand))
  }

  /// Runs it and gives the elements of the output, of its element type, which stay until the next run.
  package func run() -> UnsafeRawBufferPointer {
    step.run()
    return outputBuffer.unsafeBytes
  }

  /// Runs it and writes the numbers that its output stands for.
  package func run(into numbers: UnsafeMutableBufferPointer<Float>) {
    output.read(run(), into: numbers)
  }
}
