internal import MNV4Core

/// Which implementation runs the steps of a network.
public enum BackendChoice: String, Hashable, Sendable, CaseIterable {
  /// For each step the one that should be fastest.
  case automatic = "auto"
  /// Kernels in C for the vectors of the processor; steps that they do not compute run elsewhere.
  case microkernels
  /// XNNPACK's operators; steps that it has no operator for run elsewhere.
  case xnnpack
  /// The portable Swift kernels, which run everything.
  case swift
}

/// How a session runs.
public struct SessionOptions: Hashable, Sendable {
  /// Threads that work on one inference, the caller's included; nil takes as many as the process
  /// may keep busy (its affinity mask and its container's quota).
  public var threads: Int?
  public var backend: BackendChoice
  /// The most memory, in bytes, that the plan may need with one session: the activations and the
  /// output of the session, the weights packed for it and those packed once for all sessions of the
  /// model, and the tables and scratch memory of its kernels. It is compared before any of that is
  /// taken, and again for every session.
  ///
  /// It does not cover the model itself (the bytes of its file, and up to three times its weights
  /// plus 4 MiB for normalizations folded into them), the stacks of threads, or inputs.
  public var maximumMemoryByteCount: Int

  public init(
    threads: Int? = nil, backend: BackendChoice = .automatic,
    maximumMemoryByteCount: Int = 2 << 30
  ) {
    self.threads = threads
    self.backend = backend
    self.maximumMemoryByteCount = maximumMemoryByteCount
  }

  public static let maximumThreads = 256

  /// The number of threads to use.
  func threadCount() throws(MNV4Error) -> Int {
    guard let threads else { return min(Processors.available(), Self.maximumThreads) }
    guard (1...Self.maximumThreads).contains(threads) else {
      throw MNV4Error(
        .invalidArgument, "threads: expected 1 to \(Self.maximumThreads), found \(threads)")
    }
    return threads
  }
}
