// Template: runs a range of a layer. Included once by every kernel, after gemm_tile.h and
//
//     LAYOUT              q8_gemm_layout, a constant expression
//     EIGHT_BIT_INPUT     1 where values are the input's bytes as uint8, 0 where they are int16
//     copy_values(to, from, count, flip, zero)     flips the bytes' upper bits where `flip` is
//                         0x80; int16: the flipped byte as int8, less `zero`. May read 64 bytes and
//                         write 64 values past the end
//     row_sum(tile, row, count)     sum of a row's inputs, `count` of each segment (8-bit values)
//     finish_constants, finish_constants_of(problem, header)
//     sum_offset(constants)   what sums start at, beside their start values
//     finish_function_for(problem, products_fit)   makes outputs of accumulators; NULL where
//                         finish_in_registers does

#include "gemm_band.h"

/// A tile that waits.
typedef struct {
  const value *input;
  ptrdiff_t stride;
  int32_t rows;
  /// The first output pixel.
  int64_t pixel;
} q8_gemm_waiting;

/// Sums of all rows of all tiles that wait, as terms of their accumulators.
static void sum_rows(const q8_gemm_call *c, q8_gemm_tile tile, const q8_gemm_waiting *tiles,
                     int32_t count) {
#if EIGHT_BIT_INPUT
  const uint32_t factor = (uint32_t)c->header->row_sum_factor;
  for (int32_t i = 0; i < count; i++) {
    tile.input = tiles[i].input;
    tile.row_stride = tiles[i].stride;
    for (int32_t r = 0; r < tiles[i].rows; r++) {
      c->row_terms[i * ROWS + r] = (int32_t)(factor * (uint32_t)row_sum(&tile, r, c->k.values));
    }
  }
#else
  (void)c, (void)tile, (void)tiles, (void)count;
#endif
}

#if FETCHES_AHEAD
/// Has `tiles` tiles of the `panels` panels at `channel` fetch together as many panels after theirs; after the
/// range's last panel what runs next, or else nothing new. As far as their steps suffice.
static void fetch_ahead(const q8_gemm_call *c, const mnv4_q8_gemm_range *range, q8_gemm_tile *tile,
                        int32_t channel, int32_t panels, int32_t tiles) {
  const size_t per_channel = q8_gemm_panel_bytes_per_channel(c->k);
  const int32_t width = panels * 2 * VECTOR_LANES;
  const int32_t left = range->channel_end - channel - width;
  ptrdiff_t bytes = (ptrdiff_t)((left <= 0 || left > width ? width : left) * per_channel);
  tile->ahead = (const char *)tile->starts;
  if (left > 0) {
    tile->ahead += (ptrdiff_t)(width * per_channel);
  } else if (c->problem->next) {
    tile->ahead = c->problem->next;
    bytes = c->problem->next_bytes < MOST_NEXT_BYTES ? c->problem->next_bytes : MOST_NEXT_BYTES;
  }
  const ptrdiff_t turns = (ptrdiff_t)c->k.count * (c->k.steps / STEPS);
  tile->ahead_step = bytes / (turns * tiles + 1) + 1;
  if (tile->ahead_step > AHEAD_LINES * 64) tile->ahead_step = AHEAD_LINES * 64;
}

/// Goes on where the tile before ends to fetch.
static void fetch_on(const q8_gemm_call *c, q8_gemm_tile *tile) {
  tile->ahead += (ptrdiff_t)c->k.count * (c->k.steps / STEPS) * tile->ahead_step;
}
#endif

#if WIDE
/// Computes the tiles that wait, for the panel of `tile` and the next.
static void run_wide(const q8_gemm_call *c, const mnv4_q8_gemm_range *range,
                     const q8_gemm_waiting *tiles, int32_t count, const q8_gemm_tile *tile,
                     int32_t channel, finish_function finish) {
  const int32_t width = 2 * VECTOR_LANES, left = range->channel_end - channel - width;
  q8_gemm_outputs outputs[2] = {*tile->outputs, *tile->outputs};
  q8_gemm_wide_tile wide = {.first = *tile, .second_outputs = &outputs[1]};
  wide.first.outputs = &outputs[0];
  wide.panel_step = (ptrdiff_t)(width * q8_gemm_panel_bytes_per_channel(c->k));
  outputs[1].scales = (const float *)(const void *)((const char *)outputs[0].scales + wide.panel_step);
  int32_t all = 0;
  for (int32_t i = 0; i < count; i++) all += wide_count(tiles[i].rows);
  fetch_ahead(c, range, &wide.first, channel, 2, all);
  for (int32_t i = 0; i < count; i++) {
    const int32_t parts = wide_count(tiles[i].rows);
    wide.first.row_stride = tiles[i].stride;
    for (int32_t part = 0, row = 0; part < parts; part++) {
      const int32_t rows = tiles[i].rows / parts + (part < tiles[i].rows % parts);
      wide.first.input = tiles[i].input + row * tiles[i].stride;
      const q8_gemm_waiting *following = &tiles[i + 1 < count ? i + 1 : 0];
      wide.rows_ahead = part + 1 < parts ? wide.first.input + rows * tiles[i].stride : following->input;
      if (tile->row_terms) wide.first.row_terms = c->row_terms + i * ROWS + row;
      q8_gemm_locate(&outputs[0], tiles[i].pixel + row, channel, width);
      q8_gemm_locate(&outputs[1], tiles[i].pixel + row, channel + width,
                     left < width ? left : width);
      outputs[0].rows = outputs[1].rows = rows;
      multiply_wide_functions[rows - 1](&wide);
      if (finish) {
        finish(&outputs[0], c->accumulators, 2);
        finish(&outputs[1], c->accumulators + rows * width, 2);
      }
      fetch_on(c, &wide.first);
      row += rows;
    }
  }
}
#endif

