// Additions, products, functions and means of 8-bit integers, and conversions from and to float32:
// docs/quantization.md, "Additions", "Products", "Functions", "Means", "Quantize and dequantize".
//
// Operands and outputs are int8 or uint8, all of one call the same. They may lie anywhere; up to 63
// bytes past the end of an operand are read and never enter a result. An output may be the first
// operand itself, or that of an addition the second, where both have as many elements, and overlaps
// nothing else.
#ifndef MNV4_Q8_ELEMENTWISE_H
#define MNV4_Q8_ELEMENTWISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The type of the elements of a call, and those of its output.
typedef struct mnv4_q8_elements {
  /// int8 if true, else uint8. All zero points and bounds lie in the type's range.
  bool is_signed;
  /// Of the output; the lower bound is not above the upper.
  int32_t zero_point, lower, upper;
} mnv4_q8_elements;

/// The first operand and the output: `row_count` rows of `row_length` elements without gaps. The
/// second operand's rows begin `second_stride` elements apart: as many as a row has, or 0 where
/// every row meets the same elements (one number a channel). Counts are above zero.
///
/// What has no rows is one row: it is faster.
typedef struct mnv4_q8_rows {
  const void *first;
  const void *second;
  void *output;
  ptrdiff_t row_count, row_length, second_stride;
} mnv4_q8_rows;

/// y = clamp(⌊(m₁ · (x₁ − z₁) + m₂ · (x₂ − z₂) + 2ⁿ⁻¹) / 2ⁿ⌋ + z_y)
typedef struct mnv4_q8_addition {
  mnv4_q8_elements output;
  /// m₁ and m₂: 0 to 2²¹.
  int32_t first_multiplier, second_multiplier;
  /// n: 13 to 30.
  int32_t shift;
  /// z₁ and z₂.
  int32_t first_zero_point, second_zero_point;
  /// Elements at the start of a row that the second operand is added to, 0 to the row's length. For
  /// the others x₂ = z₂; theirs may be read and never enter a result.
  ptrdiff_t added_length;
} mnv4_q8_addition;

/// y = clamp(round(float32((x₁ − z₁) · (x₂ − z₂)) · scale) + z_y)
typedef struct mnv4_q8_product {
  mnv4_q8_elements output;
  int32_t first_zero_point, second_zero_point;
  /// s₁ · s₂ / s_y: finite, not negative.
  float scale;
} mnv4_q8_product;

/// The mean of each channel over all pixels of an image:
/// y = clamp(round(float32(Σ (x − z_x)) · scale) + z_y)
typedef struct mnv4_q8_mean {
  mnv4_q8_elements output;
  int32_t input_zero_point;
  /// s_x / (s_y · float32(pixel count)): finite, not negative.
  float scale;
  /// [pixel_count][channels]; at most 2²³ pixels. The output is [channels].
  const void *input;
  void *means;
  ptrdiff_t pixel_count, channels;
  /// The channels that the call computes: channel_begin..<channel_end, at least one.
  ptrdiff_t channel_begin, channel_end;
} mnv4_q8_mean;

/// y = clamp(round(x / scale) + z_y); where x is NaN, y = clamp(z_y)
typedef struct mnv4_q8_quantization {
  mnv4_q8_elements output;
  /// Positive, finite.
  float scale;
} mnv4_q8_quantization;

/// y = float32(x − z_x) · scale
typedef struct mnv4_q8_dequantization {
  bool is_signed;
  int32_t zero_point;
  /// Positive, finite.
  float scale;
} mnv4_q8_dequantization;

/// An instruction set's implementations. All give the same integers, and the same float32 numbers.
typedef struct mnv4_q8_elementwise_set {
  /// "avx512", "avx2" or "scalar".
  const char *name;
  /// Bits of cpu.h; 0: runs anywhere.
  uint32_t features;
  void (*add)(const mnv4_q8_addition *addition, const mnv4_q8_rows *rows);
  void (*multiply)(const mnv4_q8_product *product, const mnv4_q8_rows *rows);
  /// `count` elements through a table of 256, which is indexed by the bits of an element taken as
  /// uint8, also where elements are int8. The output may be the input.
  void (*lookup)(const uint8_t table[256], const void *input, void *output, ptrdiff_t count);
  void (*mean)(const mnv4_q8_mean *mean);
  /// `count` float32 numbers, aligned as such, to as many bytes anywhere; reads nothing beyond them.
  void (*quantize)(
      const mnv4_q8_quantization *quantization, const float *input, void *output,
      ptrdiff_t count);
  /// `count` bytes anywhere to as many float32 numbers, aligned as such; reads nothing beyond them.
  void (*dequantize)(
      const mnv4_q8_dequantization *dequantization, const void *input, float *output,
      ptrdiff_t count);
} mnv4_q8_elementwise_set;

/// The implementations that this architecture has, the fastest first; the last runs anywhere.
///
/// - Returns: the first of `mnv4_q8_elementwise_set_count()` entries of a constant table.
const mnv4_q8_elementwise_set *mnv4_q8_elementwise_sets(void);
int32_t mnv4_q8_elementwise_set_count(void);

#endif
