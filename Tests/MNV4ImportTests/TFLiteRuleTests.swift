import MNV4Core
import MNV4Graph
import MNV4Import
import TFLiteSamples
import Testing

/// What a file may not say, rule by rule: each refusal names the place, what was expected and what
/// was found.
@Suite struct TFLiteRuleTests {
  /// A change of one of the whole networks, and the refusal.
  struct Rule: CustomTestStringConvertible {
    let sample: TFLiteSample
    let message: String
    var testDescription: String { message }

    init(
      _ sample: TFLiteSample, _ message: String, _ change: (inout TFLiteSample) -> Void = { _ in }
    ) {
      var sample = sample
      change(&sample)
      self.sample = sample
      self.message = message
    }
  }

  @Test(arguments: files + tensors + operators + windows + quantizations + elements)
  func isRefused(_ rule: Rule) throws {
    let refusal = try rule.sample.refusal()
    #expect(refusal.contains(rule.message), "\(refusal)")
  }

  private static let network = TFLiteSample.floatNetwork()
  private static let int8 = TFLiteSample.int8Network()
  private static let uint8 = TFLiteSample.uint8Network()

  private static func pixel(
    _ operation: (inout TFLiteSample, _ input: Int, _ output: Int) -> Void
  ) -> TFLiteSample {
    .single([1, 4, 4, 2], [1, 4, 4, 2], .float32, nil, operation)
  }

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

  private static let windows =
    [
      (TFLiteSample.Activation.reluN1To1, "RELU_N1_TO_1"), (.tanh, "TANH"),
    ].map { activation, name in
      Rule(
        pixel { $0.add([$1, $1], $2, activation) },
        "operator 0 (ADD): not supported: fused activation \(name)")
    } + [
      Rule(
        pixel {
          $0.convolution([$1, $0.constant([2, 1, 1, 2], [1, 2, 3, 4])], $2, dilation: 2)
        }, "operator 0 (CONV_2D): not supported: dilation 2×2"),
      Rule(
        pixel { $0.convolution([$1, $0.constant([2, 1, 1, 2], [1, 2, 3, 4])], $2, stride: 0) },
        "operator 0 (CONV_2D): stride: expected 1 to 64, found 0"),
      Rule(
        pixel { $0.convolution([$1, $0.constant([2, 1, 1, 2], [1, 2, 3, 4])], $2, stride: -1) },
        "stride: expected 1 to 64, found -1"),
      Rule(
        pixel { $0.averagePool($1, $2, .same, size: 0, stride: 1) },
        "operator 0 (AVERAGE_POOL_2D): filter: expected extents of 1 to 64, found 0"),
      Rule(
        pixel { $0.averagePool($1, $2, .valid, size: 5, stride: 1) },
        "kernel height: expected at most the padded input's 4, found 5"),
      Rule(
        pixel { $0.convolution([$1, $0.constant([2, 1, 1, 3], [1, 2, 3, 4, 5, 6])], $2) },
        "filter: expected a divisor of 2 input channels, found 2×1×1×3"),
      Rule(
        pixel { $0.convolution([$1, $0.constant([2, 2], [1, 2, 3, 4])], $2) },
        "filter: expected four extents of at least 1, found 2×2"),
      Rule(
        pixel { $0.depthwise([$1, $0.constant([1, 1, 1, 3], [1, 2, 3])], $2) },
        "filter: expected shape 1×H×W×C, C a multiple of 2 input channels, found 1×1×1×3"),
      Rule(
        pixel { $0.depthwise([$1, $0.constant([2, 1, 1, 2], [1, 2, 3, 4])], $2) },
        "filter: expected shape 1×H×W×C"),
      Rule(
        pixel {
          $0.convolution(
            [$1, $0.constant([2, 1, 1, 2], [1, 2, 3, 4]), $0.constant([3], [1, 2, 3])], $2)
        }, "operator 0 (CONV_2D): bias: expected shape 2, found 3"),
      Rule(
        pixel { $0.mean($1, [1], $2, keepsDimensions: true) },
        "operator 0 (MEAN): axes: expected 1 and 2, height and width, found [1]"),
      Rule(
        pixel { $0.mean($1, [1, 2, 3], $2, keepsDimensions: true) }, "found [1, 2, 3]"),
      Rule(
        pixel { $0.pad($1, [0, 0, 0, 0, 0, 0, 0, 1], $2) },
        "operator 0 (PAD): not supported: padding of other axes than height and width"),
      Rule(
        pixel { $0.pad($1, [0, 0, -1, 0, 0, 0, 0, 0], $2) },
        "padding: expected 0 to 1024, found -1"),
      Rule(
        pixel {
          $0.append(
            60, [$1, $0.integers([0, 0, 1, 1, 1, 1, 0, 0], shape: [4, 2]), $0.constant([], [2])],
            $2)
        }, "operator 0 (PADV2): not supported: padding with 2.0, which is not zero"),
      Rule(
        pixel { $0.pad($1, [0, 0, 1, 1], $2) },
        "tensor 2 't2'"),
      Rule(
        pixel { $0.resizeBilinear([$1, $0.integers([0, 4])], $2) },
        "operator 0 (RESIZE_BILINEAR): height: expected 1 to 65536, found 0"),
      Rule(
        pixel { $0.resizeBilinear([$1, $1], $2) },
        "input 1: expected constant whole numbers, found tensor 0 'in'"),
    ]

