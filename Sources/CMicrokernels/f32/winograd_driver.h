// Walks a range of a strided convolution by Winograd's method. Included after gemm_driver.h.

#include "winograd_tile.h"

/// The combinations d0 - d2, d1, d2, d3, d4 - d2.
VEC_INLINE void winograd_combine(const vec d[WINOGRAD_EXTENT], vec combined[WINOGRAD_EXTENT]) {
  combined[0] = vec_sub(d[0], d[2]);
  combined[1] = d[1];
  combined[2] = d[2];
  combined[3] = d[3];
  combined[4] = vec_sub(d[4], d[2]);
}

/// The combinations of the rows at one column of the image.
VEC_INLINE void winograd_column(
    const float *place, ptrdiff_t line_stride, vec_mask lanes, vec combined[WINOGRAD_EXTENT]) {
  vec d[WINOGRAD_EXTENT];
#pragma clang loop unroll(full)
  for (int i = 0; i < WINOGRAD_EXTENT; i++) d[i] = vec_load_masked(place + i * line_stride, lanes);
  winograd_combine(d, combined);
}

/// The combinations of neighbouring squares' windows, product after product for each square.
static void winograd_transform(
    const struct conv_pixels *squares, ptrdiff_t channels, float *combinations) {
  const float *square = squares->input;
  for (int32_t i = 0; i < squares->count; i++) {
    for (ptrdiff_t channel = 0; channel < channels; channel += VEC_LANES) {
      const vec_mask lanes = vec_first(channels - channel);
      const float *place = square + channel;
      float *const target = combinations + channel;
      vec columns[WINOGRAD_EXTENT][WINOGRAD_EXTENT];
#pragma clang loop unroll(full)
      for (int c = 0; c < WINOGRAD_EXTENT; c++) {
        winograd_column(place, squares->line_stride, lanes, columns[c]);
        place += squares->pixel_stride;
      }
#pragma clang loop unroll(full)
      for (int r = 0; r < WINOGRAD_EXTENT; r++) {
        const vec d[WINOGRAD_EXTENT] = {
            columns[0][r], columns[1][r], columns[2][r], columns[3][r], columns[4][r]};
        vec combined[WINOGRAD_EXTENT];
        winograd_combine(d, combined);
#pragma clang loop unroll(full)
        for (int c = 0; c < WINOGRAD_EXTENT; c++) {
          vec_store_masked(target + winograd_places[r][c] * channels, combined[c], lanes);
        }
      }
    }
    square += 4 * squares->pixel_stride;
    combinations += MNV4_F32_WINOGRAD_PRODUCTS * channels;
  }
}

VEC_INLINE void winograd_range(
    const struct mnv4_f32_winograd *problem, struct mnv4_f32_winograd_range range,
    float *scratch) {
  const struct mnv4_f32_conv *conv = &problem->conv;
  const struct mnv4_f32_gemm *product = &conv->product;
  const struct mnv4_f32_conv windows = winograd_windows(problem);
  float *const patch = scratch + CONV_MAX_TILE_ROWS * MNV4_F32_WINOGRAD_PRODUCTS * conv->channels;
  struct winograd_tile tile = {
      .input = scratch,
      .channels = conv->channels,
      .line = conv->output_width * product->output_stride,
      .pixel = product->output_stride,
      .low = product->epilogue.low,
      .high = product->epilogue.high,
  };
  struct conv_cursor cursor = conv_cursor_at(&windows, range.pair_begin * windows.output_width);
  const ptrdiff_t end = range.pair_end * windows.output_width;
  while (cursor.number < end) {
    const ptrdiff_t image = cursor.number / windows.output_width / windows.output_height;
    const ptrdiff_t y = 2 * (ptrdiff_t)cursor.y - problem->first_in_pair;
    const ptrdiff_t x = 2 * (ptrdiff_t)cursor.x;
    const struct conv_pixels squares = conv_next_pixels(&windows, &cursor, end, TILE_ROWS, patch);
    winograd_transform(&squares, conv->channels, scratch);
    tile.has_row[0] = y >= 0;
    tile.has_row[1] = y + 1 < conv->output_height;
    tile.squares[0] = squares.count;
    tile.squares[1] = x + 2 * squares.count > conv->output_width ? squares.count - 1 : squares.count;
    // That of the first row that exists.
    float *const output = product->output +
                          (image * conv->output_height + (y < 0 ? 0 : y)) * tile.line +
                          x * tile.pixel;
    for (ptrdiff_t panel = range.panel_begin; panel < range.panel_end; panel++) {
      const ptrdiff_t first = panel * MNV4_F32_PANEL;
      const float *const weights =
          product->weights + first * MNV4_F32_WINOGRAD_PRODUCTS * conv->channels;
      for (ptrdiff_t part = 0; part < MNV4_F32_PANEL; part += TILE_COLUMNS) {
        tile.columns = product->columns - first - part;
        if (tile.columns <= 0) break;
        tile.weights = weights + part;
        tile.bias = product->bias + first + part;
        tile.output = output + first + part;
        winograd_tiles[squares.count - 1](&tile);
      }
    }
  }
}
