#ifndef MNV4_F32_GEMM_H
#define MNV4_F32_GEMM_H

#include "cpu.h"
#include "f32_epilogue.h"

/// Columns of the output that share a panel of packed weights.
#define MNV4_F32_PANEL 32

/// `output = epilogue(input · weights + bias)` on float32 rows: pointwise convolution and fully
/// connected layers.
///
/// Every sum starts at the bias and grows by one product at a time in the order of the depth, so an
/// element's bits depend neither on the range of a call nor on its neighbours. The AVX-512 and AVX2
/// kernels fuse product and sum (one rounding) and agree in every bit.
struct mnv4_f32_gemm {
  /// Element (row, k) at `input[row * input_stride + k]`. Any alignment of a float; nothing is read
  /// beyond a row's `depth` elements.
  const float *input;
  /// Elements from one row to the next, at least 0.
  ptrdiff_t input_stride;
  /// From `mnv4_f32_gemm_pack`: `[panels][depth][32]` floats on a 64-byte boundary, where the
  /// columns past the last are zeros.
  const float *weights;
  /// 32 floats a panel on a 64-byte boundary; those past the last column are read and not used.
  const float *bias;
  /// Element (row, column) at `output[row * output_stride + column]`. Any alignment of a float;
  /// nothing is written outside the range and the columns. Overlaps neither input nor weights.
  float *output;
  /// Elements from one row to the next, at least `columns`.
  ptrdiff_t output_stride;
  /// Elements of a row of the input, at least 1.
  ptrdiff_t depth;
  /// Columns of the output, at least 1.
  ptrdiff_t columns;
  struct mnv4_f32_epilogue epilogue;
  /// Bytes that whatever runs after this product reads first, which its last tiles fetch; null where
  /// nothing is known of that. Nothing is read there, so that they need not even exist.
  const void *next;
  /// How many, above 0 where there are any.
  ptrdiff_t next_bytes;
  /// Where above 0, a row's elements lie in runs of so many, of which the depth is a multiple and which is one of
  /// 16, and the next run is `run_step` elements further. 0: one after another, as in windows always.
  ptrdiff_t run, run_step;
};

/// The part of an output that a call computes; disjoint ranges may be computed at the same time.
struct mnv4_f32_gemm_range {
  /// Rows `row_begin ..< row_end`.
  ptrdiff_t row_begin, row_end;
  /// Panels of 32 columns, `panel_begin ..< panel_end`, of the `(columns + 31) / 32`.
  ptrdiff_t panel_begin, panel_end;
};

/// A convolution of one group over images `[batch][height][width][channels]` as a matrix product:
/// row r of it is pixel r of the output in the order batch, y, x; element k of a row is that of
/// the window's row, column and channel, in this order.
///
/// Padding has the value zero. Groups are calls of their own: the pointers of `product` start at
/// the group's first channel and its strides span all groups.
struct mnv4_f32_conv {
  /// `input` is the first image's first pixel and `input_stride` the elements from a pixel to the
  /// next, at least `channels`; `depth` is `kernel_height * kernel_width * channels`.
  struct mnv4_f32_gemm product;
  /// Channels of the group's input, at least 1.
  ptrdiff_t channels;
  /// Extents of the images and of the output, at least 1. These and the following are at most 2^20,
  /// the reach of a filter, (kernel - 1) · dilation + 1, too.
  int32_t input_height, input_width, output_height, output_width;
  /// At least 1 each.
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t dilation_height, dilation_width;
  /// Rows and columns of zeros before the image, at least 0; what follows the image is settled by
  /// the output's extents.
  int32_t pad_top, pad_left;
};

/// Packs `[columns][depth]` floats into `packed`, 32 · depth floats a panel; the two do not overlap.
void mnv4_f32_gemm_pack(
    const float *weights, ptrdiff_t depth, ptrdiff_t columns, float *packed);

/// The bytes of scratch that each thread needs for a convolution, whichever the kernel; a multiple
/// of 64.
ptrdiff_t mnv4_f32_conv_scratch_bytes(const struct mnv4_f32_conv *conv);

/// An implementation of the two for one instruction set.
struct mnv4_f32_gemm_kernel {
  /// For example "f32_gemm_14x32_avx512".
  const char *name;
  /// The bits of `mnv4_cpu_features()` that it needs.
  uint32_t features;
  /// Rows and columns of its tile; ranges of rows that are multiples of `tile_rows` waste least.
  int32_t tile_rows, tile_columns;
  void (*gemm)(const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range);
  /// `scratch`: `mnv4_f32_conv_scratch_bytes` bytes of the calling thread's own on a 64-byte
  /// boundary, of any content.
  void (*conv)(
      const struct mnv4_f32_conv *conv, struct mnv4_f32_gemm_range range, void *scratch);
};

/// The kernels of this architecture by index from 0, the fastest on this processor first, the last of which
/// runs anywhere; null beyond it.
const struct mnv4_f32_gemm_kernel *mnv4_f32_gemm_kernel_at(int32_t index);

#if defined(__x86_64__)
void mnv4_f32_gemm_14x32_avx512(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range);
void mnv4_f32_conv_14x32_avx512(
    const struct mnv4_f32_conv *conv, struct mnv4_f32_gemm_range range, void *scratch);
void mnv4_f32_gemm_6x64_avx512(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range);
void mnv4_f32_conv_6x64_avx512(
    const struct mnv4_f32_conv *conv, struct mnv4_f32_gemm_range range, void *scratch);
void mnv4_f32_gemm_6x16_avx2(const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range);
void mnv4_f32_conv_6x16_avx2(
    const struct mnv4_f32_conv *conv, struct mnv4_f32_gemm_range range, void *scratch);
#endif
void mnv4_f32_gemm_6x8_portable(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range);
void mnv4_f32_conv_6x8_portable(
    const struct mnv4_f32_conv *conv, struct mnv4_f32_gemm_range range, void *scratch);

#endif
