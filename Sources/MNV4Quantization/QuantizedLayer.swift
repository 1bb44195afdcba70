import MNV4Core
import MNV4Graph

/// Weights of a convolution or fully connected layer as integers, and the bias that goes with them.
struct QuantizedLayer: Sendable {
  /// Laid out like the float weights.
  var weights: QuantizedWeights
  /// One an output, in real numbers; empty where the layer has none.
  var bias: [Double]
}

extension QuantizedLayer {
  /// The weights of a network of integers.
  func weightConstant(
    name: String, shape: Shape, layerName: String
  ) throws(QuantizationFailure) -> Constant {
    let parameters: QuantizationParameters
    do { parameters = try weights.parameters(for: shape) } catch {
      throw .layer(name: layerName, reason: "weights: \(error)")
    }
    return Constant(
      name: name, shape: shape, elementType: .int8, quantization: parameters,
      data: ByteSlice(try Self.buffer(weights.elements)))
  }

  /// The bias of a network of integers.
  func biasConstant(
    name: String, inputScale: Float, layerName: String
  ) throws(QuantizationFailure) -> Constant {
    let integers: [Int32]
    let shape: Shape
    do {
      integers = try BiasQuantizer.quantize(bias, inputScale: inputScale, weights: weights)
      shape = try Shape([integers.count])
    } catch {
      throw .layer(name: layerName, reason: "\(error)")
    }
    return Constant(
      name: name, shape: shape, elementType: .int32, data: ByteSlice(try Self.buffer(integers)))
  }

  private static func buffer<Element: BitwiseCopyable>(
    _ elements: [Element]
  ) throws(QuantizationFailure) -> AlignedBuffer {
    let result = elements.withUnsafeBufferPointer { elements in
      Result { () throws(AllocationError) in try AlignedBuffer(copying: elements) }
    }
    do { return try result.get() } catch { throw .allocation(error) }
  }
}
