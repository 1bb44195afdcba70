import CAllocationCounter
import MNV4
import MNV4Format
import MNV4Graph
import MNV4Zoo

// Prints one line for each way of running a network: how many allocations 100 runs made after
// warm-up. The first line is the check of the counter: allocations that were made on purpose.

let runCount = 100

/// How often `body` and the threads that work for it asked for memory.
func allocationCount(during body: () throws -> Void) rethrows -> Int {
  allocation_counter_start()
  defer { allocation_counter_stop() }
  try body()
  return allocation_counter_stop()
}

func model(inputSize: Int) throws -> Model {
  guard let architecture = Architecture.named("mobilenetv4_conv_small") else {
    throw MNV4Error(.invalidArgument, "the zoo has no mobilenetv4_conv_small")
  }
  let graph = try architecture.build(
    .init(classCount: 10, inputSize: inputSize), weights: SeededWeights(seed: 1))
  return Model(ModelFile(graph: graph))
}

func countAllocations(_ model: Model, _ options: SessionOptions) throws -> Int {
  let session = try model.makeSession(options)
  let input = try Tensor.seeded(shape: model.inputShape)
  for _ in 0..<5 { _ = try session.run(input) }
  return try allocationCount {
    for _ in 0..<runCount { _ = try session.run(input) }
  }
}

let deliberate = allocationCount {
  for size in 1...7 { UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 1).deallocate() }
}
print("deliberate \(deliberate)")

let network = try model(inputSize: 8)
for backend in Model.backendNames {
  guard let choice = BackendChoice(rawValue: backend) else { continue }
  for threads in [1, 2] {
    let count = try countAllocations(network, SessionOptions(threads: threads, backend: choice))
    print("\(backend) \(threads) \(count)")
  }
}
