// The kernels of any filter, stride and dilation: constants in the order of the definition.
#ifndef MNV4_Q8_DEPTHWISE_ANY_H
#define MNV4_Q8_DEPTHWISE_ANY_H

#include "q8_depthwise.h"

/// Channels are rounded up to a multiple of this in packed constants.
#define MNV4_Q8DW_ANY_WIDTH 16

/// Packed constants: three arrays, of which channels are the last dimension.
typedef struct mnv4_q8dw_any_constants {
  /// Channels with those that round them up, which are zeros everywhere.
  ptrdiff_t width;
  const int32_t *bias;
  const float *scales;
  /// [kernel height][kernel width][width]; the upper 16 bits are zeros, the lower a signed number.
  const uint32_t *weights;
} mnv4_q8dw_any_constants;

static inline ptrdiff_t mnv4_q8dw_any_width(const mnv4_q8_depthwise_layer *layer) {
  const ptrdiff_t round = MNV4_Q8DW_ANY_WIDTH;
  return (layer->channels + round - 1) / round * round;
}

static inline mnv4_q8dw_any_constants mnv4_q8dw_any_unpack(
    const mnv4_q8_depthwise_layer *layer, const void *packed) {
  const ptrdiff_t width = mnv4_q8dw_any_width(layer);
  const int32_t *bias = packed;
  const float *scales = (const float *)(bias + width);
  return (mnv4_q8dw_any_constants){width, bias, scales, (const uint32_t *)(scales + width)};
}

/// The part of a window along one axis that lies in the image.
typedef struct mnv4_q8dw_window {
  /// Filter elements begin..<end.
  int32_t begin, end;
  /// Where filter element 0 lies, in or outside the image.
  int32_t origin;
} mnv4_q8dw_window;

static inline mnv4_q8dw_window mnv4_q8dw_make_window(
    int32_t position, int32_t stride, int32_t padding, int32_t dilation, int32_t kernel,
    int32_t size) {
  const int32_t origin = position * stride - padding;
  int32_t begin = origin < 0 ? (-origin + dilation - 1) / dilation : 0;
  int32_t end = size > origin ? (size - origin + dilation - 1) / dilation : 0;
  if (end > kernel) end = kernel;
  if (begin > end) begin = end;
  return (mnv4_q8dw_window){begin, end, origin};
}

static inline mnv4_q8dw_window mnv4_q8dw_window_rows(
    const mnv4_q8_depthwise_layer *layer, int32_t y) {
  return mnv4_q8dw_make_window(
      y, layer->stride_height, layer->padding_top, layer->dilation_height, layer->kernel_height,
      layer->input_height);
}

static inline mnv4_q8dw_window mnv4_q8dw_window_columns(
    const mnv4_q8_depthwise_layer *layer, int32_t x) {
  return mnv4_q8dw_make_window(
      x, layer->stride_width, layer->padding_left, layer->dilation_width, layer->kernel_width,
      layer->input_width);
}

bool mnv4_q8dw_any_supports(const mnv4_q8_depthwise_layer *layer);
size_t mnv4_q8dw_any_packed_byte_count(const mnv4_q8_depthwise_layer *layer);
size_t mnv4_q8dw_any_scratch_byte_count(const mnv4_q8_depthwise_layer *layer);
void mnv4_q8dw_any_pack(
    const mnv4_q8_depthwise_layer *layer, const mnv4_q8_depthwise_constants *constants,
    void *packed);

void mnv4_q8_depthwise_scalar(const mnv4_q8_depthwise_call *call);
#if defined(__x86_64__)
void mnv4_q8_depthwise_any_avx512(const mnv4_q8_depthwise_call *call);
void mnv4_q8_depthwise_any_avx2(const mnv4_q8_depthwise_call *call);
#endif

#endif