/// Computes the tiles that wait, for all channels of the range.
static void run_tiles(const q8_gemm_call *c, const mnv4_q8_gemm_range *range,
                      const q8_gemm_waiting *tiles, int32_t count,
                      const finish_constants *constants, finish_function finish) {
  q8_gemm_outputs outputs = {.problem = c->problem, .constants = constants};
  q8_gemm_tile tile = {
      .offsets = c->offsets,
      .segment_count = c->k.count,
      .step_count = c->k.steps,
      .sum_offset = sum_offset(constants),
      .accumulators = finish ? c->accumulators : NULL,
      .outputs = &outputs,
  };
  const bool offset = c->header->row_sum_factor != 0;
  if (offset) sum_rows(c, tile, tiles, count);
#if WIDE
  int32_t pixels = 0;
  for (int32_t i = 0; i < count; i++) pixels += tiles[i].rows;
  const bool wide = pixels > ROWS && may_be_wide(&c->shape);
#endif

  const size_t per_channel = q8_gemm_panel_bytes_per_channel(c->k);
  int32_t width;
  for (int32_t channel = range->channel_begin; channel < range->channel_end; channel += width) {
    width = q8_gemm_panel_channels(LAYOUT, c->shape.output_channels, channel);
    const int vectors = width / VECTOR_LANES;
    const int32_t left = range->channel_end - channel;
    const char *panel = (const char *)(c->header + 1) + (size_t)channel * per_channel;
    tile.starts = (const int32_t *)(const void *)panel;
    outputs.scales = (const float *)(const void *)(tile.starts + width);
    tile.weights = outputs.scales + width;
#if WIDE
    if (wide && range->channel_end - channel > 3 * VECTOR_LANES) {
      tile.row_terms = offset ? c->row_terms : NULL;
      run_wide(c, range, tiles, count, &tile, channel, finish);
      width *= 2;
      continue;
    }
#endif
#if FETCHES_AHEAD
    fetch_ahead(c, range, &tile, channel, 1, count);
#endif
    for (int32_t i = 0; i < count; i++) {
      tile.input = tiles[i].input;
      tile.row_stride = tiles[i].stride;
      tile.row_terms = offset ? c->row_terms + i * ROWS : NULL;
      outputs.rows = tiles[i].rows;
      q8_gemm_locate(&outputs, tiles[i].pixel, channel, left < width ? left : width);
      multiply_functions[tiles[i].rows - 1][vectors - 1](&tile);
      if (finish) finish(&outputs, c->accumulators, vectors);
#if FETCHES_AHEAD
      fetch_on(c, &tile);
#endif
    }
  }
}

static void run(const mnv4_q8_gemm_problem *p, const mnv4_q8_gemm_range *range, void *scratch) {
  q8_gemm_call c;
  prepare(&c, p, scratch);
  mnv4_q8_gemm_shape *s = &c.shape;
  // A pointwise layer has no rows: its pixels are one line.
  int64_t output_width = s->output_width;
  if (is_pointwise(s) && p->input_row_stride == s->input_width * p->input_pixel_stride) {
    output_width *= s->output_height;
    s->input_width = (int32_t)output_width;
    s->input_height = 1;
  }
  const finish_constants constants = finish_constants_of(p, c.header);
  const finish_function finish = finish_function_for(p, c.header->products_fit);

  q8_gemm_waiting waiting[MOST_TILES];
  int32_t tile_count = 0, band_count = 0;
  int64_t all = range->pixel_end - range->pixel_begin;
  int64_t y = range->pixel_begin / output_width, x = range->pixel_begin % output_width;
  for (; all > 0; x = 0, y++) {
    // What the range has of this row, in tiles of two sizes that differ by one.
    const int64_t pixels = output_width - x < all ? output_width - x : all;
    const int64_t tiles = (pixels + c.tile_rows - 1) / c.tile_rows;
    const int32_t rows = (int32_t)(pixels / tiles);
    const int64_t larger = pixels % tiles;
    all -= pixels;
    for (int64_t first = 0; first < tiles;) {
      const int64_t left = tiles - first;
      const int32_t count = (int32_t)(left < c.tiles_of_band ? left : c.tiles_of_band);
      const int64_t end = first + count;
      const int64_t band_pixels =
          (int64_t)count * rows + (end < larger ? end : larger) - (first < larger ? first : larger);
      q8_gemm_band band = load_band(&c, y, x, band_pixels, band_count++);
      for (; first < end; first++) {
        q8_gemm_waiting *w = &waiting[tile_count++];
        w->input = band.input;
        w->stride = band.stride;
        w->rows = rows + (first < larger);
        w->pixel = y * output_width + x;
        band.input += w->rows * band.stride;
        x += w->rows;
      }
      if (band_count == c.band_count || (first == tiles && all == 0)) {
        run_tiles(&c, range, waiting, tile_count, &constants, finish);
        tile_count = band_count = 0;
      }
    }
  }
}

static size_t packed_byte_count(const mnv4_q8_gemm_shape *shape) {
  return mnv4_q8_gemm_layout_byte_count(LAYOUT, shape);
}

static void pack(const mnv4_q8_gemm_shape *shape, const mnv4_q8_gemm_constants *constants,
                 void *packed) {
  mnv4_q8_gemm_layout_pack(LAYOUT, shape, constants, packed);
}
