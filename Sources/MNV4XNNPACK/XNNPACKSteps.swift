#if XNNPACK
  internal import CXNNPACK
  internal import MNV4Core
  internal import MNV4Graph

  /// Steps that XNNPACK runs. Nothing is packed here: the operators do it, in every session.
  struct XNNPACKSteps: PackedSteps {
    let problems: [StepProblem]

    var sharedByteCount: Int { 0 }

    func prepare(
      _ bindings: [StepBinding], threads session: SessionThreads
    ) throws(BackendError) -> [any PreparedStep] {
      let threads = try XNNPACKThreads(threadCount: session.count)
      let scratch: AlignedBuffer
      do {
        scratch = try AlignedBuffer(byteCount: XNNPACKBackend.scratchByteCount(of: problems))
      } catch {
        throw .allocation(error)
      }
      var steps: [any PreparedStep] = []
      for (problem, binding) in zip(problems, bindings) {
        let chain = OperatorChain(problem: problem, threads: threads, scratch: scratch)
        try chain.build(binding)
        steps.append(chain.step)
      }
      return steps
    }
  }

  /// A step as one to a few operators, run in order.
  final class XNNPACKStep: PreparedStep {
    private let threads: XNNPACKThreads
    /// The operators hold its address.
    private let scratch: AlignedBuffer
    private var handles: [xnn_operator_t] = []

    init(threads: XNNPACKThreads, scratch: AlignedBuffer) {
      self.threads = threads
      self.scratch = scratch
    }

    deinit {
      for handle in handles { xnn_delete_operator(handle) }
    }

    /// Takes over an operator that is set up.
    func append(_ handle: xnn_operator_t) { handles.append(handle) }

    /// Operators that are set up have no failure of their own to report.
    func run() {
      for index in handles.indices {
        let status = xnn_run_operator(handles[index], threads.pool)
        assert(status == xnn_status_success)
      }
    }
  }
#endif
