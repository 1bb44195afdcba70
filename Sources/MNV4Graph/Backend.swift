package import MNV4Core

/// Whether a backend can do a step, in which kernel, and how long it expects to take.
package enum Assessment: Hashable, Sendable {
  /// `nanoseconds` is an estimate for one thread; it only ranks backends.
  case runs(kernel: String, nanoseconds: Double)
  case refuses(reason: String)
}

/// Where implementations of operations meet.
///
/// A plan asks `assess` for every step, gives each to one backend, asks for the `memory` of all its
/// steps and, within the limit, has the backend `pack` them once; every session then has the packed
/// steps prepared for its own arena and threads.
package protocol Backend: Sendable {
  /// As users type it: `xnnpack`, `swift`.
  var name: String { get }

  /// Whether steps are faster where integers between them are uint8.
  var prefersUnsignedIntegers: Bool { get }

  func assess(_ problem: StepProblem) -> Assessment

  /// What packing `problems`, each of which `assess` said it runs, a session and each of its threads
  /// would hold. Takes no memory to speak of itself.
  func memory(of problems: [StepProblem]) -> BackendMemory

  /// Bytes of a session's arena that a step, which `assess` said it runs, works on besides its operands.
  func scratchByteCount(of problem: StepProblem) -> Int

  /// Lays out the weights of `problems`, each of which `assess` said it runs.
  func pack(_ problems: [StepProblem]) throws(BackendError) -> any PackedSteps
}

extension Backend {
  package var prefersUnsignedIntegers: Bool { false }

  package func scratchByteCount(of problem: StepProblem) -> Int { 0 }
}

/// The weights of a backend's steps in the layout of its kernels; immutable, shared by sessions.
package protocol PackedSteps: Sendable {
  /// Bytes held once for all sessions: at most what `Backend.memory` said.
  var sharedByteCount: Int { get }

  /// Makes the steps ready to run on one session's memory: `bindings` stand in the order of the
  /// problems that were packed.
  func prepare(
    _ bindings: [StepBinding], threads: SessionThreads
  ) throws(BackendError) -> [any PreparedStep]
}

extension PackedSteps {
  /// For a session of this backend alone.
  package func prepare(
    _ bindings: [StepBinding], threadCount: Int
  ) throws(BackendError) -> [any PreparedStep] {
    try prepare(bindings, threads: SessionThreads(count: threadCount))
  }
}

/// What of a value each thread of a session writes: some of its rows, or of its columns, the channels, the first
/// thread the first of them.
package enum ThreadCut: Hashable, Sendable { case rows, columns }

/// Where a step finds its operands. The memory outlives the prepared step, starts on 64-byte
/// boundaries and may be read `AlignedBuffer.padding` bytes past its end.
///
/// The output may be the very memory of one input, that of `NodeChain.inPlaceInput`, and overlaps no
/// other.
package struct StepBinding {
  package let inputs: [UnsafeRawPointer]
  package let output: UnsafeMutableRawPointer
  /// For this step alone while it runs, of any contents: as many bytes as `Backend.scratchByteCount` said.
  package let scratch: UnsafeMutableRawPointer?
  /// By thread, or empty: constants that it reads first after this step, which this one may fetch into a cache
  /// but does not read.
  package var next: [UnsafeRawBufferPointer?]
  /// How threads shared writing the first input; nil where that is not known.
  package var inputCut: ThreadCut?

  package init(
    inputs: [UnsafeRawPointer], output: UnsafeMutableRawPointer,
    scratch: UnsafeMutableRawPointer? = nil, next: [UnsafeRawBufferPointer?] = []
  ) {
    self.inputs = inputs
    self.output = output
    self.scratch = scratch
    self.next = next
  }
}

/// A step with everything settled. `run` allocates, locks, logs, throws and looks up nothing beyond
/// what handing work to threads takes. Used by one thread at a time.
package protocol PreparedStep: AnyObject {
  func run()
}

/// Why a backend could not pack or prepare its steps.
package enum BackendError: Error, Hashable, CustomStringConvertible {
  case allocation(AllocationError)
  case thread(ThreadError)
  /// A library refused a step that was assessed as runnable.
  case library(backend: String, step: String, call: String, status: String)

  package var description: String {
    switch self {
    case .allocation(let error): error.description
    case .thread(let error): error.description
    case .library(let backend, let step, let call, let status):
      "\(backend): step '\(step)': \(call) answered \(status)"
    }
  }
}
