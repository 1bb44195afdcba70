// Softmax along rows, of float32 or 8-bit integers to either: docs/quantization.md, "Functions".
#ifndef MNV4_SOFTMAX_H
#define MNV4_SOFTMAX_H

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

enum mnv4_softmax_type {
  MNV4_SOFTMAX_FLOAT32 = 0,
  MNV4_SOFTMAX_INT8 = 1,
  MNV4_SOFTMAX_UINT8 = 2,
};

/// y = e^(x - m) / sum(e^(x - m)) of each row, m its greatest element; a row with a NaN or with
/// +infinity, and a row of -infinity alone, becomes NaN throughout. All kernels give the same bits,
/// but for those of NaN: additions and products are rounded one by one, in the order of
/// docs/quantization.md, section 2.1.
///
///     from integers     x = input_scale * float32(integer - input_zero_point)
///     to integers       clamp(round(y / output_scale) + output_zero_point) to the type's range,
///                       NaN to output_zero_point
struct mnv4_softmax {
  /// Rows of `length` elements without gaps; any alignment of the type. Up to 15 bytes past the end
  /// of integers are read, and nothing past that of floats.
  const void *input;
  enum mnv4_softmax_type input_type;
  /// Unused for float32.
  float input_scale;
  int32_t input_zero_point;
  /// As `input`; overlaps it nowhere. Nothing is written outside the range of rows.
  void *output;
  enum mnv4_softmax_type output_type;
  /// A normal number above zero; unused for float32.
  float output_scale;
  int32_t output_zero_point;
  /// At least 1.
  ptrdiff_t length;
};

/// The bytes of scratch that each thread needs, whichever the kernel; a multiple of 64.
ptrdiff_t mnv4_softmax_scratch_bytes(ptrdiff_t length);

/// An implementation for one instruction set.
struct mnv4_softmax_kernel {
  /// For example "softmax_avx512".
  const char *name;
  /// The bits of `mnv4_cpu_features()` that it needs.
  uint32_t features;
  /// Of rows `row_begin ..< row_end`. `scratch`: `mnv4_softmax_scratch_bytes` bytes of the calling
  /// thread's own on a 64-byte boundary, of any content.
  void (*run)(
      const struct mnv4_softmax *softmax, ptrdiff_t row_begin, ptrdiff_t row_end, void *scratch);
};

/// The kernels of this architecture by index from 0, the fastest first, the last of which runs
/// anywhere; null beyond it.
const struct mnv4_softmax_kernel *mnv4_softmax_kernel_at(int32_t index);

#endif
