// Template: runs a range of a layer. Included once by every kernel, after q8_gemm_tile.h and
//
//     LAYOUT              q8_gemm_layout, a constant expression list
//     EIGHT_BIT_INPUT     1 where values are the input's bytes as uint8, 0 where they are int16
//     copy_values(to, from, count, flip, zero)     flips the bytes' upper bits where `flip` is
//                         0x80; int16: the flipped byte as int8, less `zero`. May read 64 bytes and
//                         write 64 values past the end
//     row_sum(tile, row, k)                        sum of a row's inputs (8-bit values)
//     finish_constants, finish_constants_of(problem)
//     finish_function_for(problem, products_fit)   makes outputs of accumulators; NULL where
//                         finish_in_registers does
//
// A tile of outputs reads a band: of each of the filter's input rows, the pixels that it needs, as
// values, the input's zero point where they lie outside the image. Bands are copied once for all
// channels; several wait together where weights are so many that they are better read once for all
// of them.

/// Most tiles whose bands wait together, and the bytes that these may take.
enum { MOST_TILES = 16, MOST_BAND_BYTES = 64 * 1024, FEW_WEIGHT_BYTES = 32 * 1024 };

typedef struct {
  const value *input;
  ptrdiff_t row_stride;
  int32_t rows;
  int64_t pixel;
} q8_gemm_band;

/// Everything about a call that tiles share.
typedef struct {
  const mnv4_q8_gemm_problem *problem;
  mnv4_q8_gemm_shape shape;
  q8_gemm_segments k;
  /// Values from one pixel of a band to the next, from one of its rows, from one band.
  ptrdiff_t pitch, row_pitch, band_pitch;
  int32_t most_tiles;
  int32_t flip, zero;
  const q8_gemm_header *header;
  /// Parts of the scratch.
  int32_t *accumulators;
  ptrdiff_t *offsets;
  int32_t *row_terms;
  value *bands;
} q8_gemm_call;

