// Template: runs a range of a layer. Included once by every kernel, after gemm_band.h and
//
//     LAYOUT              q8_gemm_layout, a constant expression
//     EIGHT_BIT_INPUT     1 where values are the input's bytes as uint8, 0 where they are int16
//     copy_values(to, from, count, flip, zero)     flips the bytes' upper bits where `flip` is
//                         0x80; int16: the flipped byte as int8, less `zero`. May read 64 bytes and
//                         write 64 values past the end
//     row_sum(call, row)     sum of a row's inputs (8-bit values)
//     finish_constants, finish_constants_of(problem, header)
//     sum_offset(constants)   what sums start at, beside their start values
//     finish_function_for(problem, products_fit)   makes outputs of accumulators; NULL where
//                         finish_in_registers does

/// Sums of all rows of all bands that wait, as terms of their accumulators.
static void sum_rows(const q8_gemm_call *c, const q8_gemm_band *bands, int32_t count) {
#if EIGHT_BIT_INPUT
  const uint32_t factor = (uint32_t)c->header->row_sum_factor;
  int32_t *term = c->row_terms;
  for (int32_t i = 0; i < count; i++) {
    for (int32_t r = 0; r < bands[i].pixels; r++) {
      const value *row = bands[i].input + r * bands[i].stride;
      *term++ = (int32_t)(factor * (uint32_t)row_sum(c, row));
    }
  }
#else
  (void)c, (void)bands, (void)count;
#endif
}

#if FETCHES_AHEAD
/// Has `tile_count` tiles of `width` channels from `channel` on fetch together what as many channels after theirs
/// need; after the range's last channel what runs next, or else nothing new. As far as their steps suffice, of which
/// `steps` fetch at a time, at most `lines` lines.
static void fetch_ahead(const q8_gemm_call *c, const mnv4_q8_gemm_range *range, q8_gemm_tiles *tiles,
                        int32_t channel, int32_t width, int32_t tile_count, int32_t steps, int32_t lines) {
  const size_t per_channel = q8_gemm_panel_bytes_per_channel(c->k);
  const int32_t left = range->channel_end - channel - width;
  ptrdiff_t bytes = (ptrdiff_t)((left <= 0 || left > width ? width : left) * per_channel);
  tiles->ahead = (const char *)tiles->starts;
  if (left > 0) {
    tiles->ahead += (ptrdiff_t)(width * per_channel);
  } else if (c->problem->next) {
    tiles->ahead = c->problem->next;
    bytes = c->problem->next_bytes < MOST_NEXT_BYTES ? c->problem->next_bytes : MOST_NEXT_BYTES;
  }
  const ptrdiff_t turns = (ptrdiff_t)c->k.count * (c->k.steps / steps);
  tiles->ahead_step = bytes / (turns * tile_count + 1) + 1;
  if (tiles->ahead_step > lines * 64) tiles->ahead_step = lines * 64;
}
#endif

/// How many tiles of at most `rows` pixels, of two heights that differ by one, so many pixels make.
static inline int32_t tile_count_of(int32_t pixels, int32_t rows) { return (pixels + rows - 1) / rows; }

#if WIDE
/// Computes the bands that wait, for the `vectors` vectors of channels from `channel` on.
static void run_wide(const q8_gemm_call *c, const mnv4_q8_gemm_range *range, const q8_gemm_band *bands,
                     int32_t count, const q8_gemm_tiles *panel, int32_t channel, int32_t vectors,
                     finish_function finish) {
  const int32_t width = vectors * VECTOR_LANES, left = range->channel_end - channel;
  q8_gemm_wide_tiles wide = {.tiles = *panel};
  q8_gemm_tiles *tiles = &wide.tiles;
  wide.panel_step = (ptrdiff_t)(2 * VECTOR_LANES * q8_gemm_panel_bytes_per_channel(c->k));
  wide.weights.pairs = panel->weights;
  // A panel of one vector has half as many starts and scales before its weights.
  wide.weights.single = wide.weights.pairs + vectors / 2 * wide.panel_step - VECTOR_LANES * 8;
  tiles->finish = wide_finish_for(c->problem, c->header->products_fit, finish);
  // Of bands that are copied the copying has fetched them, and the first channels' tiles for all others.
  wide.fetches_rows = c->problem->fetches_input && c->k.count == 1 && channel == range->channel_begin;
  int32_t all = 0;
  for (int32_t i = 0; i < count; i++) all += tile_count_of(bands[i].pixels, wide_rows(vectors));
  fetch_ahead(c, range, tiles, channel, width, all, WIDE_STEPS, WIDE_AHEAD_LINES);
  for (int32_t i = 0; i < count; i++) {
    const q8_gemm_band *band = &bands[i];
    const int32_t tile_count = tile_count_of(band->pixels, wide_rows(vectors));
    const int32_t rows = band->pixels / tile_count, larger = band->pixels % tile_count;
    const multiply_wide_function *functions = multiply_wide_functions[vectors - LEAST_WIDE_VECTORS];
    q8_gemm_locate(&tiles->outputs, band->pixel, channel, left < width ? left : width);
    wide.channel_count = tiles->outputs.channel_count;
    wide.addend_count = tiles->outputs.addend_count;
    tiles->input = band->input;
    tiles->row_stride = band->stride;
    if (larger > 0) {
      wide.following = band->input + larger * (rows + 1) * band->stride;
      tiles->tile_count = larger;
      functions[rows](&wide);
    }
    wide.following = bands[i + 1 < count ? i + 1 : 0].input;
    tiles->tile_count = tile_count - larger;
    functions[rows - 1](&wide);
  }
}
#endif

