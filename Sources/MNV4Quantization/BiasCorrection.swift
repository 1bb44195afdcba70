/// What to add to the bias of each output so that quantization does not move its mean (Nagel et al.,
/// "Data-free quantization through weight equalization and bias correction", 2019, section 4.2), as
/// far as the weights are the reason.
package enum BiasCorrection {
  /// From the errors of the weights and the mean input: `−(ŵ − w) · E[x]`.
  ///
  /// - Parameters:
  ///   - weights: before quantization, in the order of the layout.
  ///   - inputMeans: `E[x]` for each group and weight of a row, `[groups, rowCount]`, padding counted
  ///     as zeros (`Hessian.means`).
  package static func fromWeightErrors(
    weights: [Float], quantized: QuantizedWeights, inputMeans: [Double]
  ) -> [Double] {
    let layout = quantized.layout
    precondition(weights.count == layout.elementCount)
    precondition(inputMeans.count == layout.groupCount * layout.rowCount)
    let scales = quantized.outputScales
    return (0..<layout.outputCount).map { output in
      let firstMean = output / layout.outputsPerGroup * layout.rowCount
      let scale = Double(scales[output])
      return -layout.row(output).enumerated().reduce(0) { sum, position in
        let (offset, index) = position
        let error = Double(quantized.elements[index]) * scale - Double(weights[index])
        return sum + error * inputMeans[firstMean + offset]
      }
    }
  }
}
