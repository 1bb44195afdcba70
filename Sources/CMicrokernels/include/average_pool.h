// Average pooling over windows, of float32 or 8-bit integers: docs/quantization.md, "Means".
#ifndef MNV4_AVERAGE_POOL_H
#define MNV4_AVERAGE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

enum mnv4_average_pool_type {
  MNV4_AVERAGE_POOL_FLOAT32 = 0,
  MNV4_AVERAGE_POOL_INT8 = 1,
  MNV4_AVERAGE_POOL_UINT8 = 2,
};

/// The mean of each window's pixels within one image `[height][width][channels]`; each window has at
/// least one.
///
///     float32      their sum, from zero on, row by row, divided by their number n
///     integers     clamp(round(float32(sum(x - z_x)) * (s_x / (s_y * float32(n)))) + z_y)
///
/// All kernels give the same bits, but for those of NaN.
struct mnv4_average_pool {
  enum mnv4_average_pool_type type;
  /// Any alignment of the type. Up to 15 bytes past the end of integers are read, and nothing past
  /// that of floats.
  const void *input;
  /// Does not overlap the input.
  void *output;
  /// At least 1.
  ptrdiff_t channels;
  /// 1 to 2^20 each. Windows of integers have at most 65,793 pixels: 255 times that is exact in
  /// float32.
  int32_t input_height, input_width, output_height, output_width;
  int32_t kernel_height, kernel_width, stride_height, stride_width;
  /// 0 to 2^20; less than the kernel's extent.
  int32_t pad_top, pad_left;
  /// Unused for float32.
  float input_scale, output_scale;
  int32_t input_zero_point, output_zero_point;
};

/// What a call computes: rows of the output, and channels of them. Disjoint ranges may be computed
/// at the same time.
struct mnv4_average_pool_range {
  int32_t row_begin, row_end;
  ptrdiff_t channel_begin, channel_end;
};

/// An implementation for one instruction set.
struct mnv4_average_pool_kernel {
  /// For example "avx512".
  const char *name;
  /// The bits of `mnv4_cpu_features()` that it needs.
  uint32_t features;
  void (*run)(const struct mnv4_average_pool *pool, struct mnv4_average_pool_range range);
};

/// The kernels of this architecture by index from 0, the fastest first, the last of which runs
/// anywhere; null beyond it.
const struct mnv4_average_pool_kernel *mnv4_average_pool_kernel_at(int32_t index);

#endif