/// Computes the bands that wait, for one panel.
static void run_panel(const q8_gemm_call *c, const mnv4_q8_gemm_range *range, const q8_gemm_band *bands,
                      int32_t count, q8_gemm_tiles tiles, int32_t channel, int32_t vectors) {
  const int32_t width = vectors * VECTOR_LANES, left = range->channel_end - channel;
#if !FETCHES_AHEAD
  (void)c;
#else
  int32_t all = 0;
  for (int32_t i = 0; i < count; i++) all += tile_count_of(bands[i].pixels, ROWS);
  fetch_ahead(c, range, &tiles, channel, width, all, STEPS, AHEAD_LINES);
#endif
  for (int32_t i = 0; i < count; i++) {
    const q8_gemm_band *band = &bands[i];
    const int32_t tile_count = tile_count_of(band->pixels, ROWS);
    const int32_t rows = band->pixels / tile_count, larger = band->pixels % tile_count;
    q8_gemm_locate(&tiles.outputs, band->pixel, channel, left < width ? left : width);
    tiles.input = band->input;
    tiles.row_stride = band->stride;
    tiles.tile_count = larger;
    if (larger > 0) multiply_functions[rows][vectors - 1](&tiles);
    tiles.tile_count = tile_count - larger;
    multiply_functions[rows - 1][vectors - 1](&tiles);
  }
}

/// Computes the bands that wait, for all channels of the range.
static void run_bands(const q8_gemm_call *c, const mnv4_q8_gemm_range *range, const q8_gemm_band *bands,
                      int32_t count, const finish_constants *constants, finish_function finish) {
  q8_gemm_tiles tiles = {
      .offsets = c->offsets,
      .segment_count = c->k.count,
      .step_count = c->k.steps,
      .sum_offset = sum_offset(constants),
      .finish = finish,
      .accumulators = c->accumulators,
      .outputs = {.problem = c->problem, .constants = constants},
  };
  if (c->header->row_sum_factor != 0) {
    sum_rows(c, bands, count);
    tiles.row_terms = c->row_terms;
  }
#if WIDE
  int64_t pixels = 0;
  for (int32_t i = 0; i < count; i++) pixels += bands[i].pixels;
  const bool is_wide = c->is_wide && pixels >= LEAST_WIDE_PIXELS;
#endif

  const size_t per_channel = q8_gemm_panel_bytes_per_channel(c->k);
  int32_t vectors;
  for (int32_t channel = range->channel_begin; channel < range->channel_end;
       channel += vectors * VECTOR_LANES) {
    const int32_t width = q8_gemm_panel_channels(LAYOUT, c->shape.output_channels, channel);
    const char *panel = (const char *)(c->header + 1) + (size_t)channel * per_channel;
    tiles.starts = (const int32_t *)(const void *)panel;
    tiles.outputs.scales = (const float *)(const void *)(tiles.starts + width);
    tiles.weights = tiles.outputs.scales + width;
    vectors = width / VECTOR_LANES;
#if WIDE
    const int32_t left = (range->channel_end - channel + VECTOR_LANES - 1) / VECTOR_LANES;
    if (is_wide && left >= LEAST_WIDE_VECTORS) {
      vectors = wide_vectors(left);
      run_wide(c, range, bands, count, &tiles, channel, vectors, finish);
      continue;
    }
#endif
    run_panel(c, range, bands, count, tiles, channel, vectors);
  }
}

static void run(const mnv4_q8_gemm_problem *p, const mnv4_q8_gemm_range *range, void *scratch) {
  q8_gemm_call c;
  prepare(&c, p, scratch);
  mnv4_q8_gemm_shape *s = &c.shape;
  // A pointwise layer has no rows: its pixels are one line.
  if (is_pointwise(s) && p->input_row_stride == s->input_width * p->input_pixel_stride) {
    s->output_width *= s->output_height;
    s->output_height = 1;
    s->input_width = s->output_width;
    s->input_height = 1;
  }
  const finish_constants constants = finish_constants_of(p, c.header);
  const finish_function finish = finish_function_for(p, c.header->products_fit);

  q8_gemm_band waiting[MOST_TILES];
  int32_t band_count = 0;
  int64_t all = range->pixel_end - range->pixel_begin;
  int64_t y = range->pixel_begin / s->output_width, x = range->pixel_begin % s->output_width;
  for (; all > 0; x = 0, y++) {
    // What the range has of this line, in bands of about equal lengths.
    const int64_t line = s->output_width - x < all ? s->output_width - x : all;
    const int64_t tiles = (line + c.tile_rows - 1) / c.tile_rows;
    const int64_t bands = (tiles + c.tiles_of_band - 1) / c.tiles_of_band;
    const int64_t most = (tiles + bands - 1) / bands * c.tile_rows;
    all -= line;
    for (int64_t end = x + line; x < end; x += most) {
      const int64_t pixels = end - x < most ? end - x : most;
      waiting[band_count] = load_band(&c, y, x, pixels, band_count);
      band_count++;
      if (band_count == c.band_count || (all == 0 && x + pixels == end)) {
        run_bands(&c, range, waiting, band_count, &constants, finish);
        band_count = 0;
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
