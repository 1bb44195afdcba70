// Packs weights, biases and scales for the kernels of q8_gemm.
#include <math.h>
#include <string.h>

#include "gemm_layout.h"

/// Adds and multiplies that wrap: the accumulators do too, and the true sums fit.
static int32_t wrapping_multiply(int32_t a, int32_t b) {
  return (int32_t)((uint32_t)a * (uint32_t)b);
}

static int32_t wrapping_subtract(int32_t a, int32_t b) {
  return (int32_t)((uint32_t)a - (uint32_t)b);
}

/// The weight as the kernel stores it: 8-bit layouts keep int8 (uint8 less 128), 16-bit layouts
/// take the zero point off.
static int32_t stored_weight(q8_gemm_layout layout, const mnv4_q8_gemm_constants *c, size_t index) {
  if (!c->weights_are_uint8) return ((const int8_t *)c->weights)[index];
  const int32_t w = ((const uint8_t *)c->weights)[index];
  return layout.group == 4 ? w - 128 : w - c->weights_zero_point;
}

/// What is left to add to a stored weight for its true value.
static int32_t weight_offset(q8_gemm_layout layout, const mnv4_q8_gemm_constants *c) {
  return c->weights_are_uint8 && layout.group == 4 ? 128 - c->weights_zero_point : 0;
}

typedef struct {
  int64_t sum, magnitude;
} weight_sums;

enum {
  /// Weights whose sum, at most 255 each, 32 bits hold.
  SUM_RUN = 1 << 20,
};

/// Sums `count` weights, less their zero point, and their magnitudes.
static weight_sums sum_weights(const mnv4_q8_gemm_constants *c, size_t from, size_t count) {
  const int32_t zero = c->weights_zero_point;
  weight_sums sums = {0, 0};
  for (size_t done = 0; done < count; done += SUM_RUN) {
    const size_t run = count - done < SUM_RUN ? count - done : SUM_RUN;
    int32_t sum = 0, magnitude = 0;
    if (c->weights_are_uint8) {
      const uint8_t *weights = (const uint8_t *)c->weights + from + done;
      for (size_t i = 0; i < run; i++) {
        const int32_t w = weights[i] - zero;
        sum += w;
        magnitude += w < 0 ? -w : w;
      }
    } else {
      const int8_t *weights = (const int8_t *)c->weights + from + done;
      for (size_t i = 0; i < run; i++) {
        const int32_t w = weights[i];
        sum += w;
        magnitude += w < 0 ? -w : w;
      }
    }
    sums.sum += sum;
    sums.magnitude += magnitude;
  }
  return sums;
}

/// Channel of a lane, counted from its panel's first.
static int32_t channel_of(int32_t vector_count, int32_t vector, int32_t lane) {
  return vector_count == 1 ? lane : 8 * (lane / 4) + 4 * vector + lane % 4;
}

size_t mnv4_q8_gemm_layout_byte_count(q8_gemm_layout layout, const mnv4_q8_gemm_shape *shape) {
  const q8_gemm_segments k = q8_gemm_segments_of(shape, layout.group);
  const int32_t last =
      (shape->output_channels - 1) / (2 * layout.vector_lanes) * (2 * layout.vector_lanes);
  const int32_t channels = last + q8_gemm_panel_channels(layout, shape->output_channels, last);
  const size_t bytes =
      sizeof(q8_gemm_header) + (size_t)channels * q8_gemm_panel_bytes_per_channel(k);
  return (bytes + 63) & ~(size_t)63;
}

/// Writes a segment's weights of one channel: its first group to `to`, each next `stride` bytes on.
static void pack_segment(q8_gemm_layout layout, const mnv4_q8_gemm_constants *c, size_t from,
                         q8_gemm_segments k, unsigned char *to, size_t stride) {
  int32_t i = 0;
  if (layout.group == 4 && !c->weights_are_uint8) {
    const unsigned char *weights = (const unsigned char *)c->weights + from;
    for (; i + 4 <= k.values; i += 4, to += stride) memcpy(to, weights + i, 4);
  }
  for (; i < k.values; i++) {
    const int32_t w = stored_weight(layout, c, from + (size_t)i);
    const int32_t place = i % layout.group;
    if (layout.group == 4) {
      ((int8_t *)to)[place] = (int8_t)w;
    } else {
      ((int16_t *)(void *)to)[place] = (int16_t)w;
    }
    if (place == layout.group - 1) to += stride;
  }
}

/// The accumulator's first value for one channel.
static int32_t start_value(q8_gemm_layout layout, const mnv4_q8_gemm_constants *c, weight_sums sums,
                           int32_t bias) {
  if (layout.group != 4) return bias;
  const int32_t zero = c->input_zero_point + (c->input_is_uint8 ? 0 : 128);
  return wrapping_subtract(bias, wrapping_multiply(zero, (int32_t)sums.sum));
}

/// The largest sum of one channel that an input can give.
static double largest_sum(const mnv4_q8_gemm_constants *c, weight_sums sums, int32_t bias) {
  const int32_t zero = c->input_zero_point + (c->input_is_uint8 ? 0 : 128);
  const int64_t positive = (sums.magnitude + sums.sum) / 2;
  const int64_t negative = (sums.magnitude - sums.sum) / 2;
  return (double)bias + (double)positive * (255 - zero) + (double)negative * zero;
}

void mnv4_q8_gemm_layout_pack(q8_gemm_layout layout, const mnv4_q8_gemm_shape *shape,
                              const mnv4_q8_gemm_constants *c, void *packed) {
  const q8_gemm_segments k = q8_gemm_segments_of(shape, layout.group);
  const size_t depth = (size_t)k.count * (size_t)k.values;
  memset(packed, 0, mnv4_q8_gemm_layout_byte_count(layout, shape));
  q8_gemm_header *header = packed;
  header->row_sum_factor = weight_offset(layout, c);
  header->products_fit = header->sums_fit = 1;

  unsigned char *panel = (unsigned char *)(header + 1);
  int32_t width;
  for (int32_t first = 0; first < shape->output_channels; first += width) {
    width = q8_gemm_panel_channels(layout, shape->output_channels, first);
    int32_t *starts = (int32_t *)(void *)panel;
    float *scales = (float *)(void *)(starts + width);
    unsigned char *weights = (unsigned char *)(scales + width);
    for (int32_t lane = 0; lane < width; lane++) {
      const int32_t channel =
          first + channel_of(width / layout.vector_lanes, lane / layout.vector_lanes,
                             lane % layout.vector_lanes);
      if (channel >= shape->output_channels) continue;
      const size_t from = (size_t)channel * depth;
      const weight_sums sums = sum_weights(c, from, depth);
      const int32_t bias = c->bias ? c->bias[channel] : 0;
      // The largest magnitude that a sum can end with.
      const double most = 255.0 * (double)sums.magnitude + fabs((double)bias);
      starts[lane] = start_value(layout, c, sums, bias);
      scales[lane] = c->scales[channel];
      if (!(most * (double)scales[lane] < 0x1p30)) header->products_fit = 0;
      if (!(largest_sum(c, sums, bias) < 0x1p23 && most < 0x1p30 && scales[lane] > 0)) {
        header->sums_fit = 0;
      }
      for (int32_t s = 0; s < k.count; s++) {
        const size_t step = (size_t)s * (size_t)k.steps;
        pack_segment(layout, c, from + (size_t)s * (size_t)k.values, k,
                     weights + (step * (size_t)width + (size_t)lane) * 4, (size_t)width * 4);
      }
    }
    panel += (size_t)width * q8_gemm_panel_bytes_per_channel(k);
  }
}
