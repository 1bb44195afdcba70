import CAllocationCounter
import MNV4
import MNV4Format
import MNV4Graph
import MNV4Quantization

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

/// A dense convolution, two bottlenecks with a residual between them, and a classifier.
func makeModel() throws -> Model {
  var builder = GraphBuilder(name: "probe", weights: SeededWeights(seed: 1))
  var value = try builder.input(height: 8, width: 8)
  value = try builder.convolutionBatchNorm(
    value, ConvolutionLayer("stem", outputs: 16, kernel: 3), normPrefix: "stem.norm",
    activation: .relu)
  for (name, start) in [("first", 5), ("second", nil)] {
    value = try builder.universalInvertedBottleneck(
      value, UniversalInvertedBottleneck(start: start, middle: 3, expanded: 32, outputs: 16),
      prefix: name, activation: .hardSwish)
  }
  value = try builder.append("pool", .globalAveragePool, [value])
  value = try builder.flatten(value)
  value = try builder.fullyConnected(value, prefix: "classifier", outputs: 10)
  return Model(ModelFile(graph: try builder.finish(output: value)))
}

/// A depthwise filter and a layer on an image that no level 2 cache holds: one step, by rows.
func makeLargeModel() throws -> Model {
  var builder = GraphBuilder(name: "large", weights: SeededWeights(seed: 1))
  var value = try builder.input(height: 160, width: 160, channels: 32)
  value = try builder.convolution(
    value, ConvolutionLayer("filter", outputs: 32, kernel: 3, groups: 32))
  value = try builder.convolution(value, ConvolutionLayer("layer", outputs: 4))
  return Model(ModelFile(graph: try builder.finish(output: value)))
}

func countAllocations(_ model: Model, _ options: SessionOptions, runCount: Int = runCount) throws
  -> Int
{
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

let network = try makeModel()
var quantization = QuantizationOptions()
quantization.calibration = .minmax
let integerNetwork = try NetworkQuantizer(network, options: quantization)
  .integerModel(on: .seeded(count: 2))
for (type, model) in [("float32", network), ("int8", integerNetwork)] {
  for backend in Model.backendNames {
    guard let choice = BackendChoice(rawValue: backend) else { continue }
    for threads in [1, 2] {
      let count = try countAllocations(model, SessionOptions(threads: threads, backend: choice))
      print("\(type) \(backend) \(threads) \(count)")
    }
  }
}

let large = try makeLargeModel()
let steps = try large.plan(for: .microkernels).steps.map(\.operation)
precondition(steps == ["depthwise 3×3 → pointwise"], "\(steps)")
for threads in [1, 2] {
  let options = SessionOptions(threads: threads, backend: .microkernels)
  print("rows microkernels \(threads) \(try countAllocations(large, options, runCount: 10))")
}
