#include "depthwise_any.h"
#include "rounding.h"

#include <string.h>

#pragma STDC FP_CONTRACT OFF

bool mnv4_q8dw_any_supports(const mnv4_q8_depthwise_layer *layer) {
  (void)layer;
  return true;
}

size_t mnv4_q8dw_any_packed_byte_count(const mnv4_q8_depthwise_layer *layer) {
  const size_t vectors = 2 + (size_t)layer->kernel_height * (size_t)layer->kernel_width;
  return (size_t)mnv4_q8dw_any_width(layer) * 4 * vectors;
}

size_t mnv4_q8dw_any_scratch_byte_count(const mnv4_q8_depthwise_layer *layer) {
  (void)layer;
  return 0;
}

void mnv4_q8dw_any_pack(
    const mnv4_q8_depthwise_layer *layer, const mnv4_q8_depthwise_constants *constants,
    void *packed) {
  const mnv4_q8dw_any_constants places = mnv4_q8dw_any_unpack(layer, packed);
  const ptrdiff_t taps = (ptrdiff_t)layer->kernel_height * layer->kernel_width;
  memset(packed, 0, mnv4_q8dw_any_packed_byte_count(layer));
  int32_t *bias = packed;
  float *scales = (float *)(bias + places.width);
  uint32_t *weights = (uint32_t *)(scales + places.width);
  for (ptrdiff_t channel = 0; channel < layer->channels; ++channel) {
    bias[channel] = constants->bias ? constants->bias[channel] : 0;
    scales[channel] = constants->scales[channel];
    for (ptrdiff_t tap = 0; tap < taps; ++tap) {
      weights[tap * places.width + channel] =
          (uint16_t)constants->weights[channel * taps + tap];
    }
  }
}

static int32_t exact_sum(
    const mnv4_q8_depthwise_layer *layer, const mnv4_q8dw_any_constants *constants,
    const uint8_t *input, mnv4_q8dw_window rows, mnv4_q8dw_window columns, int32_t channel) {
  int32_t sum = constants->bias[channel];
  for (int32_t ky = rows.begin; ky < rows.end; ++ky) {
    const ptrdiff_t y = rows.origin + ky * layer->dilation_height;
    for (int32_t kx = columns.begin; kx < columns.end; ++kx) {
      const ptrdiff_t x = columns.origin + kx * layer->dilation_width;
      const uint8_t byte = input[(y * layer->input_width + x) * layer->channels + channel];
      const int32_t value = layer->input_is_signed ? (int8_t)byte : byte;
      const int16_t weight =
          (int16_t)constants->weights[(ky * layer->kernel_width + kx) * constants->width + channel];
      sum += (value - layer->input_zero_point) * weight;
    }
  }
  return sum;
}

static void store_element(
    const mnv4_q8_depthwise_layer *layer, float scaled, void *output, ptrdiff_t index) {
  if (layer->output_type == MNV4_Q8_DEPTHWISE_FLOAT32) {
    scaled = scaled > layer->float_lower ? scaled : layer->float_lower;
    ((float *)output)[index] = scaled < layer->float_upper ? scaled : layer->float_upper;
    return;
  }
  int32_t integer = mnv4_q8_rounded(scaled) + layer->output_zero_point;
  if (integer < layer->output_lower) integer = layer->output_lower;
  if (integer > layer->output_upper) integer = layer->output_upper;
  ((uint8_t *)output)[index] = (uint8_t)integer;
}

void mnv4_q8_depthwise_scalar(const mnv4_q8_depthwise_call *call) {
  const mnv4_q8_depthwise_layer *layer = call->layer;
  const mnv4_q8dw_any_constants constants = mnv4_q8dw_any_unpack(layer, call->packed);
  for (int32_t y = call->row_begin; y < call->row_end; ++y) {
    const mnv4_q8dw_window rows = mnv4_q8dw_window_rows(layer, y);
    for (int32_t x = 0; x < layer->output_width; ++x) {
      const mnv4_q8dw_window columns = mnv4_q8dw_window_columns(layer, x);
      const ptrdiff_t pixel = ((ptrdiff_t)y * layer->output_width + x) * layer->channels;
      for (int32_t channel = call->channel_begin; channel < call->channel_end; ++channel) {
        const int32_t sum =
            exact_sum(layer, &constants, call->input, rows, columns, channel);
        store_element(
            layer, (float)sum * constants.scales[channel], call->output, pixel + channel);
      }
    }
  }
}
