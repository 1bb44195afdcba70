internal import MNV4Core
package import MNV4Format
package import MNV4Graph
internal import MNV4Kernels
internal import Synchronization

#if XNNPACK
  internal import MNV4XNNPACK
#endif
#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A network that was loaded: immutable, shared by all its sessions and between threads.
///
/// Weights are packed once for each backend that sessions ask for.
public struct Model: Sendable {
  package let file: ModelFile
  private let plans = PlanCache()

  /// The most bytes of a file that is loaded: 16 GiB.
  package static let maximumFileByteCount = 1 << 34

  /// Loads a `.mnv4` file of at most 16 GiB.
  ///
  /// - Throws: `unreadableFile` where it cannot be read, `invalidModel` where it breaks a rule of
  ///   the format, which the error names.
  public init(contentsOf url: URL) throws(MNV4Error) {
    guard url.isFileURL else {
      throw MNV4Error(.unreadableFile, file: "\(url)", "expected a file URL")
    }
    try self.init(contentsOfFile: url.path)
  }

  /// Loads the `.mnv4` file at `path`; throws as `init(contentsOf:)`.
  public init(contentsOfFile path: String) throws(MNV4Error) {
    let bytes: AlignedBuffer
    var refusal: FormatError?
    do throws(FileError) {
      bytes = try FileAccess.contents(of: path, maximumByteCount: Self.maximumFileByteCount) {
        head, fileByteCount in
        do throws(FormatError) {
          try Decoder.checkHead(head, fileByteCount: fileByteCount)
          return true
        } catch {
          refusal = error
          return false
        }
      }
    } catch {
      throw MNV4Error(.unreadableFile, file: path, error.description)
    }
    if let refusal { throw MNV4Error(.invalidModel, file: path, refusal.description) }
    do throws(FormatError) { self.init(try Decoder.decode(bytes)) } catch {
      throw MNV4Error(.invalidModel, file: path, error.description)
    }
  }

  /// Loads a model that lies in memory: the bytes of a `.mnv4` file, which are copied once.
  ///
  /// - Throws: `invalidModel` or `outOfResources`.
  public init(bytes: [UInt8]) throws(MNV4Error) {
    let result = bytes.withUnsafeBufferPointer { bytes in
      Result { () throws(AllocationError) in try AlignedBuffer(copying: bytes) }
    }
    let buffer: AlignedBuffer
    do { buffer = try result.get() } catch { throw MNV4Error(.outOfResources, error.description) }
    do throws(FormatError) { self.init(try Decoder.decode(buffer)) } catch {
      throw MNV4Error(.invalidModel, error.description)
    }
  }

  /// The graph must pass `Graph.validate()`.
  package init(_ file: ModelFile) { self.file = file }

  /// The name of the network, as its architecture is called.
  public var name: String { file.graph.name }

  /// `[N, H, W, C]` of the input.
  public var inputShape: [Int] { file.graph[file.graph.inputs[0]].shape.dimensions }

  /// The output's extents: `[N, classes]` for a classifier.
  public var outputShape: [Int] { file.graph[file.graph.outputs[0]].shape.dimensions }

  /// The names of the classes, in the order of the output; empty where the file has none.
  public var labels: [String] { file.labels }

  /// Where the model comes from, as its file says: texts under keys such as `architecture`, `source`,
  /// `licence`, in the file's order.
  public var provenance: [(key: String, value: String)] {
    file.provenance.entries.map { ($0.key, $0.value) }
  }

  /// Elements of all weights and biases.
  public var parameterCount: Int { file.graph.constantElementCount }

  /// Multiply-accumulates of one inference.
  public var multiplyAccumulateCount: Int { file.graph.multiplyAccumulateCount }

  /// The element type of the input: `float32`, or `int8` or `uint8` for a quantized network.
  package var elementTypeName: String { file.graph[file.graph.inputs[0]].elementType.description }

  /// Makes a session of its own memory and threads for one caller.
  ///
  /// - Throws: `invalidArgument` for a bad option, `unsupportedModel` for a network that this build
  ///   cannot run, `outOfResources` where memory or threads are refused or above the limit.
  public func makeSession(_ options: SessionOptions = SessionOptions()) throws(MNV4Error)
    -> Session
  {
    let plan = try plan(for: options)
    return try Session(plan: plan, options: options)
  }

  /// The plan that a session with these options follows.
  ///
  /// - Throws: as `makeSession`.
  package func plan(for options: SessionOptions) throws(MNV4Error) -> ExecutionPlan {
    let (limit, threadCount) = (options.maximumMemoryByteCount, try options.threadCount())
    let plan = try plan(for: options.backend, maximumByteCount: limit, threadCount: threadCount)
    try plan.memory.check(limit: limit, threadCount: threadCount)
    return plan
  }

  /// The plan that sessions with this backend follow; made at the first call that its memory, with
  /// one session of so many threads, is within the limit of.
  package func plan(
    for choice: BackendChoice, maximumByteCount: Int = .max, threadCount: Int = 1
  ) throws(MNV4Error) -> ExecutionPlan {
    try plans.plan(for: choice) { () throws(MNV4Error) in
      try Planner(backends: Self.backends, pinned: Self.pinnedName(of: choice))
        .plan(file.graph, maximumByteCount: maximumByteCount, threadCount: threadCount)
    }
  }

  /// A plan with a step for every node of the graph but reshapes, in order, as they stand: no pass
  /// changes them. Not kept.
  package func planOfEveryNode(for choice: BackendChoice) throws(MNV4Error) -> ExecutionPlan {
    try Planner(
      backends: Self.backends, pinned: Self.pinnedName(of: choice), simplifies: false
    ).plan(file.graph)
  }

  /// The backend that a plan would give a step to.
  package static func backend(
    for problem: StepProblem, choice: BackendChoice
  ) throws(MNV4Error) -> any Backend {
    try Planner(backends: backends, pinned: pinnedName(of: choice)).backend(for: problem)
  }

  private static let backends: [any Backend] = {
    #if XNNPACK
      [KernelBackend.microkernels, XNNPACKBackend(), KernelBackend.swift]
    #else
      [KernelBackend.microkernels, KernelBackend.swift]
    #endif
  }()

  /// The backends that this build has, in the order of preference.
  package static var backendNames: [String] { backends.map(\.name) }

  private static func pinnedName(of choice: BackendChoice) throws(MNV4Error) -> String? {
    guard choice != .automatic else { return nil }
    guard backendNames.contains(choice.rawValue) else {
      throw MNV4Error(
        .invalidArgument,
        "backend: expected one of \(backendNames.joined(separator: ", ")), "
          + "found \(choice.rawValue), which this build leaves out")
    }
    return choice.rawValue
  }
}

/// Plans by backend, made once each, whoever asks first.
private final class PlanCache: Sendable {
  private let plans = Mutex<[BackendChoice: ExecutionPlan]>([:])

  func plan(
    for choice: BackendChoice, make: () throws(MNV4Error) -> ExecutionPlan
  ) throws(MNV4Error) -> ExecutionPlan {
    try plans.withLock { (plans) throws(MNV4Error) in
      if let known = plans[choice] { return known }
      let plan = try make()
      plans[choice] = plan
      return plan
    }
  }
}
