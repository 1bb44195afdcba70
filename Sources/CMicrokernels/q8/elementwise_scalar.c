#include "elementwise_kernels.h"
#include "rounding.h"

#pragma STDC FP_CONTRACT OFF

static int32_t element(const void *operand, ptrdiff_t index, bool is_signed) {
  return is_signed ? ((const int8_t *)operand)[index] : ((const uint8_t *)operand)[index];
}

static uint8_t clamped(const mnv4_q8_elements *output, int32_t steps) {
  int32_t integer = steps + output->zero_point;
  if (integer < output->lower) integer = output->lower;
  if (integer > output->upper) integer = output->upper;
  return (uint8_t)integer;
}

void mnv4_q8_add_scalar(const mnv4_q8_addition *addition, const mnv4_q8_rows *rows) {
  const bool is_signed = addition->output.is_signed;
  for (ptrdiff_t row = 0; row < rows->row_count; ++row) {
    for (ptrdiff_t i = 0; i < rows->row_length; ++i) {
      const ptrdiff_t index = row * rows->row_length + i;
      int32_t sum = addition->first_multiplier
          * (element(rows->first, index, is_signed) - addition->first_zero_point);
      if (i < addition->added_length) {
        const int32_t second = element(rows->second, row * rows->second_stride + i, is_signed);
        sum += addition->second_multiplier * (second - addition->second_zero_point);
      }
      sum += 1 << (addition->shift - 1);
      ((uint8_t *)rows->output)[index] = clamped(&addition->output, sum >> addition->shift);
    }
  }
}

void mnv4_q8_multiply_scalar(const mnv4_q8_product *product, const mnv4_q8_rows *rows) {
  const bool is_signed = product->output.is_signed;
  for (ptrdiff_t row = 0; row < rows->row_count; ++row) {
    for (ptrdiff_t i = 0; i < rows->row_length; ++i) {
      const ptrdiff_t index = row * rows->row_length + i;
      const int32_t first = element(rows->first, index, is_signed) - product->first_zero_point;
      const int32_t second = element(rows->second, row * rows->second_stride + i, is_signed)
          - product->second_zero_point;
      const float steps = (float)(first * second) * product->scale;
      ((uint8_t *)rows->output)[index] = clamped(&product->output, mnv4_q8_rounded(steps));
    }
  }
}

void mnv4_q8_lookup_scalar(
    const uint8_t table[256], const void *input, void *output, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) {
    ((uint8_t *)output)[i] = table[((const uint8_t *)input)[i]];
  }
}

void mnv4_q8_mean_scalar(const mnv4_q8_mean *mean) {
  for (ptrdiff_t channel = mean->channel_begin; channel < mean->channel_end; ++channel) {
    int32_t sum = 0;
    for (ptrdiff_t pixel = 0; pixel < mean->pixel_count; ++pixel) {
      sum += element(mean->input, pixel * mean->channels + channel, mean->output.is_signed)
          - mean->input_zero_point;
    }
    const float steps = (float)sum * mean->scale;
    ((uint8_t *)mean->means)[channel] = clamped(&mean->output, mnv4_q8_rounded(steps));
  }
}

void mnv4_q8_quantize_scalar(
    const mnv4_q8_quantization *quantization, const float *input, void *output, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) {
    const float steps = input[i] / quantization->scale;
    ((uint8_t *)output)[i] =
        clamped(&quantization->output, steps == steps ? mnv4_q8_rounded(steps) : 0);
  }
}

void mnv4_q8_dequantize_scalar(
    const mnv4_q8_dequantization *dequantization, const void *input, float *output,
    ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) {
    const int32_t x = element(input, i, dequantization->is_signed);
    output[i] = (float)(x - dequantization->zero_point) * dequantization->scale;
  }
}