  private static let quantizations =
    [
      Rule(int8, "tensor 0 'image': quantization: expected a scale, found none") {
        $0.tensors[0].quantization = nil
      },
      Rule(int8, "tensor 0 'image': quantization: expected one scale for a computed tensor") {
        $0.tensors[0].quantization = .init([1, 1, 1], [0, 0, 0], dimension: 3)
      },
      Rule(int8, "zero_point: expected 1 or one, found 0") {
        $0.tensors[0].quantization = .init([1], [])
      },
      Rule(int8, "tensor 0 'image': not supported: quantization: expected a zero point from 0 to") {
        $0.tensors[0].quantization = .init(1, 256)
      },
      Rule(int8, "tensor 0 'image': zero_point: expected numbers of 32 bits, found 4294967296") {
        $0.tensors[0].quantization = .init(1, 1 << 32)
      },
      Rule(int8, "weights: expected zero points of 0 for int8, found 1") {
        $0.tensors[3].quantization?.zeroPoints = [0, 0, 1, 0]
      },
      Rule(int8, "quantized_dimension: expected 0, that of the outputs, found 3") {
        $0.tensors[3].quantization?.dimension = 3
      },
      Rule(int8, "quantized_dimension: expected 3, that of the outputs, found 0") {
        $0.tensors[6].quantization?.dimension = 0
      },
      Rule(int8, "quantization: expected scales, found none") { $0.tensors[3].quantization = nil },
      Rule(int8, "not supported: quantization: expected 4 scales, found 3") {
        $0.tensors[3].quantization = .init([1, 1, 1], [0, 0, 0])
      },
      Rule(int8, "tensor 4 't4': scale 0: expected 7.8125") {
        $0.tensors[4].quantization?.scales = [0.01, 0.01, 0.01, 0.01]
      },
      Rule(int8, "tensor 3 't3': type: expected INT8 or UINT8 beside integers, found FLOAT32") {
        $0.tensors[3].type = .float32
        $0.tensors[3].data = Array(repeating: 0, count: 432)
      },
      Rule(int8, "tensor 4 't4': type: expected INT32 for a bias of integers, found FLOAT32") {
        $0.tensors[4].type = .float32
      },
      Rule(int8, "operator 1 (CONV_2D): weights: expected int8, found uint8") {
        $0.tensors[3].type = .uint8
        $0.tensors[3].quantization = .init(0.01, 3)
        $0.tensors[4].quantization = nil
      },
      Rule(uint8, "weights: expected one scale for all for uint8, found axis 0") {
        $0.tensors[2].quantization = .init([1, 1, 1, 1], [0, 0, 0, 0])
        $0.tensors[3].quantization = nil
      },
      Rule(network, "tensor 2 'stem/bias': type: expected FLOAT32 beside real numbers, found INT32")
      {
        $0.tensors[2].type = .int32
      },
    ]
    + [0, -1, .nan, .infinity, .leastNonzeroMagnitude as Float].map { scale in
      Rule(int8, "quantization: expected a scale that is finite, normal and above zero") {
        $0.tensors[0].quantization = .init(scale, 0)
      }
    }

