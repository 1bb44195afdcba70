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
      first.pair_cells > last.pair_cells ? first.pair_cells : last.pair_cells;
  return (size_t)cells * (size_t)steps.pair_count * (size_t)steps.cell_byte_count;
}

/// What a multiply-add reads as one channel's weights of a cell of `cell_rows` whose first pixel meets
/// `row` and `column` of the filter: zeros where it meets none.
static uint32_t weight_lane(
    mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer, const int16_t *filter,
    int32_t cell_rows, int32_t row, int32_t column) {
  const int32_t bits = 32 / form.cell_size;
  uint32_t lane = 0;
  for (int32_t k = 0; k < form.cell_size; ++k) {
    const int32_t y = row + k % cell_rows;
    const int32_t x = column + k / cell_rows;
    if (y < 0 || y >= layer->kernel_height || x >= layer->kernel_width) continue;
    const uint32_t weight = (uint32_t)filter[y * layer->kernel_width + x];
    lane |= (weight & ((1u << bits) - 1)) << (k * bits);
  }
  return lane;
}

/// Writes one channel's weights to a lane of `weight_vector_count` vectors of `lanes` lanes.
static void pack_weights(
    mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer, const int16_t *filter,
    int32_t lanes, uint32_t *vector) {
  const mnv4_q8dw_steps steps = mnv4_q8dw_make_steps(form, layer);
  // At stride 2 the rows of a step share them.
  const int32_t rows = layer->stride_height == 1 ? MNV4_Q8DW_ROWS : 1;
  for (int32_t group = 0; group < steps.group_count; ++group) {
    for (int32_t cell = 0; cell < steps.window_cells; ++cell) {
      for (int32_t row = 0; row < rows; ++row, vector += lanes) {
        *vector = weight_lane(
            form, layer, filter, steps.cell_rows, group * steps.cell_rows - row,
            cell * steps.cell_columns);
      }
    }
  }
  for (int32_t cell = 0; cell < steps.tail_cells; ++cell) {
    for (int32_t row = 0; row < rows; ++row, vector += lanes) {
      *vector = weight_lane(
          form, layer, filter, 2, steps.group_count * steps.cell_rows - row, 2 * cell);
    }
  }
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

/// What a sum's absolute value cannot exceed.
static double greatest_sum(
    const mnv4_q8_depthwise_layer *layer, const int16_t *filter, int32_t bias) {
  double sum = fabs((double)bias);
  for (int32_t i = 0; i < layer->kernel_height * layer->kernel_width; ++i) {
    sum += 255.0 * fabs((double)filter[i]);
  }
  return sum;
}

/// The facts of a layer that its header states.
static mnv4_q8dw_header make_header(
    const mnv4_q8_depthwise_layer *layer, const mnv4_q8_depthwise_constants *constants) {
  const int32_t taps = layer->kernel_height * layer->kernel_width;
  double greatest = 0;
  mnv4_q8dw_header header = {0};
  for (int32_t channel = 0; channel < layer->channels; ++channel) {
    const double sum = greatest_sum(
        layer, constants->weights + (ptrdiff_t)channel * taps,
        constants->bias ? constants->bias[channel] : 0);
    if (sum > greatest) greatest = sum;
    header.may_overflow |= !(sum * (double)constants->scales[channel] < 2147483000.0);
  }
  const int32_t least = layer->output_type == MNV4_Q8_DEPTHWISE_INT8 ? INT8_MIN : 0;
  header.is_rectified = layer->output_type != MNV4_Q8_DEPTHWISE_FLOAT32
      && layer->output_zero_point == least && !header.may_overflow && greatest < 0x1p23;
  return header;
}

void mnv4_q8dw_pack(
    mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer,
    const mnv4_q8_depthwise_constants *constants, void *packed) {
  const mnv4_q8dw_steps steps = mnv4_q8dw_make_steps(form, layer);
  const int32_t tiles = mnv4_q8dw_tile_count(form, layer);
  const int32_t taps = layer->kernel_height * layer->kernel_width;
  memset(packed, 0, mnv4_q8dw_packed_byte_count(form, layer));
  const mnv4_q8dw_header header = make_header(layer, constants);
  memcpy(packed, &header, sizeof header);
  const uint32_t offset = header.is_rectified ? 0x4b000000 : 0;
  const int32_t lanes = form.width / 4;
  uint8_t *next = (uint8_t *)packed + sizeof header;
  for (int32_t index = 0; index < tiles; ++index) {
    const mnv4_q8dw_tile tile = mnv4_q8dw_make_tile(form, layer, index);
    uint32_t *sums = (uint32_t *)next;
    float *scales = (float *)(sums + form.width);
    float *offsets = scales + form.width;
    uint32_t *weights = (uint32_t *)(offsets + form.width);
    next += mnv4_q8dw_tile_byte_count(form, steps);
    // Of channel p of the vector, lane p / 16 · 4 + p % 4 of accumulator p / 4 % 4 holds the sum.
    for (int32_t p = 0; p < form.width; ++p) {
      const int32_t channel = tile.first_channel + p % tile.segment_channels;
      if (channel >= layer->channels) continue;
      const int32_t accumulator = p / 4 % 4;
      const int32_t lane = p / 16 * 4 + p % 4;
      const int16_t *filter = constants->weights + (ptrdiff_t)channel * taps;
      const int32_t bias = constants->bias ? constants->bias[channel] : 0;
      const float scale = constants->scales[channel];
      sums[accumulator * lanes + lane] = starting_sum(layer, filter, bias) + offset;
      scales[accumulator * lanes + lane] = scale;
      offsets[accumulator * lanes + lane] = -0x1p23f * scale;
      pack_weights(
          form, layer, filter, lanes,
          weights + (ptrdiff_t)accumulator * steps.weight_vector_count * lanes + lane);
    }
  }
}
