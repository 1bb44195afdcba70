/// Operators by the schema's numbers.
extension TFLiteSample {
  package enum Padding: Int {
    case same = 0
    case valid = 1
  }

  /// By the schema's numbers.
  package enum Activation: Int, CaseIterable {
    case none = 0
    case relu = 1
    case reluN1To1 = 2
    case relu6 = 3
    case tanh = 4
  }

  package mutating func append(
    _ code: Int, _ inputs: [Int], _ output: Int, optionsType: Int = 0,
    _ options: [FlatBufferValue?] = []
  ) {
    operators.append(
      Operator(
        code: code, inputs: inputs, outputs: [output], optionsType: optionsType,
        options: options))
  }

  package mutating func convolution(
    _ inputs: [Int], _ output: Int, _ padding: Padding = .same, stride: Int = 1,
    dilation: Int = 1, _ activation: Activation = .none
  ) {
    append(
      3, inputs, output, optionsType: 1,
      [
        .byte(padding.rawValue), .int32(stride), .int32(stride), .byte(activation.rawValue),
        .int32(dilation), .int32(dilation),
      ])
  }

  package mutating func depthwise(
    _ inputs: [Int], _ output: Int, _ padding: Padding = .same, stride: Int = 1,
    _ activation: Activation = .none
  ) {
    append(
      4, inputs, output, optionsType: 2,
      [
        .byte(padding.rawValue), .int32(stride), .int32(stride), .int32(1),
        .byte(activation.rawValue),
      ])
  }

  package mutating func averagePool(
    _ input: Int, _ output: Int, _ padding: Padding, size: Int, stride: Int,
    _ activation: Activation = .none
  ) {
    append(
      1, [input], output, optionsType: 5,
      [
        .byte(padding.rawValue), .int32(stride), .int32(stride), .int32(size), .int32(size),
        .byte(activation.rawValue),
      ])
  }

  package mutating func fullyConnected(
    _ inputs: [Int], _ output: Int, _ activation: Activation = .none, format: Int = 0,
    keepsDimensions: Bool = false
  ) {
    append(
      9, inputs, output, optionsType: 8,
      [.byte(activation.rawValue), .byte(format), .byte(keepsDimensions ? 1 : 0)])
  }

  package mutating func add(_ inputs: [Int], _ output: Int, _ activation: Activation = .none) {
    append(0, inputs, output, optionsType: 11, [.byte(activation.rawValue)])
  }

  package mutating func multiply(
    _ inputs: [Int], _ output: Int, _ activation: Activation = .none
  ) {
    append(18, inputs, output, optionsType: 21, [.byte(activation.rawValue)])
  }

  package mutating func concatenation(
    _ inputs: [Int], _ output: Int, axis: Int, _ activation: Activation = .none
  ) {
    append(
      2, inputs, output, optionsType: 10, [.int32(axis), .byte(activation.rawValue)])
  }

  package mutating func mean(
    _ input: Int, _ axes: [Int32], _ output: Int, keepsDimensions: Bool
  ) {
    append(
      40, [input, integers(axes)], output, optionsType: 27, [.byte(keepsDimensions ? 1 : 0)])
  }

  package mutating func softmax(_ input: Int, _ output: Int, beta: Float = 1) {
    append(25, [input], output, optionsType: 9, [.float(beta)])
  }

  package mutating func reshape(_ inputs: [Int], _ output: Int, newShape: [Int]? = nil) {
    append(
      22, inputs, output, optionsType: newShape == nil ? 0 : 17, [newShape.map { .int32s($0) }])
  }

  package mutating func resizeBilinear(
    _ inputs: [Int], _ output: Int, alignsCorners: Bool = false, halfPixels: Bool = false
  ) {
    append(
      23, inputs, output, optionsType: 15,
      [nil, nil, .byte(alignsCorners ? 1 : 0), .byte(halfPixels ? 1 : 0)])
  }

  package mutating func pad(_ input: Int, _ sides: [Int32], _ output: Int) {
    append(34, [input, integers(sides, shape: [4, 2])], output)
  }

  package mutating func squeeze(_ input: Int, _ output: Int) { append(43, [input], output) }
  package mutating func quantize(_ input: Int, _ output: Int) { append(114, [input], output) }
  package mutating func dequantize(_ input: Int, _ output: Int) { append(6, [input], output) }
  package mutating func relu(_ input: Int, _ output: Int) { append(19, [input], output) }
  package mutating func relu6(_ input: Int, _ output: Int) { append(21, [input], output) }
  package mutating func hardSwish(_ input: Int, _ output: Int) { append(117, [input], output) }
  package mutating func logistic(_ input: Int, _ output: Int) { append(14, [input], output) }
}
