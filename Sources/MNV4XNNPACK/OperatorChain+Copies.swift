#if XNNPACK
  internal import CXNNPACK
  internal import MNV4Core
  internal import MNV4Graph

  /// Operators that move elements: float32, or 8-bit integers that keep scale and zero point.
  extension OperatorChain {
    func addSlice(_ slice: Slice, _ binding: StepBinding) throws(BackendError) {
      try addCopy(
        rows: problem.output.shape.rowCount, channels: slice.count,
        from: binding.inputs[0] + slice.start * elementByteCount,
        stride: problem.inputs[0].shape.last, to: binding.output, stride: slice.count)
    }

    func addConcatenation(_ binding: StepBinding) throws(BackendError) {
      let shape = problem.output.shape
      var start = 0
      for (input, value) in zip(binding.inputs, problem.inputs) {
        try addCopy(
          rows: shape.rowCount, channels: value.shape.last, from: input, stride: value.shape.last,
          to: binding.output + start * elementByteCount, stride: shape.last)
        start += value.shape.last
      }
    }

    /// Nothing where the elements stand in place already.
    func addReshape(_ binding: StepBinding) throws(BackendError) {
      guard UnsafeRawPointer(binding.output) != binding.inputs[0] else { return }
      let count = problem.output.shape.elementCount
      try addCopy(
        rows: 1, channels: count, from: binding.inputs[0], stride: count, to: binding.output,
        stride: count)
    }

    /// A border of real zeros around 8-bit integers.
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

    private var elementByteCount: Int { problem.output.elementType.byteCount }

    /// Counts and strides are of elements.
    private func addCopy(
      rows: Int, channels: Int, from input: UnsafeRawPointer, stride inputStride: Int,
      to output: UnsafeMutableRawPointer, stride outputStride: Int
    ) throws(BackendError) {
      if problem.isFloat {
        try add("copy_nc_x32") {
          xnn_create_copy_nc_x32(channels, inputStride, outputStride, operatorFlags, $0)
        } setup: {
          xnn_setup_copy_nc_x32($0, rows, input, output, threads.pool)
        }
      } else {
        try add("copy_nc_x8") {
          xnn_create_copy_nc_x8(channels, inputStride, outputStride, operatorFlags, $0)
        } setup: {
          xnn_setup_copy_nc_x8($0, rows, input, output, threads.pool)
        }
      }
    }
  }
#endif
