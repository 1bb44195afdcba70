// Products of 8-bit matrices: convolutions of any kernel, stride, dilation and padding (pointwise
// ones are the common case) and fully connected layers.
//
// The arithmetic is that of "Sums" in docs/quantization.md, and for an addend that of "Additions":
// every kernel of the list gives the same integers.
//
//     a = sum((x - z_x) * (w - z_w)) + bias                  exact, in 32-bit integers
//     y = clamp(round(float32(a) * scale) + z_y)             to nearest, ties to even
//
// Activations and packed constants may be read up to 64 bytes past their end, never before their
// start; addends not at all. Nothing is written but the outputs of the range and the scratch.
#ifndef MNV4_Q8_GEMM_H
#define MNV4_Q8_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What to compute, without the numbers: one image in NHWC order, one group of channels. All counts
/// are at least 1 (padding: 0), and an image, also that of the output, has less than 2^31 pixels.
/// `input_channels * kernel_height * kernel_width` is at most 2^26, `output_channels` 2^30.
/// A fully connected layer of R rows is a 1x1 convolution of an image of 1 x R pixels.
typedef struct {
  int32_t input_height, input_width;
  /// Channels read of each input pixel.
  int32_t input_channels;
  int32_t output_height, output_width;
  /// Channels written of each output pixel.
  int32_t output_channels;
  int32_t kernel_height, kernel_width;
  int32_t stride_y, stride_x;
  int32_t dilation_y, dilation_x;
  /// Pixels above and left of the image. Below and right, as many as the output's size asks for.
  /// Pixels outside the image count as the input's zero point.
  int32_t padding_top, padding_left;
} mnv4_q8_gemm_shape;

/// The constants of a layer, in the order of the model file. Sum |w - z_w| * max |x - z_x| + |bias|
/// is below 2^31 for every output channel.
typedef struct {
  /// [output_channels][kernel_height][kernel_width][input_channels], int8, or uint8 where
  /// `weights_are_uint8`.
  const void *weights;
  /// [output_channels], or NULL for zeros.
  const int32_t *bias;
  /// [output_channels]: s_x * s_w / s_y, positive and below 256; or s_x * s_w for a float32 output,
  /// not negative and finite.
  const float *scales;
  bool weights_are_uint8;
  /// Of uint8 weights: 0 to 255. Of int8 weights: 0.
  int32_t weights_zero_point;
  bool input_is_uint8;
  /// Within the input's type.
  int32_t input_zero_point;
} mnv4_q8_gemm_constants;

typedef enum {
  MNV4_Q8_GEMM_INT8 = 0,
  MNV4_Q8_GEMM_UINT8 = 1,
  MNV4_Q8_GEMM_FLOAT32 = 2,
} mnv4_q8_gemm_output_type;

/// An addition that follows the product and gives the output in its stead:
///
///     clamp(floor((m1 * (y - z_y) + m2 * (addend - addend_zero_point) + 2^(shift-1)) / 2^shift)
///           + zero_point)
///
/// y being the product's clamped integer. Beyond the addend's channels, addend = addend_zero_point.
typedef struct {
  /// Element [output pixel][channel], int8, or uint8 where `addend_is_uint8`. May be the output
  /// itself (same address and stride), and may overlap it in no other way.
  const void *addend;
  /// Bytes from one pixel of the addend to the next.
  ptrdiff_t addend_pixel_stride;
  /// Channels of the addend: 0 to output_channels.
  int32_t addend_channels;
  bool addend_is_uint8;
  int32_t addend_zero_point;
  /// Multipliers of the product and the addend, 0 to 2^21; shift, 13 to 30.
  int32_t m1, m2, shift;
  /// Zero point and bounds of the sum, within the output's type.
  int32_t zero_point, minimum, maximum;
} mnv4_q8_gemm_addition;

/// One layer on one image, ready to run.
typedef struct {
  mnv4_q8_gemm_shape shape;
  /// The kernel's own packing of the constants, 64-byte aligned.
  const void *packed;
  /// The image's first channel of this group. Any alignment.
  const void *input;
  /// Bytes from one input pixel to the next, and from one row to the next.
  ptrdiff_t input_pixel_stride, input_row_stride;
  /// As given to the packing.
  bool input_is_uint8;
  int32_t input_zero_point;
  mnv4_q8_gemm_output_type output_type;
  /// Element [output pixel][channel], pixels numbered row by row. Any alignment (float32: 4 bytes).
  void *output;
  /// Bytes from one output pixel to the next.
  ptrdiff_t output_pixel_stride;
  /// Zero point and bounds of an integer product, within its type; unused for float32.
  int32_t output_zero_point, output_minimum, output_maximum;
  /// Bounds of a float32 product: not NaN, may be infinite.
  float float_minimum, float_maximum;
  /// NULL for none. Not with a float32 output.
  const mnv4_q8_gemm_addition *addition;
  /// Bytes that whatever runs after this layer reads first, which its last tiles may fetch, and how many;
  /// NULL where nothing is known of that. Nothing is read there, so that they need not even exist.
  const void *next;
  ptrdiff_t next_bytes;
  /// Whether other processors may have written the input: tiles may then fetch the pixels of those after them.
  bool fetches_input;
} mnv4_q8_gemm_problem;

/// A part of a layer: output pixels [pixel_begin, pixel_end) of output channels [channel_begin,
/// channel_end). `channel_begin` is a multiple of the kernel's `channel_step`; `channel_end` too,
/// or it is output_channels.
typedef struct {
  int64_t pixel_begin, pixel_end;
  int32_t channel_begin, channel_end;
} mnv4_q8_gemm_range;

/// One implementation. Packings and scratch sizes belong to it and differ between kernels.
typedef struct {
  /// For instance "q8_gemm_avx512vnni".
  const char *name;
  /// Bits of `mnv4_cpu_features` that it needs.
  uint32_t features;
  /// Pixels and channels of a full tile. Ranges of whole tiles waste nothing.
  int32_t pixel_step, channel_step;
  /// Bytes of the packed constants, a multiple of 64.
  size_t (*packed_byte_count)(const mnv4_q8_gemm_shape *shape);
  /// Writes the packed constants to 64-byte aligned memory, all bytes of it.
  void (*pack)(const mnv4_q8_gemm_shape *shape, const mnv4_q8_gemm_constants *constants,
               void *packed);
  /// Bytes of scratch that a call of `run` needs, a multiple of 64. Its contents need not be kept.
  size_t (*scratch_byte_count)(const mnv4_q8_gemm_shape *shape);
  /// Computes a range. `scratch` is 64-byte aligned and not shared with a concurrent call.
  void (*run)(const mnv4_q8_gemm_problem *problem, const mnv4_q8_gemm_range *range, void *scratch);
} mnv4_q8_gemm_kernel;

/// The kernels of this build by index from 0, the fastest on this processor first, the scalar one, which
/// runs everywhere, last; NULL beyond it.
const mnv4_q8_gemm_kernel *mnv4_q8_gemm_kernel_at(int32_t index);

#endif
