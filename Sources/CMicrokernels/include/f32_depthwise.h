#ifndef MNV4_F32_DEPTHWISE_H
#define MNV4_F32_DEPTHWISE_H

#include "cpu.h"
#include "f32_epilogue.h"

/// Channels of a block of packed depthwise weights.
#define MNV4_F32_DEPTHWISE_BLOCK 16

/// A depthwise convolution of one image `[height][width][channels]`, one filter a channel.
///
/// Every sum starts at the bias and grows tap by tap in the order of the filter's rows, then
/// columns; taps in the padding are left out. So an element's bits do not depend on the range of a
/// call. The AVX-512 and AVX2 kernels fuse product and sum (one rounding) and agree in every bit.
struct mnv4_f32_depthwise {
  /// The image's first element; any alignment of a float. Up to 60 bytes past the last channel of
  /// the last pixel are read and never enter a result.
  const float *input;
  /// Elements from a pixel of the input to the next, at least `channels`.
  ptrdiff_t input_stride;
  /// From `mnv4_f32_depthwise_pack`: `[blocks][taps][16]` floats on a 64-byte boundary.
  const float *weights;
  /// 16 floats a block on a 64-byte boundary; those past the last channel are read and not used.
  const float *bias;
  /// The output's first element; any alignment of a float. Nothing is written outside the range and
  /// the channels. Overlaps neither input nor weights.
  float *output;
  /// Elements from a pixel of the output to the next, at least `channels`.
  ptrdiff_t output_stride;
  /// At least 1.
  ptrdiff_t channels;
  /// Extents of the image and of the output, at least 1. These and the following are at most 2^20,
  /// the reach of a filter, (kernel - 1) · dilation + 1, too.
  int32_t input_height, input_width, output_height, output_width;
  /// At least 1 each.
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t dilation_height, dilation_width;
  /// Rows and columns of padding before the image, at least 0; what follows the image is settled by
  /// the output's extents.
  int32_t pad_top, pad_left;
  /// Rows of the residual are the output's pixels.
  struct mnv4_f32_epilogue epilogue;
};

/// The part of an output that a call computes; disjoint ranges may be computed at the same time.
struct mnv4_f32_depthwise_range {
  /// Rows of the output, `row_begin ..< row_end`.
  int32_t row_begin, row_end;
  /// Blocks of 16 channels, `block_begin ..< block_end`, of the `(channels + 15) / 16`.
  ptrdiff_t block_begin, block_end;
};

/// Packs `[channels][taps]` floats into `packed`; the two do not overlap.
void mnv4_f32_depthwise_pack(
    const float *weights, ptrdiff_t taps, ptrdiff_t channels, float *packed);

/// An implementation for one instruction set. Filters of 3×3, 5×5 and 7×7 without dilation at
/// strides 1 and 2 have loops of their own, all others share one.
struct mnv4_f32_depthwise_kernel {
  /// For example "f32_depthwise_avx512".
  const char *name;
  /// The bits of `mnv4_cpu_features()` that it needs.
  uint32_t features;
  /// Ranges of rows that are multiples of this waste least.
  int32_t tile_rows;
  void (*run)(const struct mnv4_f32_depthwise *problem, struct mnv4_f32_depthwise_range range);
};

/// The kernels of this architecture by index from 0, the fastest first, the last of which runs
/// anywhere; null beyond it.
const struct mnv4_f32_depthwise_kernel *mnv4_f32_depthwise_kernel_at(int32_t index);

#if defined(__x86_64__)
void mnv4_f32_depthwise_avx512(
    const struct mnv4_f32_depthwise *problem, struct mnv4_f32_depthwise_range range);
void mnv4_f32_depthwise_avx2(
    const struct mnv4_f32_depthwise *problem, struct mnv4_f32_depthwise_range range);
#endif
void mnv4_f32_depthwise_portable(
    const struct mnv4_f32_depthwise *problem, struct mnv4_f32_depthwise_range range);

#endif
