import MNV4Core
import MNV4Graph
import MNV4Import
import TFLiteSamples
import Testing

/// What a file may not say, rule by rule: each refusal names the place, what was expected and what
/// was found.
@Suite struct TFLiteRuleTests {
  typealias Rule = TFLiteRule

  @Test(arguments: files + tensors + operators) func isRefused(_ rule: Rule) throws {
    try rule.check()
  }

  private static let network = TFLiteSample.floatNetwork()

  private static let files = [
    Rule(network, "version: expected 3, found 2") { $0.version = 2 },
    Rule(network, "subgraphs: expected one, found 0") { $0.subgraphCount = 0 },
    Rule(network, "subgraphs: expected one, found 2") { $0.subgraphCount = 2 },
    Rule(network, "network: inputs: expected one, found 0") { $0.inputs = [] },
    Rule(network, "network: inputs: expected one, found 2") { $0.inputs = [0, 3] },
    Rule(network, "subgraphs[0].inputs: expected tensors from 0 to 12, found 14") {
      $0.inputs = [14]
    },
    Rule(network, "subgraphs[0].inputs: expected tensors from 0 to 12, found -1") {
      $0.inputs = [-1]
    },
    Rule(network, "graph: inputs and outputs: expected one input, one or more outputs") {
      $0.outputs = []
    },
    Rule(network, "tensor 1 'stem/filter': output: expected a computed tensor, found none") {
      $0.outputs = [1]
    },
    Rule(network, "tensor 1 'stem/filter': input: expected a tensor without data, found a const") {
      $0.inputs = [1]
    },
  ]

  private static let tensors = [
    Rule(network, "tensor 0 'image': batch: expected 1, found 2") {
      $0.tensors[0].shape = [2, 8, 8, 3]
    },
    Rule(network, "tensor 0 'image': batch: expected 1, found a scalar") {
      $0.tensors[0].shape = []
    },
    Rule(network, "tensor 0 'image': shape_signature: expected fixed extents but for the batch") {
      $0.tensors[0].shapeSignature = [-1, -1, -1, 3]
    },
    Rule(network, "output shape: expected every dimension to be at least 1, found 0") {
      $0.tensors[0].shape = [1, 0, 8, 3]
    },
    Rule(network, "output shape: expected at most 2147483648 elements") {
      $0.tensors[0].shape = [1, 1 << 30, 1 << 30, 3]
    },
    Rule(network, "tensor 0 'image': not supported: a variable tensor") {
      $0.tensors[0].isVariable = true
    },
    Rule(network, "tensor 3 'stem/Relu6;stem/filter': not supported: a computed tensor of INT16") {
      $0.tensors[3].type = .int16
    },
    Rule(network, "tensor 1 'stem/filter': not supported: a sparse tensor") {
      $0.tensors[1].isSparse = true
    },
    Rule(network, "tensor 1 'stem/filter': data: expected 432 bytes, found 428") {
      $0.tensors[1].data?.removeLast(4)
    },
    Rule(network, "tensor 1 'stem/filter': element 0: expected a finite number, found nan") {
      $0.tensors[1].data?.replaceSubrange(0..<4, with: [0, 0, 0xC0, 0x7F])
    },
    Rule(network, "tensor 2 'stem/bias': element 1: expected a finite number, found inf") {
      $0.tensors[2].data?.replaceSubrange(4..<8, with: [0, 0, 0x80, 0x7F])
    },
    Rule(network, "tensor 1 'stem/filter': type: expected FLOAT32, FLOAT16, BFLOAT16, INT8 or") {
      $0.tensors[1].type = .int32
    },
    Rule(network, "tensor 1 'stem/filter': not supported: a constant of INT16") {
      $0.tensors[1].type = .int16
    },
    Rule(network, "(CONV_2D): output shape: expected 1×4×4×4, found 1×4×4×5") {
      $0.tensors[3].shape = [1, 4, 4, 5]
    },
  ]

  private static let operators = [
    Rule(network, "operator 0 (MAX_POOL_2D): not supported: operator MAX_POOL_2D") {
      $0.operators[0].code = 17
    },
    Rule(network, "not supported: operator custom operator 'Mine'") {
      $0.operators[0].code = 32
      $0.operators[0].customCode = "Mine"
    },
    Rule(network, "operator 0 (operator 9999): not supported") { $0.operators[0].code = 9999 },
    Rule(
      network, "operators[0].builtin_options_type: expected 1 for CONV_2D, found 2"
    ) { $0.operators[0].optionsType = 2 },
    Rule(network, "operators[0].builtin_options: expected it to be there, found none") {
      $0.operators[0].optionsType = 0
    },
    Rule(network, "operators[0].inputs: expected tensors from -1 to 12, found 14") {
      $0.operators[0].inputs[0] = 14
    },
    Rule(network, "operators[0].outputs: expected tensors from 0 to 12, found -1") {
      $0.operators[0].outputs = [-1]
    },
    Rule(network, "operator 0 (CONV_2D): outputs: expected 1, found 2") {
      $0.operators[0].outputs = [3, 6]
    },
    Rule(network, "operator 0 (CONV_2D): inputs: expected 2 to 3, found 1") {
      $0.operators[0].inputs = [0]
    },
    Rule(network, "operator 0 (CONV_2D): inputs: expected 1 or more, found 3") {
      $0.operators[0].inputs[0] = -1
    },
    Rule(network, "operator 0 (CONV_2D): input 0: expected a tensor that is computed before") {
      $0.operators[0].inputs[0] = 6
    },
    Rule(network, "operator 0 (CONV_2D): input 1: expected a constant, found tensor 0 'image'") {
      $0.operators[0].inputs[1] = 0
    },
    Rule(network, "input 0: expected a tensor that is computed before, found a constant") {
      $0.operators[0].inputs[0] = 1
    },
    Rule(network, "output: expected a tensor that nothing else computes, found tensor 0 'image'") {
      $0.operators[0].outputs = [0]
    },
    Rule(network, "output: expected a tensor that nothing else computes, found tensor 1 'stem") {
      $0.operators[0].outputs = [1]
    },
  ]

  /// Names may hold anything: a message shows it escaped.
  @Test func hostileNamesAreEscaped() throws {
    var sample = TFLiteSample.floatNetwork()
    sample.tensors[0].name = "a\u{1B}[2J\n"
    sample.tensors[0].isVariable = true
    #expect(try sample.refusal() == #"tensor 0 'a\u{1B}[2J\n': not supported: a variable tensor"#)
  }

  /// Constants may share bytes: what is made of them stays in proportion.
  @Test func copiesOfConstantsAreBounded() throws {
    var sample = TFLiteSample()
    var value = sample.value([1, 1 << 10])
    sample.inputs = [value]
    let bytes = sample.constant(
      [1 << 10, 1 << 10], .int8, [Int8](repeating: 1, count: 1 << 20), .init(1, 0))
    for _ in 0..<4 {
      let next = sample.value([1, 1 << 10])
      sample.fullyConnected([value, bytes, -1], next)
      value = next
    }
    sample.outputs = [value]
    #expect(try sample.refusal().contains("constants: expected at most"))
    sample.operators.removeLast(3)
    sample.outputs = [sample.operators[0].outputs[0]]
    #expect(try sample.refusal() == "none")
  }

  @Test func layersOfOneNameHaveConstantsOfDifferentNames() throws {
    var sample = TFLiteSample.floatNetwork()
    for index in [3, 6, 11] { sample.tensors[index].name = "layer" }
    let names = try sample.graph().constants.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names[0] == "layer/weights" && names[2] == "layer#1/weights")
  }
}
