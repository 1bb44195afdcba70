// Depthwise convolution of 8-bit integers: docs/quantization.md, "Sums".
#ifndef MNV4_Q8_DEPTHWISE_H
#define MNV4_Q8_DEPTHWISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The type of an output of sums.
enum {
  MNV4_Q8_DEPTHWISE_INT8 = 0,
  MNV4_Q8_DEPTHWISE_UINT8 = 1,
  MNV4_Q8_DEPTHWISE_FLOAT32 = 2,
};

/// A depthwise convolution with one filter a channel. All counts are above zero but padding, which
/// is not negative; every product of two of `channels` and the width and height of an image, input or
/// output, fits into 31 bits, as do kernel height · kernel width · 64. Widths and heights are below
/// 2³⁰, and padding is less than the reach of the filter, (kernel − 1) · dilation + 1, which is below
/// 2²⁰.
///
/// An image is height × width × channels elements without gaps. Padding to the right and below is
/// whatever the output's size makes necessary. Padding counts as real zeros.
typedef struct mnv4_q8_depthwise_layer {
  int32_t channels;
  int32_t input_height, input_width;
  int32_t output_height, output_width;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t dilation_height, dilation_width;
  int32_t padding_top, padding_left;

  /// int8 if true, else uint8.
  bool input_is_signed;
  /// In the range of the input's type.
  int32_t input_zero_point;

  /// One of `MNV4_Q8_DEPTHWISE_INT8`, `…_UINT8`, `…_FLOAT32`.
  int32_t output_type;
  /// Integer outputs: the zero point and the bounds of the elements, all in the type's range, the
  /// lower bound not above the upper.
  int32_t output_zero_point, output_lower, output_upper;
  /// float32 outputs: bounds, infinite where there are none.
  float float_lower, float_upper;
} mnv4_q8_depthwise_layer;

/// What a layer learned.
typedef struct mnv4_q8_depthwise_constants {
  /// [channels][kernel height][kernel width], less their zero point.
  const int16_t *weights;
  /// [channels]; NULL means zeros.
  const int32_t *bias;
  /// What float32(sum) is multiplied with, [channels]: s_x · s_w / s_y, below 256; for a float32
  /// output s_x · s_w.
  const float *scales;
} mnv4_q8_depthwise_constants;

/// Calls may divide channels at multiples of this.
#define MNV4_Q8_DEPTHWISE_CHANNELS 64

/// A call: some rows, and some channels, of one image's output.
typedef struct mnv4_q8_depthwise_call {
  const mnv4_q8_depthwise_layer *layer;
  /// What the same kernel's `pack` wrote; 64-byte aligned.
  const void *packed;
  /// One image. Up to 63 bytes past its end are read and never enter a result.
  const void *input;
  /// One image of elements of the output's type, aligned to their size; only the rows and
  /// channels named are written. Overlaps nothing else.
  void *output;
  /// `scratch_byte_count` bytes, 64-byte aligned, for this call alone. Contents do not matter.
  void *scratch;
  /// Rows of the output: row_begin..<row_end, at least one. An even number of rows is fastest.
  int32_t row_begin, row_end;
  /// Channels: channel_begin..<channel_end, at least one. Both are multiples of
  /// `MNV4_Q8_DEPTHWISE_CHANNELS`, the end otherwise the layer's count.
  int32_t channel_begin, channel_end;
} mnv4_q8_depthwise_call;

/// An implementation. All give the same integers; float32 outputs are the same bits, too.
///
/// Whatever the weights, Σ |w| · max |x − z_x| + |bias| must stay below 2³¹ for every channel.
typedef struct mnv4_q8_depthwise_kernel {
  const char *name;
  /// Bits of cpu.h; 0: runs anywhere.
  uint32_t features;
  /// Whether the layer's geometry is one that the kernel computes.
  bool (*supports)(const mnv4_q8_depthwise_layer *layer);
  /// The weights, less their zero point, that the kernel can hold.
  int32_t least_weight, greatest_weight;
  /// Bytes that `pack` writes.
  size_t (*packed_byte_count)(const mnv4_q8_depthwise_layer *layer);
  /// Writes the constants in the kernel's own order to 64-byte aligned memory. Executes no
  /// instructions beyond the architecture's base.
  void (*pack)(
      const mnv4_q8_depthwise_layer *layer, const mnv4_q8_depthwise_constants *constants,
      void *packed);
  /// Bytes that a call needs of its own; may be 0.
  size_t (*scratch_byte_count)(const mnv4_q8_depthwise_layer *layer);
  void (*run)(const mnv4_q8_depthwise_call *call);
} mnv4_q8_depthwise_kernel;

/// The implementations that this architecture has, the fastest first: of those that a processor can
/// run and that support a layer and its weights, the first is the one to take. The last supports
/// every layer and runs anywhere.
///
/// - Returns: the first of `mnv4_q8_depthwise_kernel_count()` entries of a constant table.
const mnv4_q8_depthwise_kernel *mnv4_q8_depthwise_kernels(void);
int32_t mnv4_q8_depthwise_kernel_count(void);

#endif
