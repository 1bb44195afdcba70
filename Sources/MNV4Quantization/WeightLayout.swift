package import MNV4Core
package import MNV4Graph

/// How the weights of a convolution or fully connected layer are laid out:
/// `[outputs, kernel height, kernel width, inputs / groups]`.
package struct WeightLayout: Hashable, Sendable {
  package let outputCount: Int
  package let kernel: Extent
  package let inputsPerGroup: Int
  package let groupCount: Int

  /// All at least 1; the groups divide the outputs.
  package init(outputCount: Int, kernel: Extent, inputsPerGroup: Int, groupCount: Int) {
    precondition(outputCount > 0 && kernel.height > 0 && kernel.width > 0 && inputsPerGroup > 0)
    precondition(groupCount > 0 && outputCount.isMultiple(of: groupCount))
    self.outputCount = outputCount
    self.kernel = kernel
    self.inputsPerGroup = inputsPerGroup
    self.groupCount = groupCount
  }

  /// Weights of one output.
  package var rowCount: Int { kernel.height * kernel.width * inputsPerGroup }

  package var elementCount: Int { outputCount * rowCount }

  package var outputsPerGroup: Int { outputCount / groupCount }

  package var inputCount: Int { inputsPerGroup * groupCount }

  /// Where the weights of an output are.
  func row(_ output: Int) -> Range<Int> { output * rowCount..<(output + 1) * rowCount }

  /// The outputs of a group.
  func outputs(ofGroup group: Int) -> Range<Int> {
    group * outputsPerGroup..<(group + 1) * outputsPerGroup
  }
}

/// Which inputs each output of a layer reads.
package struct LayerGeometry: Hashable, Sendable {
  package let layout: WeightLayout
  package let inputHeight: Int
  package let inputWidth: Int
  package let outputHeight: Int
  package let outputWidth: Int
  package let stride: Extent
  package let padding: Padding

  /// A convolution of a validated graph, its input `[N, H, W, C]` and output `[N, H, W, C]`.
  package init(_ convolution: Convolution, input: Shape, output: Shape) {
    precondition(input.rank == 4 && output.rank == 4)
    layout = WeightLayout(
      outputCount: output.last, kernel: convolution.kernel,
      inputsPerGroup: input.last / convolution.groups, groupCount: convolution.groups)
    inputHeight = input[1]
    inputWidth = input[2]
    outputHeight = output[1]
    outputWidth = output[2]
    stride = convolution.stride
    padding = convolution.padding
  }

  /// A fully connected layer of a validated graph: one output position for each row of its input.
  package init(fullyConnectedInput input: Shape, output: Shape) {
    layout = WeightLayout(
      outputCount: output.last, kernel: .one, inputsPerGroup: input.last, groupCount: 1)
    inputHeight = 1
    inputWidth = 1
    outputHeight = 1
    outputWidth = 1
    stride = .one
    padding = .none
  }

  /// Elements of one picture of the input (one row, for a fully connected layer).
  package var inputElementCount: Int { inputHeight * inputWidth * layout.inputCount }

  var positionCount: Int { outputHeight * outputWidth }

  /// Calls `body` with each tap of the filter, in the order of the weights, at the output `position`
  /// (row major): the tap's number and the offset of its first channel in the picture, or nil where
  /// the tap lies in the padding.
  @inline(__always)
  func forEachTap(at position: Int, _ body: (_ tap: Int, _ offset: Int?) -> Void) {
    let top = position / outputWidth * stride.height - padding.top
    let left = position % outputWidth * stride.width - padding.left
    for row in 0..<layout.kernel.height {
      for column in 0..<layout.kernel.width {
        let (y, x) = (top + row, left + column)
        let isInside = y >= 0 && y < inputHeight && x >= 0 && x < inputWidth
        body(
          row * layout.kernel.width + column,
          isInside ? (y * inputWidth + x) * layout.inputCount : nil)
      }
    }
  }
}
