package import MNV4Core
package import MNV4Graph

/// A network as a TensorFlow Lite file holds it.
package struct ImportedTFLite: Sendable {
  package let graph: Graph
  /// That which brings bytes to the input's integers one to one where the input is or was quantized;
  /// nil where the input is no picture of three channels.
  package let preprocessing: ImagePreprocessing?
  /// What is known of the file, for a message.
  package let summary: String
  /// What a person should know of the weights; nil for nothing.
  package let note: String?
}

/// Reads TensorFlow Lite files: float networks, int8 ones with scales a channel, and uint8 ones with
/// zero points in their weights.
///
/// What is taken is told by the operators and tensors themselves; the versions of operators, which
/// tell a runtime what it has to know, are not looked at. Metadata and signatures are ignored.
package enum TFLiteImport {
  /// Whether a file that begins so, with eight bytes or more or with all, says that it is one.
  package static func isTFLite(_ head: UnsafeRawBufferPointer) -> Bool {
    head.count >= 8 && head[4..<8].elementsEqual(TFLiteSchema.identifier.utf8)
  }

  /// Checks the length of a file before it is read.
  package static func checkLength(_ fileByteCount: Int) throws(TFLiteError) {
    do { try FlatBuffer.checkLength(fileByteCount) } catch { throw .file(error) }
  }

  /// The network of a file.
  ///
  /// - Parameters:
  ///   - name: the graph's.
  ///   - dequantizing: makes a float32 network of a quantized one: each weight and bias becomes the
  ///     real number that it stands for, each clamp that integers made by saturating a ReLU or
  ///     ReLU6.
  package static func network(
    from bytes: AlignedBuffer, name: String, dequantizing: Bool = false
  ) throws(TFLiteError) -> ImportedTFLite {
    let model: TFLiteModel
    do { model = try TFLiteModel(bytes) } catch { throw .file(error) }
    var builder = TFLiteBuilder(model, name: name, dequantizes: dequantizing)
    try builder.build()
    return ImportedTFLite(
      graph: builder.graph, preprocessing: try preprocessing(of: model),
      summary: summary(of: model),
      note: builder.hasDequantizedWeights ? "float32 weights from an 8-bit grid" : nil)
  }

  private static func summary(of model: TFLiteModel) -> String {
    let types = Set(
      model.operators.flatMap { $0.inputs.compactMap(\.self) + $0.outputs }
        .map { model.tensors[$0] }.filter { !$0.isConstant && $0.elementType.isQuantized }
        .map { $0.elementType.name.lowercased() })
    let kind = types.isEmpty ? "float" : types.sorted().joined(separator: " and ")
    return "TensorFlow Lite file of \(model.operators.count) operators, \(kind)"
  }

  /// The file does not say how pictures come to size: shorter side to input / 0.875, bilinear.
  ///
  /// With the input real = scale · (integer − zero point) and the integer a byte, or a byte less 128
  /// for int8: (byte / 255 − mean) / deviation is that real number. For float inputs,
  /// (byte − 127.5) / 127.5.
  private static func preprocessing(
    of model: TFLiteModel
  ) throws(TFLiteError) -> ImagePreprocessing? {
    guard let index = model.inputs.first else { return nil }
    let input = model.tensors[index]
    guard input.shape.count == 4, input.shape[3] == 3 else { return nil }
    var (mean, deviation): (Float, Float) = (0.5, 0.5)
    if input.elementType.isQuantized, let quantization = input.quantization {
      let zeroPoint =
        Double(quantization.zeroPoints[0]) + (input.elementType == .int8 ? 128 : 0)
      mean = Float(zeroPoint / 255)
      deviation = Float(1 / (255 * Double(quantization.scales[0])))
    }
    do {
      return try ImagePreprocessing(
        interpolation: .bilinear, cropFraction: 0.875, mean: [mean, mean, mean],
        standardDeviation: [deviation, deviation, deviation])
    } catch {
      throw .preprocessing(error)
    }
  }
}
