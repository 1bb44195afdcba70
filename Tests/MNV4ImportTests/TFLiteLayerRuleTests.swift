import MNV4Core
import MNV4Graph
import MNV4Import
import TFLiteSamples
import Testing

/// What an operator's options and scales may not say.
@Suite struct TFLiteLayerRuleTests {
  typealias Rule = TFLiteRule

  @Test(arguments: windows + quantizations + elements) func isRefused(_ rule: Rule) throws {
    try rule.check()
  }

  private static let network = TFLiteSample.floatNetwork()
  private static let int8 = TFLiteSample.int8Network()
  private static let uint8 = TFLiteSample.uint8Network()

  private static func pixel(
    _ operation: (inout TFLiteSample, _ input: Int, _ output: Int) -> Void
  ) -> TFLiteSample {
    .single([1, 4, 4, 2], [1, 4, 4, 2], .float32, nil, operation)
  }

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
      .single([1, 1, 1, 2], [1, 1, 1, 2], .uint8, (.init(1, 0), .init(1, 0))) {
        $0.multiply([$1, $0.constant([2], .uint8, [1, 2] as [UInt8], .init(1, 0))], $2)
      },
      "operator 0 (MUL): not supported: a constant operand beside uint8; --dequantize takes it"),
    Rule(
      .single([1, 1, 1, 1], [1, 1, 1, 1], .int8, (.init(1e-20, 0), .init(1, 0))) {
        $0.add([$1, $0.constant([1], .int8, [1] as [Int8], .init(1, 0))], $2)
      },
      "operator 0 (ADD): constant: expected a number of 32 bits in steps of the sum, found 1.0"),
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
}
