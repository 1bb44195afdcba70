// What the packing and the kernels of q8_gemm share: the layout of packed constants, and that of
// the band of input pixels that a tile of outputs reads.
//
// Packed constants: a header, then panels of `2 * vector_lanes` output channels; what is left over
// is a panel of `vector_lanes` where that suffices. A panel holds, per channel, the accumulator's
// first value (int32) and the scale (float32), then the weights: for every step of `group` values
// along K, for every channel, those values.
//
// Within a panel of two vectors, lane 4L+q of vector p is channel 8L+4p+q, so that the packs of
// 32-bit to 16-bit lanes put the channels in order.
//
// K is cut into segments that lie contiguously in the input: a whole row of the filter where its
// taps are neighbours, else each tap. A segment is filled up to a multiple of `group` with zero
// weights, which makes harmless whatever the input holds there.
#ifndef MNV4_Q8_GEMM_LAYOUT_H
#define MNV4_Q8_GEMM_LAYOUT_H

#include "q8_gemm.h"

/// Before a loop with constant bounds: unrolled, so that arrays it indexes can be registers.
#define UNROLLED _Pragma("clang loop unroll(full)")

/// How a kernel wants its constants.
typedef struct {
  /// 32-bit lanes of a vector; a panel has two vectors.
  int32_t vector_lanes;
  /// Values along K that one multiplication takes: 4 of 8 bits, or 2 of 16 bits.
  int32_t group;
} q8_gemm_layout;

typedef struct {
  /// What a row's sum of inputs is multiplied by (8-bit layouts, asymmetric weights), or 0.
  int32_t row_sum_factor;
  /// Whether float32(a) * scale stays within (-2^30, 2^30) for every possible input.
  int32_t products_fit;
  /// Whether sums are below 2^23, and above -2^30, for every possible input, and scales above 0.
  int32_t sums_fit;
  int32_t reserved[13];
} q8_gemm_header;

/// The segments of K: `count` of `values` inputs each, `steps` groups each.
typedef struct {
  int32_t count, values, steps;
} q8_gemm_segments;

static inline q8_gemm_segments q8_gemm_segments_of(const mnv4_q8_gemm_shape *s, int32_t group) {
  const bool merged = s->dilation_x == 1 || s->kernel_width == 1;
  q8_gemm_segments k;
  k.count = merged ? s->kernel_height : s->kernel_height * s->kernel_width;
  k.values = merged ? s->kernel_width * s->input_channels : s->input_channels;
  k.steps = (k.values + group - 1) / group;
  return k;
}

/// Channels of the panel that begins at `channel`.
static inline int32_t q8_gemm_panel_channels(q8_gemm_layout layout, int32_t channel_count,
                                             int32_t channel) {
  return channel_count - channel > layout.vector_lanes ? 2 * layout.vector_lanes
                                                       : layout.vector_lanes;
}

/// Bytes of a panel, for each of its channels.
static inline size_t q8_gemm_panel_bytes_per_channel(q8_gemm_segments k) {
  return sizeof(int32_t) + sizeof(float) + 4 * (size_t)k.count * (size_t)k.steps;
}

/// Pixels of one input row that `outputs` neighbouring outputs read.
static inline int64_t q8_gemm_band_pixels(const mnv4_q8_gemm_shape *s, int64_t outputs) {
  return (outputs - 1) * s->stride_x + (int64_t)(s->kernel_width - 1) * s->dilation_x + 1;
}

size_t mnv4_q8_gemm_layout_byte_count(q8_gemm_layout layout, const mnv4_q8_gemm_shape *shape);

void mnv4_q8_gemm_layout_pack(q8_gemm_layout layout, const mnv4_q8_gemm_shape *shape,
                              const mnv4_q8_gemm_constants *constants, void *packed);

#endif
