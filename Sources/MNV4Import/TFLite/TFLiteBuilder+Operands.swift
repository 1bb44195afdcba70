internal import MNV4Core
internal import MNV4Graph

extension TFLiteBuilder {
  /// What the elements of a value are.
  struct ValueType {
    var elementType: ElementType
    var quantization: QuantizationParameters?

    static let float32 = ValueType(elementType: .float32, quantization: nil)
  }

  // MARK: Places

  func place(of step: TFLiteOperator) -> String { "operator \(step.index) (\(step.kindName))" }

  func place(ofTensor index: Int) -> String {
    "tensor \(index) \(model.tensors[index].name.quoted)"
  }

  /// The name of the tensor that it computes, without those of what was fused into it.
  func name(of step: TFLiteOperator) -> String {
    let tensor = step.outputs.first.map { model.tensors[$0].name } ?? ""
    let first = tensor.split(separator: ";").first.map(String.init) ?? ""
    // At most 512 bytes of UTF-8; the format keeps 1024.
    let name = String(String.UnicodeScalarView(first.unicodeScalars.prefix(128)))
    return name.isEmpty ? "\(step.kindName) \(step.index)" : name
  }

  // MARK: Operands

  /// The tensor at `position` of the operator's inputs; nil where it is left out.
  func optionalTensor(_ position: Int, of step: TFLiteOperator) -> Int? {
    step.inputs.indices.contains(position) ? step.inputs[position] : nil
  }

  func tensor(_ position: Int, of step: TFLiteOperator) throws(TFLiteError) -> Int {
    guard let tensor = optionalTensor(position, of: step) else {
      throw .field(
        place: place(of: step), "inputs", expected: "\(position + 1) or more",
        found: "\(step.inputs.count)")
    }
    return tensor
  }

  func requireInputs(_ counts: ClosedRange<Int>, of step: TFLiteOperator) throws(TFLiteError) {
    guard counts.contains(step.inputs.count) else {
      throw .field(
        place: place(of: step), "inputs",
        expected: counts.count == 1
          ? "\(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)",
        found: "\(step.inputs.count)")
    }
  }

  func outputTensor(of step: TFLiteOperator) throws(TFLiteError) -> Int {
    guard step.outputs.count == 1 else {
      throw .field(
        place: place(of: step), "outputs", expected: "1", found: "\(step.outputs.count)")
    }
    return step.outputs[0]
  }

  /// A tensor that holds data in the file, or that DEQUANTIZE makes of one.
  func isConstant(_ tensor: Int) -> Bool {
    model.tensors[tensor].isConstant || constantSources[tensor] != nil
  }

  /// The value at `position` of the operator's inputs.
  func value(_ position: Int, of step: TFLiteOperator) throws(TFLiteError) -> ValueID {
    let tensor = try tensor(position, of: step)
    guard let value = values[tensor] else {
      throw .field(
        place: place(of: step), "input \(position)",
        expected: "a tensor that is computed before",
        found: isConstant(tensor) ? "a constant" : place(ofTensor: tensor))
    }
    return value
  }

  /// The value that is an image `[N, H, W, C]`.
  func image(_ position: Int, of step: TFLiteOperator) throws(TFLiteError) -> ValueID {
    let value = try value(position, of: step)
    try requireImage(value, of: step)
    return value
  }

  func requireImage(_ value: ValueID, of step: TFLiteOperator) throws(TFLiteError) {
    guard graph[value].shape.rank == 4 else {
      throw .field(
        place: place(of: step), "input", expected: "shape N×H×W×C",
        found: "\(graph[value].shape)")
    }
  }

  /// The whole numbers of a constant list at `position`.
  func integers(
    _ position: Int, of step: TFLiteOperator, count: ClosedRange<Int>
  ) throws(TFLiteError) -> [Int] {
    let tensor = try tensor(position, of: step)
    let place = place(of: step)
    guard let integers = constants.integers(tensor) else {
      throw .field(
        place: place, "input \(position)", expected: "constant whole numbers",
        found: self.place(ofTensor: tensor))
    }
    guard count.contains(integers.count) else {
      throw .field(
        place: place, "input \(position)",
        expected: "\(count.lowerBound) to \(count.upperBound) numbers",
        found: "\(integers.count)")
    }
    return integers
  }

  // MARK: Types

  /// The type of a value: the tensor's, or float32 where integers become real numbers.
  func valueType(ofTensor index: Int) throws(TFLiteError) -> ValueType {
    let tensor = model.tensors[index]
    let place = place(ofTensor: index)
    guard !tensor.isVariable else { throw .unsupported(place: place, "a variable tensor") }
    let type: ElementType
    switch tensor.elementType {
    case .float32: return .float32
    case .int8: type = .int8
    case .uint8: type = .uint8
    case .float16, .int32, .int64, .string, .bool, .int16, .complex64, .float64, .complex128,
      .uint64, .resource, .variant, .uint32, .uint16, .int4, .bfloat16:
      throw .unsupported(place: place, "a computed tensor of \(tensor.elementType.name)")
    }
    guard let quantization = tensor.quantization else {
      throw .field(place: place, "quantization", expected: "a scale", found: "none")
    }
    guard quantization.scales.count == 1 else {
      throw .field(
        place: place, "quantization", expected: "one scale for a computed tensor",
        found: "\(quantization.scales.count)")
    }
    let shape: Shape
    // One pair fits every shape, that of a tensor of unknown rank too.
    do { shape = try Shape([1]) } catch { throw TFLiteError(place, .shape(error)) }
    let parameters = try quantization.parameters(
      shape: shape, elementType: type, axis: nil, place: place)
    return dequantizes ? .float32 : ValueType(elementType: type, quantization: parameters)
  }

  /// The activation at the end of an operator that writes its output tensor.
  ///
  /// Where integers become real numbers, and none is named, the range of the output may clamp all
  /// the same: integers that begin at 0 and end within 1 % of 6 are a ReLU6 that was folded into
  /// their scale, others that begin at 0 a ReLU.
  func activation(
    _ fused: TFLiteActivation, of step: TFLiteOperator
  ) throws(TFLiteError) -> Activation {
    switch fused {
    case .relu: return .relu
    case .relu6: return .relu6
    case .none:
      let output = model.tensors[try outputTensor(of: step)]
      guard dequantizes, output.elementType.isQuantized, let quantization = output.quantization
      else { return .identity }
      guard quantization.zeroPoints[0] == (output.elementType == .int8 ? -128 : 0) else {
        return .identity
      }
      let end = 255 * quantization.scales[0]
      return abs(end - 6) <= 0.06 ? .relu6 : .relu
    case .reluN1To1, .tanh, .signBit:
      throw .unsupported(place: place(of: step), "fused activation \(fused.name)")
    }
  }
}
