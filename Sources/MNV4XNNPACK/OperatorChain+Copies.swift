#if XNNPACK
  internal import CXNNPACK
  internal import MNV4Core
  internal import MNV4Graph

  /// Operators that move bytes.
  extension OperatorChain {
    func addByteConcatenation(_ binding: StepBinding) throws(BackendError) {
      let shape = problem.output.shape
      var start = 0
      for (input, value) in zip(binding.inputs, problem.inputs) {
        try addByteCopy(
          rows: shape.rowCount, channels: value.shape.last, from: input, stride: value.shape.last,
          to: binding.output + start, stride: shape.last)
        start += value.shape.last
      }
    }

    func addByteCopy(
      rows: Int, channels: Int, from input: UnsafeRawPointer, stride inputStride: Int,
      to output: UnsafeMutableRawPointer, stride outputStride: Int
    ) throws(BackendError) {
      try add("copy_nc_x8") {
        xnn_create_copy_nc_x8(channels, inputStride, outputStride, operatorFlags, $0)
      } setup: {
        xnn_setup_copy_nc_x8($0, rows, input, output, threads.pool)
      }
    }

    /// A border of real zeros.
    func addPadding(_ padding: Padding, _ binding: StepBinding) throws(BackendError) {
      var zero = UInt8(truncatingIfNeeded: problem.output.zeroPoint)
      let before = [0, padding.top, padding.left, 0]
      let after = [0, padding.bottom, padding.right, 0]
      try add("constant_pad_nd_x8") {
        xnn_create_constant_pad_nd_x8(&zero, operatorFlags, $0)
      } setup: {
        xnn_setup_constant_pad_nd_x8(
          $0, 4, problem.inputs[0].shape.dimensions, before, after, binding.inputs[0],
          binding.output, threads.pool)
      }
    }
  }
#endif
