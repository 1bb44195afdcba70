import MNV4Core
package import MNV4Graph

/// One way to compute some operations: an entry in its family's list.
///
/// Dispatch, the conformance tests and benchmarks iterate the lists; adding a kernel is one function
/// and one entry.
package struct Kernel: Sendable {
  /// Element, operation, shape, instruction set: `f32_depthwise_3x3_swift`.
  package let name: String
  /// Whether it computes this problem, of a valid graph.
  package let supports: @Sendable (StepProblem) -> Bool
  /// An estimate for one thread.
  package let nanoseconds: @Sendable (StepProblem) -> Double
  /// What a problem that it supports takes once packed and prepared.
  package let memory: @Sendable (StepProblem) -> BackendMemory
  /// Lays out the constants of a problem that it supports.
  package let pack: @Sendable (StepProblem) throws(BackendError) -> any PackedKernel
  /// Bytes that each part of a problem that it supports works on besides, while it runs.
  var workspaceByteCount: @Sendable (StepProblem) -> Int = { _ in 0 }
  /// Bytes of the arena that a problem that it supports works on besides, while the step runs.
  var scratchByteCount: @Sendable (StepProblem) -> Int = { _ in 0 }
}

/// Kernels of related operations, fastest first.
package struct KernelFamily: Sendable {
  package let name: String
  package let kernels: [Kernel]
}

/// A problem's constants in the layout of its kernel; immutable, shared by sessions.
package protocol PackedKernel: Sendable {
  /// Bytes held once for all sessions.
  var sharedByteCount: Int { get }
  /// Bytes that each part works on besides, while it runs: a slot of `Workers.workspace` has them.
  var workspaceByteCount: Int { get }
  /// By thread, constants that it reads in this order, from its first part on, where they are many: what the step
  /// before may fetch. Nil for a thread that reads none; empty where none does.
  func streamedConstants(_ workers: Workers) -> [UnsafeRawBufferPointer?]
  /// How threads share writing the output; nil where one writes all, or each some rows of some columns.
  func cut(_ binding: StepBinding, workers: Workers) -> ThreadCut?
  /// Makes the step ready to run on one session's memory and threads.
  func prepare(_ binding: StepBinding, workers: Workers) throws(BackendError) -> any PreparedStep
}

extension PackedKernel {
  package var workspaceByteCount: Int { 0 }
  package func cut(_: StepBinding, workers _: Workers) -> ThreadCut? { nil }
  package func streamedConstants(_: Workers) -> [UnsafeRawBufferPointer?] { [] }
}

extension BackendMemory {
  /// So many floats, held once for all sessions.
  static func shared(floatCount: Int) -> BackendMemory {
    BackendMemory(sharedByteCount: saturatingProduct(floatCount, MemoryLayout<Float>.stride))
  }

  /// So many floats in each session.
  static func session(floatCount: Int) -> BackendMemory {
    BackendMemory(sessionByteCount: saturatingProduct(floatCount, MemoryLayout<Float>.stride))
  }
}

/// Zeroed memory; the failure in the backend's terms.
func allocate(floatCount: Int) throws(BackendError) -> AlignedBuffer {
  try allocate(count: floatCount, of: Float.self)
}

/// Zeroed memory for so many elements; the failure in the backend's terms.
func allocate<Element: BitwiseCopyable>(
  count: Int, of type: Element.Type
) throws(BackendError) -> AlignedBuffer {
  do {
    return try AlignedBuffer(byteCount: saturatingProduct(count, MemoryLayout<Element>.stride))
  } catch {
    throw .allocation(error)
  }
}
