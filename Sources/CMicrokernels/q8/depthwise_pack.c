#include "depthwise_tiles.h"

#include <math.h>
#include <string.h>

bool mnv4_q8dw_supports(const mnv4_q8_depthwise_layer *layer) {
  const int32_t size = layer->kernel_height;
  return (size == 3 || size == 5 || size == 7) && layer->kernel_width == size
      && layer->stride_height <= 2 && layer->stride_width == layer->stride_height
      && layer->dilation_height == 1 && layer->dilation_width == 1;
}

size_t mnv4_q8dw_packed_byte_count(mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer) {
  return sizeof(mnv4_q8dw_header)
      + (size_t)mnv4_q8dw_tile_count(form, layer)
          * mnv4_q8dw_tile_byte_count(form, mnv4_q8dw_make_steps(form, layer));
}

size_t mnv4_q8dw_scratch_byte_count(mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer) {
  const mnv4_q8dw_steps steps = mnv4_q8dw_make_steps(form, layer);
  const mnv4_q8dw_tile first = mnv4_q8dw_make_tile(form, layer, 0);
  const mnv4_q8dw_tile last =
      mnv4_q8dw_make_tile(form, layer, mnv4_q8dw_tile_count(form, layer) - 1);
  const int32_t cells =
      first.group_cells > last.group_cells ? first.group_cells : last.group_cells;
  return (size_t)cells * (size_t)steps.ring_count * (size_t)steps.cell_byte_count;
}

/// What a multiply-add reads as one channel's weights of a cell whose first pixel meets `row` and
/// `column` of the filter: zeros where it meets none.
static uint32_t weight_lane(
    mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer, const int16_t *filter, int32_t row,
    int32_t column) {
  const int32_t columns = mnv4_q8dw_cell_columns(form.cell_size, layer->stride_width);
  const int32_t bits = 32 / form.cell_size;
  uint32_t lane = 0;
  for (int32_t k = 0; k < form.cell_size; ++k) {
    const int32_t y = row + k / columns;
    const int32_t x = column + k % columns;
    if (y < 0 || y >= layer->kernel_height || x >= layer->kernel_width) continue;
    const uint32_t weight = (uint32_t)filter[y * layer->kernel_width + x];
    lane |= (weight & ((1u << bits) - 1)) << (k * bits);
  }
  return lane;
}

/// Inputs are multiplied as unsigned bytes b = x + flip, so a sum starts at
/// bias − (z + flip) · Σ w, in arithmetic modulo 2³².
static uint32_t starting_sum(
    const mnv4_q8_depthwise_layer *layer, const int16_t *filter, int32_t bias) {
  const int32_t zero = layer->input_zero_point + (layer->input_is_signed ? 128 : 0);
  uint32_t sum = 0;
  for (int32_t i = 0; i < layer->kernel_height * layer->kernel_width; ++i) {
    sum += (uint32_t)filter[i];
  }
  return (uint32_t)bias - (uint32_t)zero * sum;
}

/// Whether float32(sum) · scale can reach 2³¹ for some input.
static bool may_overflow(
    const mnv4_q8_depthwise_layer *layer, const int16_t *filter, int32_t bias, float scale) {
  double sum = fabs((double)bias);
  for (int32_t i = 0; i < layer->kernel_height * layer->kernel_width; ++i) {
    sum += 255.0 * fabs((double)filter[i]);
  }
  return !(sum * (double)scale < 2147483000.0);
}

void mnv4_q8dw_pack(
    mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer,
    const mnv4_q8_depthwise_constants *constants, void *packed) {
  const mnv4_q8dw_steps steps = mnv4_q8dw_make_steps(form, layer);
  const int32_t tiles = mnv4_q8dw_tile_count(form, layer);
  const int32_t taps = layer->kernel_height * layer->kernel_width;
  memset(packed, 0, mnv4_q8dw_packed_byte_count(form, layer));
  mnv4_q8dw_header *header = packed;
  uint8_t *next = (uint8_t *)packed + sizeof *header;
  for (int32_t index = 0; index < tiles; ++index) {
    const mnv4_q8dw_tile tile = mnv4_q8dw_make_tile(form, layer, index);
    uint32_t *sums = (uint32_t *)next;
    float *scales = (float *)(sums + form.width);
    uint32_t *weights = (uint32_t *)(scales + form.width);
    next += mnv4_q8dw_tile_byte_count(form, steps);
    // Of channel p of the vector, lane p / 16 · 4 + p % 4 of accumulator p / 4 % 4 holds the sum.
    for (int32_t p = 0; p < form.width; ++p) {
      const int32_t channel = tile.first_channel + p % tile.segment_channels;
      if (channel >= layer->channels) continue;
      const int32_t accumulator = p / 4 % 4;
      const int32_t lane = p / 16 * 4 + p % 4;
      const int32_t lanes = form.width / 4;
      const int16_t *filter = constants->weights + (ptrdiff_t)channel * taps;
      const int32_t bias = constants->bias ? constants->bias[channel] : 0;
      const float scale = constants->scales[channel];
      sums[accumulator * lanes + lane] = starting_sum(layer, filter, bias);
      scales[accumulator * lanes + lane] = scale;
      header->may_overflow |= may_overflow(layer, filter, bias, scale);
      uint32_t *vector =
          weights + (ptrdiff_t)accumulator * steps.weight_vector_count * lanes + lane;
      for (int32_t group = 0; group < steps.group_count; ++group) {
        for (int32_t cell = 0; cell < steps.window_cells; ++cell) {
          for (int32_t row = 0; row < steps.rows; ++row) {
            *vector = weight_lane(
                form, layer, filter, group * steps.cell_rows - row, cell * steps.cell_columns);
            vector += lanes;
          }
        }
      }
    }
  }
}
