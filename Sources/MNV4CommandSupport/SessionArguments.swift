public import ArgumentParser
public import MNV4

extension BackendChoice: ExpressibleByArgument {}

/// How the commands are told to run a network.
package struct SessionArguments: ParsableArguments {
  @Option(help: "Threads (default: what the process may keep busy).")
  package var threads: Int?

  @Option(help: "Which kernels to use.")
  package var backend = BackendChoice.automatic

  package init() {}

  package func validate() throws {
    guard let threads, !(1...SessionOptions.maximumThreads).contains(threads) else { return }
    throw ValidationError(
      "--threads: expected 1 to \(SessionOptions.maximumThreads), found \(threads).")
  }

  package var options: SessionOptions { SessionOptions(threads: threads, backend: backend) }
}
