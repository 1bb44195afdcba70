#ifndef MNV4_F32_FUNCTIONS_H
#define MNV4_F32_FUNCTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

/// Functions with an exponential in them, by the polynomial of docs/quantization.md, section 2.1, but
/// not to its bits: within 4u (sigmoid, SiLU) and 10u + x²·u (GELU) relative, u = 2⁻²⁴. The AVX-512
/// and AVX2 kernels fuse products into sums.
enum mnv4_f32_function {
  /// 1 / (1 + e⁻ˣ)
  MNV4_F32_SIGMOID = 0,
  /// x · sigmoid(x)
  MNV4_F32_SILU = 1,
  /// x · (1 + erf(x / √2)) / 2
  MNV4_F32_GELU = 2,
};

/// Rows of float32 elements and what becomes of them.
struct mnv4_f32_function_rows {
  /// Element (row, column) at `input[row * input_stride + column]`; any alignment of a float.
  /// Nothing is read beyond the columns.
  const float *input;
  ptrdiff_t input_stride;
  /// As the input, which it may be itself, element for element; it overlaps it nowhere else.
  float *output;
  ptrdiff_t output_stride;
  /// At least 0.
  ptrdiff_t rows, columns;
};

/// An implementation for one instruction set.
struct mnv4_f32_function_kernel {
  /// For example "avx512".
  const char *name;
  /// The bits of `mnv4_cpu_features()` that it needs.
  uint32_t features;
  void (*apply)(enum mnv4_f32_function function, const struct mnv4_f32_function_rows *rows);
};

/// The kernels of this architecture by index from 0, the fastest first, the last of which runs
/// anywhere; null beyond it.
const struct mnv4_f32_function_kernel *mnv4_f32_function_kernel_at(int32_t index);

#endif