  private static let elements = [
    Rule(
      pixel { $0.softmax($1, $2, beta: 2) },
      "operator 0 (SOFTMAX): beta: expected 1, found 2.0"),
    Rule(
      pixel { $0.concatenation([$1, $1], $2, axis: 1) },
      "operator 0 (CONCATENATION): axis: expected 3, the last, found 1"),
    Rule(
      pixel { $0.concatenation([], $2, axis: 0) }, "axis: expected -1, the last, found 0"),
    Rule(
      pixel { $0.concatenation([$1], $2, axis: -1) },
      "input count: expected 2 or more, found 1"),
    Rule(
      pixel { $0.add([$1, $0.constant([4], [1, 2, 3, 4])], $2) },
      "operator 0 (ADD): not supported: a constant of shape 4 beside 1×4×4×2"),
    Rule(
      .single([1, 4], [1, 4], .int8, (.init(1, 0), .init(1, 0))) {
        $0.multiply([$1, $0.constant([4], .int8, [1, 2, 3, 4] as [Int8], .init(1, 0))], $2)
      },
      "operator 0 (MUL): not supported: a constant operand in a quantized network"),
    Rule(
      pixel { $0.reshape([$1, $0.integers([1, 31])], $2) },
      "operator 0 (RESHAPE): shape: expected 32 elements, found 1×31"),
    Rule(
      pixel { $0.reshape([$1, $0.integers([-1, -1])], $2) },
      "output shape: expected every dimension to be at least 1, found -1"),
    Rule(
      .single([1, 2, 2, 3], [4, 3]) { $0.squeeze($1, $2) },
      "output shape: expected that of the input, 1×2×2×3, without extents of 1, found 4×3"),
    Rule(
      pixel { $0.fullyConnected([$1, $0.constant([1, 5], [1, 2, 3, 4, 5])], $2) },
      "operator 0 (FULLY_CONNECTED): input: expected rows of 5, found 1×4×4×2"),
    Rule(
      pixel { $0.fullyConnected([$1, $0.constant([2], [1, 2])], $2) },
      "weights: expected shape outputs×inputs, found 2"),
    Rule(
      pixel { $0.fullyConnected([$1, $0.constant([1, 2], [1, 2])], $2, format: 1) },
      "not supported: weights_format 1, shuffled weights"),
    Rule(
      pixel { $0.quantize($1, $2) },
      "operator 0 (QUANTIZE): output: expected INT8 or UINT8, found FLOAT32"),
    Rule(
      .single([1, 4], [1, 4], .int8, (.init(1, 0), .init(1, 0))) { $0.dequantize($1, $2) },
      "operator 0 (DEQUANTIZE): output: expected FLOAT32, found INT8"),
    Rule(
      .single([1, 4], [1, 4]) { $0.append(77, [$1], $2) },
      "operator 0 (SHAPE): not supported: operator SHAPE"),
    Rule(
      .single([1, 4], [1, 4]) {
        let half = $0.constant([2], .float16, [0, 0] as [UInt16])
        let wide = $0.value([3])
        $0.dequantize(half, wide)
        $0.relu($1, $2)
      },
      "operator 0 (DEQUANTIZE): output shape: expected 2, found 3"),
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
