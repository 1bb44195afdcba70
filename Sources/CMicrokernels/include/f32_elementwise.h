#ifndef MNV4_F32_ELEMENTWISE_H
#define MNV4_F32_ELEMENTWISE_H

#include "cpu.h"
#include "f32_epilogue.h"

/// Rows of float32 elements, combined place by place with those of a second operand and activated.
/// Each result is rounded as the formulas say, so all kernels agree in every bit.
struct mnv4_f32_elementwise {
  /// Element (row, channel) at `first[row * first_stride + channel]`; any alignment of a float.
  /// Nothing is read beyond the channels, of this or the second operand.
  const float *first;
  /// Elements from one row to the next.
  ptrdiff_t first_stride;
  /// As `first`; not read by `activate`. A stride of 0 gives all rows the same elements: one number
  /// a channel.
  const float *second;
  ptrdiff_t second_stride;
  /// Of `add`: how many of the first channels have a second operand; at most `channels`.
  ptrdiff_t second_channels;
  /// Element (row, channel) at `output[row * output_stride + channel]`; any alignment of a float.
  /// May be an operand itself, element for element, and overlaps it nowhere else. Nothing is
  /// written outside the range of rows and the channels.
  float *output;
  ptrdiff_t output_stride;
  /// At least 1.
  ptrdiff_t channels;
  enum mnv4_f32_activation activation;
  /// The bounds of `MNV4_F32_CLAMP`; infinities where there is none. Not NaN.
  float low, high;
};

/// Global average pooling of one image: `output[c]` is the sum of channel c of all pixels, from
/// zero on and in their order, divided by their number.
struct mnv4_f32_global_pool {
  /// Pixel p's channel c at `input[p * input_stride + c]`; any alignment of a float. Nothing is
  /// read beyond the channels.
  const float *input;
  ptrdiff_t input_stride;
  /// At least 1, at most 2^24.
  ptrdiff_t pixels;
  /// One element a channel; any alignment of a float; does not overlap the input.
  float *output;
};

/// An implementation for one instruction set.
struct mnv4_f32_elementwise_kernel {
  /// For example "f32_elementwise_avx512".
  const char *name;
  /// The bits of `mnv4_cpu_features()` that it needs.
  uint32_t features;
  /// `activation(first + second)` in the first `second_channels`, `activation(first)` in the
  /// others, of rows `row_begin ..< row_end`.
  void (*add)(
      const struct mnv4_f32_elementwise *problem, ptrdiff_t row_begin, ptrdiff_t row_end);
  /// `activation(first * second)`
  void (*multiply)(
      const struct mnv4_f32_elementwise *problem, ptrdiff_t row_begin, ptrdiff_t row_end);
  /// `activation(first)`
  void (*activate)(
      const struct mnv4_f32_elementwise *problem, ptrdiff_t row_begin, ptrdiff_t row_end);
  /// Of channels `channel_begin ..< channel_end`.
  void (*global_pool)(
      const struct mnv4_f32_global_pool *problem, ptrdiff_t channel_begin,
      ptrdiff_t channel_end);
};

/// The kernels of this architecture by index from 0, the fastest first, the last of which runs
/// anywhere; null beyond it.
const struct mnv4_f32_elementwise_kernel *mnv4_f32_elementwise_kernel_at(int32_t index);

#endif