static inline size_t rounded_up(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

/// Settles pitches and counts, which follow from the shape alone.
static void plan_bands(q8_gemm_call *c, const mnv4_q8_gemm_shape *shape) {
  c->shape = *shape;
  c->k = q8_gemm_segments_of(shape, LAYOUT.group);
  const bool single = shape->kernel_width == 1;
  c->pitch = shape->input_channels;
  // Pixels at a distance of half a way of the first-level cache, or a multiple, would evict one
  // another.
  if (single && c->pitch * (ptrdiff_t)sizeof(value) % 2048 == 0) c->pitch += 64;
  const int64_t pixels = single ? ROWS : q8_gemm_band_pixels(shape, ROWS);
  c->row_pitch = (ptrdiff_t)rounded_up((size_t)(pixels * c->pitch) + 64);
  c->band_pitch = c->row_pitch * shape->kernel_height;
  const size_t band_bytes = (size_t)c->band_pitch * sizeof(value);
  c->most_tiles = 1;
  if (q8_gemm_packed_byte_count(LAYOUT, shape) > FEW_WEIGHT_BYTES) {
    const size_t tiles = MOST_BAND_BYTES / band_bytes;
    c->most_tiles = tiles < 1 ? 1 : tiles > MOST_TILES ? MOST_TILES : (int32_t)tiles;
  }
}

enum { ACCUMULATOR_BYTES = (ROWS * 2 * VECTOR_LANES * 4 + 63) / 64 * 64 };

static size_t scratch_byte_count(const mnv4_q8_gemm_shape *shape) {
  q8_gemm_call c;
  plan_bands(&c, shape);
  return ACCUMULATOR_BYTES + rounded_up((size_t)c.k.count * sizeof(ptrdiff_t)) +
         rounded_up(MOST_TILES * ROWS * sizeof(int32_t)) +
         rounded_up((size_t)c.most_tiles * (size_t)c.band_pitch * sizeof(value));
}

static void fill_values(value *to, ptrdiff_t count, value number) {
  for (ptrdiff_t i = 0; i < count; i++) to[i] = number;
}

/// Copies one row of a band: `count` pixels from column `column`, `step` apart, of input row `y`.
static void copy_row(const q8_gemm_call *c, value *to, int64_t y, int64_t column, int64_t step,
                     int64_t count) {
  const mnv4_q8_gemm_problem *p = c->problem;
  const value outside = EIGHT_BIT_INPUT ? (value)(p->input_zero_point ^ c->flip) : 0;
  const int64_t width = c->shape.input_width;
  int64_t first = column < 0 ? (-column + step - 1) / step : 0;
  int64_t end = column < width ? (width - column + step - 1) / step : 0;
  if (end > count) end = count;
  if (y < 0 || y >= c->shape.input_height || first >= end) first = end = 0;

  if (first > 0) fill_values(to, first * c->pitch, outside);
  const uint8_t *from = (const uint8_t *)p->input + y * p->input_row_stride +
                        (column + first * step) * p->input_pixel_stride;
  const ptrdiff_t channels = c->shape.input_channels;
  if (step == 1 && c->pitch == channels && p->input_pixel_stride == channels) {
    if (end > first) {
      copy_values(to + first * c->pitch, from, (end - first) * channels, c->flip, c->zero);
    }
  } else {
    for (int64_t i = first; i < end; i++, from += step * p->input_pixel_stride) {
      copy_values(to + i * c->pitch, from, channels, c->flip, c->zero);
    }
  }
  if (end < count) fill_values(to + end * c->pitch, (count - end) * c->pitch, outside);
}

/// The band of `rows` outputs from column `x` of row `y`: in the `slot`th place of the scratch, or
/// the input itself where nothing is to convert.
static q8_gemm_band load_band(const q8_gemm_call *c, int64_t y, int64_t x, int32_t rows,
                              int32_t slot) {
  const mnv4_q8_gemm_shape *s = &c->shape;
  q8_gemm_band band = {.rows = rows, .pixel = y * s->output_width + x};
  const bool single = s->kernel_width == 1;
  const int64_t top = y * s->stride_y - s->padding_top;
  const int64_t left = x * s->stride_x - s->padding_left;
#if EIGHT_BIT_INPUT
  const mnv4_q8_gemm_problem *p = c->problem;
  const int64_t right = left + (int64_t)(rows - 1) * s->stride_x;
  if (c->flip == 0 && single && s->kernel_height == 1 && top >= 0 && top < s->input_height &&
      left >= 0 && right < s->input_width && p->input_pixel_stride * s->stride_x % 2048 != 0) {
    band.input = (const value *)p->input + top * p->input_row_stride + left * p->input_pixel_stride;
    band.row_stride = s->stride_x * p->input_pixel_stride;
    return band;
  }
#endif
  value *to = c->bands + slot * c->band_pitch;
  band.input = to;
  band.row_stride = single ? c->pitch : s->stride_x * c->pitch;
  const int64_t step = single ? s->stride_x : 1;
  const int64_t count = single ? rows : q8_gemm_band_pixels(s, rows);
  for (int32_t i = 0; i < s->kernel_height; i++) {
    copy_row(c, to + i * c->row_pitch, top + (int64_t)i * s->dilation_y, left, step, count);
  }
  return band;
}

/// Computes the tiles that wait, for all channels of the range.
static void run_tiles(const q8_gemm_call *c, const mnv4_q8_gemm_range *range,
                      const q8_gemm_band *bands, int32_t count, const void *constants,
                      finish_function finish) {
  const int32_t factor = c->header->row_sum_factor;
  q8_gemm_tile tile = {
      .offsets = c->offsets,
      .segment_count = c->k.count,
      .step_count = c->k.steps,
      .accumulators = finish ? c->accumulators : NULL,
  };
#if EIGHT_BIT_INPUT
  for (int32_t i = 0; factor && i < count; i++) {
    tile.input = bands[i].input;
    tile.row_stride = bands[i].row_stride;
    for (int32_t r = 0; r < bands[i].rows; r++) {
      const uint32_t sum = (uint32_t)row_sum(&tile, r, c->k.values);
      c->row_terms[i * ROWS + r] = (int32_t)((uint32_t)factor * sum);
    }
  }
#endif
  const size_t per_channel = q8_gemm_panel_bytes_per_channel(c->k);
  int32_t width;
  for (int32_t channel = range->channel_begin; channel < range->channel_end; channel += width) {
    width = q8_gemm_panel_channels(LAYOUT, c->shape.output_channels, channel);
    const char *panel = (const char *)(c->header + 1) + (size_t)channel * per_channel;
    const int32_t left = range->channel_end - channel;
    q8_gemm_outputs outputs = {
        .problem = c->problem,
        .constants = constants,
        .scales = (const float *)(const void *)(panel + (size_t)width * sizeof(int32_t)),
    };
    tile.outputs = &outputs;
    tile.starts = (const int32_t *)(const void *)panel;
    tile.weights = panel + (size_t)width * (sizeof(int32_t) + sizeof(float));
    for (int32_t i = 0; i < count; i++) {
      tile.input = bands[i].input;
      tile.row_stride = bands[i].row_stride;
      tile.row_terms = factor ? c->row_terms + i * ROWS : NULL;
      outputs.rows = bands[i].rows;
      q8_gemm_locate(&outputs, bands[i].pixel, channel, left < width ? left : width);
      multiply_functions[bands[i].rows - 1][width / VECTOR_LANES - 1](&tile);
      if (finish) finish(&outputs, c->accumulators, width / VECTOR_LANES);
    }
  }
}

static void run(const mnv4_q8_gemm_problem *p, const mnv4_q8_gemm_range *range, void *scratch) {
  q8_gemm_call c = {.problem = p, .header = p->packed};
  plan_bands(&c, &p->shape);
  char *part = scratch;
  c.accumulators = (int32_t *)(void *)part;
  part += ACCUMULATOR_BYTES;
  c.offsets = (ptrdiff_t *)(void *)part;
  part += rounded_up((size_t)c.k.count * sizeof(ptrdiff_t));
  c.row_terms = (int32_t *)(void *)part;
  part += rounded_up(MOST_TILES * ROWS * sizeof(int32_t));
  c.bands = (value *)(void *)part;
#if EIGHT_BIT_INPUT
  c.flip = p->input_is_uint8 ? 0 : 0x80;
#else
  c.flip = p->input_is_uint8 ? 0x80 : 0;
  c.zero = p->input_zero_point - (p->input_is_uint8 ? 128 : 0);
#endif
  const int32_t taps = c.k.count / p->shape.kernel_height;
  for (int32_t i = 0; i < c.k.count; i++) {
    c.offsets[i] =
        i / taps * c.row_pitch + (ptrdiff_t)(i % taps) * p->shape.dilation_x * c.pitch;
  }

  // A pointwise layer has no rows: its pixels are one line.
  mnv4_q8_gemm_shape *s = &c.shape;
  if (s->kernel_height == 1 && s->kernel_width == 1 && s->stride_x == 1 && s->stride_y == 1 &&
      s->padding_top == 0 && s->padding_left == 0 && s->output_width == s->input_width &&
      s->output_height <= s->input_height &&
      p->input_row_stride == s->input_width * p->input_pixel_stride) {
    s->output_width *= s->output_height;
    s->input_width = s->output_width;
    s->output_height = s->input_height = 1;
  }

  const finish_constants constants = finish_constants_of(p);
  const finish_function finish = finish_function_for(p, c.header->products_fit);
  q8_gemm_band bands[MOST_TILES];
  int32_t waiting = 0;
  int64_t y = range->pixel_begin / s->output_width, x = range->pixel_begin % s->output_width;
  for (int64_t all = range->pixel_end - range->pixel_begin; all > 0; x = 0, y++) {
    // What the range has of this row, in tiles of about one size.
    int64_t left = s->output_width - x < all ? s->output_width - x : all;
    all -= left;
    int64_t tiles = (left + ROWS - 1) / ROWS;
    int32_t rows = (int32_t)(left / tiles), larger = (int32_t)(left % tiles);
    for (; tiles > 0; tiles--, larger--) {
      const int32_t count = rows + (larger > 0);
      bands[waiting] = load_band(&c, y, x, count, waiting);
      waiting++;
      x += count;
      if (waiting == c.most_tiles || (tiles == 1 && all == 0)) {
        run_tiles(&c, range, bands, waiting, &constants, finish);
        waiting = 0;
      }
    }
  }
}

static size_t packed_byte_count(const mnv4_q8_gemm_shape *shape) {
  return q8_gemm_packed_byte_count(LAYOUT, shape);
}

static void pack(const mnv4_q8_gemm_shape *shape, const mnv4_q8_gemm_constants *constants,
                 void *packed) {
  q8_gemm_pack(LAYOUT, shape, constants, packed);
}
