// Template: bands of input pixels. Included once by every kernel, before gemm_run.h.
//
// A band is what a run of neighbouring outputs of one row reads: of each of the filter's input
// rows, the pixels they need, as values, the input's zero point where they lie outside the image.
// It is copied once for all channels of the output. Several tiles share a band, and several bands
// wait together, so that weights are read once for all of them; but few, so that the first cache
// holds them beside the weights, and a line of the output is written at about one time.
//
// Where the windows of two lines overlap and no two would wait, a band has all of a line and keeps
// the input rows that the next line reads again.

enum {
  MOST_TILES = WIDE ? 96 : 16,
  MOST_BAND_BYTES = 10 * 1024,
  /// Of rows that meet wide tiles, which the second cache holds beside two panels.
  MOST_WIDE_BAND_BYTES = 160 * 1024,
  /// Of what runs next, that is fetched at most.
  MOST_NEXT_BYTES = 256 * 1024,
  /// Channels of the input from which on they wait there.
  LEAST_WIDE_BAND_CHANNELS = 128,
  MOST_KEPT_BAND_BYTES = 16 * 1024,
  /// Pixels from which on wide tiles pay: fewer wait for their sums, or for weights.
  LEAST_WIDE_PIXELS = 3,
  ACCUMULATOR_BYTES = (ROWS * 2 * VECTOR_LANES * 4 + 63) / 64 * 64,
  ROW_TERM_BYTES = (MOST_TILES * ROWS * 4 + 63) / 64 * 64,
};

/// Everything about a call that its tiles share.
typedef struct {
  const mnv4_q8_gemm_problem *problem;
  mnv4_q8_gemm_shape shape;
  q8_gemm_segments k;
  /// Values from one pixel of a band to the next, from one of its rows, from one band.
  ptrdiff_t pitch, row_pitch, band_pitch;
  /// Outputs of a tile of a band, of which bands have a whole number where there are so many; most of
  /// these tiles of a band, and most bands.
  int32_t tile_rows, tiles_of_band, band_count;
  /// Whether its tiles are wide.
  bool is_wide;
  /// Whether input row r, counted from the padding's first, is row r % kernel_height of the band
  /// and stays for the next line. Then, of the band that is there: the first column, the pixels, and
  /// the end of its input rows.
  bool keeps_rows;
  int64_t kept_x, kept_pixels, kept_end;
  /// What bytes are flipped with; what is then taken off (int16).
  int32_t flip, zero;
  const q8_gemm_header *header;
  /// Parts of the scratch.
  int32_t *accumulators;
  ptrdiff_t *offsets;
  int32_t *row_terms;
  value *bands;
} q8_gemm_call;

static inline size_t rounded_up(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

/// Values of one row of a band for `pixels` outputs, with what copies write past the end.
static inline size_t row_values(const q8_gemm_call *c, int64_t pixels) {
  const bool single = c->shape.kernel_width == 1;
  const int64_t inputs = single ? pixels : q8_gemm_band_pixels(&c->shape, pixels);
  return rounded_up((size_t)(inputs * c->pitch) + 64);
}

static bool is_pointwise(const mnv4_q8_gemm_shape *s) {
  return s->kernel_height == 1 && s->kernel_width == 1 && s->stride_x == 1 && s->stride_y == 1 &&
         s->padding_top == 0 && s->padding_left == 0 && s->output_width == s->input_width &&
         s->output_height <= s->input_height;
}

#if WIDE
/// Whether wide tiles pay: of channels that they take at once.
static bool may_be_wide(const mnv4_q8_gemm_shape *s) {
  return s->output_channels > (LEAST_WIDE_VECTORS - 1) * VECTOR_LANES;
}
#endif

/// Settles pitches and counts, which follow from the shape alone.
static void plan_bands(q8_gemm_call *c, const mnv4_q8_gemm_shape *shape) {
  c->shape = *shape;
  c->k = q8_gemm_segments_of(shape, LAYOUT.group);
  ptrdiff_t most_bytes = MOST_BAND_BYTES;
  c->tile_rows = ROWS;
  c->is_wide = false;
#if WIDE
  if (may_be_wide(shape)) {
    c->is_wide = true;
    c->tile_rows = WIDE_BAND_ROWS;
    const bool single = shape->kernel_width == 1 && shape->kernel_height == 1;
    if (single && shape->input_channels >= LEAST_WIDE_BAND_CHANNELS) most_bytes = MOST_WIDE_BAND_BYTES;
  }
#endif
  c->pitch = shape->input_channels;
  // Pixels at a distance of half a way of the first-level cache, or a multiple, would evict one
  // another.
  if (shape->kernel_width == 1 && c->pitch * (ptrdiff_t)sizeof(value) % 2048 == 0) c->pitch += 64;

  const size_t tile_bytes = row_values(c, c->tile_rows) * (size_t)shape->kernel_height * sizeof(value);
  int64_t tiles = most_bytes / (int64_t)tile_bytes;
  tiles = tiles < 1 ? 1 : tiles > MOST_TILES ? MOST_TILES : tiles;
  const int64_t line =
      shape->output_width * (is_pointwise(shape) ? (int64_t)shape->output_height : 1);
  const int64_t tiles_of_line = (line + c->tile_rows - 1) / c->tile_rows;
  c->tiles_of_band = (int32_t)(tiles < tiles_of_line ? tiles : tiles_of_line);
  c->band_count = (int32_t)tiles / c->tiles_of_band;
  c->keeps_rows = false;
  if (shape->kernel_height > shape->stride_y && shape->dilation_y == 1 &&
      tiles_of_line <= MOST_TILES && tile_bytes <= MOST_KEPT_BAND_BYTES) {
    const size_t bytes = row_values(c, line) * (size_t)shape->kernel_height * sizeof(value);
    c->keeps_rows = bytes > MOST_BAND_BYTES / 2 && bytes <= MOST_KEPT_BAND_BYTES;
  }
  if (c->keeps_rows) {
    c->tiles_of_band = (int32_t)tiles_of_line;
    c->band_count = 1;
  }
  c->kept_x = c->kept_pixels = c->kept_end = 0;
  c->row_pitch = (ptrdiff_t)row_values(c, (int64_t)c->tiles_of_band * c->tile_rows);
  c->band_pitch = c->row_pitch * shape->kernel_height;
}

static size_t scratch_byte_count(const mnv4_q8_gemm_shape *shape) {
  q8_gemm_call c;
  plan_bands(&c, shape);
  return ACCUMULATOR_BYTES + ROW_TERM_BYTES +
         rounded_up((size_t)c.k.count * sizeof(ptrdiff_t)) +
         rounded_up((size_t)c.band_count * (size_t)c.band_pitch * sizeof(value));
}

/// The segments of the filter's row `row` begin at `place` of a band.
static void place_segments(const q8_gemm_call *c, int32_t row, ptrdiff_t place) {
  const int32_t taps = c->k.count / c->shape.kernel_height;
  for (int32_t i = 0; i < taps; i++) {
    c->offsets[row * taps + i] = place + (ptrdiff_t)i * c->shape.dilation_x * c->pitch;
  }
}

/// Prepares a call: everything but `shape`'s own lines (see run).
static void prepare(q8_gemm_call *c, const mnv4_q8_gemm_problem *p, void *scratch) {
  c->problem = p;
  c->header = p->packed;
  plan_bands(c, &p->shape);
  char *part = scratch;
  c->accumulators = (int32_t *)(void *)part;
  part += ACCUMULATOR_BYTES;
  c->row_terms = (int32_t *)(void *)part;
  part += ROW_TERM_BYTES;
  c->offsets = (ptrdiff_t *)(void *)part;
  part += rounded_up((size_t)c->k.count * sizeof(ptrdiff_t));
  c->bands = (value *)(void *)part;
  if (EIGHT_BIT_INPUT) {
    c->flip = p->input_is_uint8 ? 0 : 0x80;
    c->zero = 0;
  } else {
    c->flip = p->input_is_uint8 ? 0x80 : 0;
    c->zero = p->input_zero_point - (p->input_is_uint8 ? 128 : 0);
  }
  for (int32_t i = 0; i < p->shape.kernel_height; i++) place_segments(c, i, i * c->row_pitch);
}

static void fill_values(value *to, ptrdiff_t count, value number) {
  for (ptrdiff_t i = 0; i < count; i++) to[i] = number;
}

/// Copies `count` pixels, `step` apart.
static inline void copy_pixels(const q8_gemm_call *c, value *to, const uint8_t *from, int64_t step,
                               int64_t count) {
  const ptrdiff_t channels = c->shape.input_channels;
  const ptrdiff_t stride = step * c->problem->input_pixel_stride;
  if (stride == channels && c->pitch == channels) {
    copy_values(to, from, count * channels, c->flip, c->zero);
    return;
  }
  for (int64_t i = 0; i < count; i++) {
    copy_values(to + i * c->pitch, from + i * stride, channels, c->flip, c->zero);
  }
}

/// Copies one row of a band: `count` pixels from column `column`, `step` apart, of input row `y`.
static void copy_row(const q8_gemm_call *c, value *to, int64_t y, int64_t column, int64_t step,
                     int64_t count) {
  const mnv4_q8_gemm_problem *p = c->problem;
  const value outside = EIGHT_BIT_INPUT ? (value)(p->input_zero_point ^ c->flip) : 0;
  const int64_t width = c->shape.input_width;
  int64_t first = column < 0 ? (-column + step - 1) / step : 0;
  int64_t end = count;
  if (column + (count - 1) * step >= width) {
    end = column < width ? (width - column + step - 1) / step : 0;
  }
  if (y < 0 || y >= c->shape.input_height || first >= end) first = end = 0;

  if (first > 0) fill_values(to, first * c->pitch, outside);
  if (first < end) {
    copy_pixels(c, to + first * c->pitch,
                (const uint8_t *)p->input + y * p->input_row_stride +
                    (column + first * step) * p->input_pixel_stride,
                step, end - first);
  }
  if (end < count) fill_values(to + end * c->pitch, (count - end) * c->pitch, outside);
}

/// Where values of neighbouring outputs are: the first one's, and how far the next one's.
typedef struct {
  const value *input;
  ptrdiff_t stride;
  int32_t pixels;
  /// The first output's number.
  int64_t pixel;
} q8_gemm_band;

/// The band of `pixels` outputs from column `x` of row `y`: in the `index`th place of the scratch,
/// or the input itself where nothing is to convert.
static q8_gemm_band load_band(q8_gemm_call *c, int64_t y, int64_t x, int64_t pixels,
                              int32_t index) {
  const mnv4_q8_gemm_shape *s = &c->shape;
  q8_gemm_band band = {.pixels = (int32_t)pixels, .pixel = y * s->output_width + x};
  const bool single = s->kernel_width == 1;
  const int64_t top = y * s->stride_y - s->padding_top;
  const int64_t left = x * s->stride_x - s->padding_left;
#if EIGHT_BIT_INPUT
  // Of the rows of a wide tile few fall into one set of the first-level cache, wherever they lie.
  const mnv4_q8_gemm_problem *p = c->problem;
  const int64_t right = left + (pixels - 1) * s->stride_x;
  const ptrdiff_t stride = s->stride_x * p->input_pixel_stride;
  if (c->flip == 0 && single && s->kernel_height == 1 && top >= 0 && top < s->input_height &&
      left >= 0 && right < s->input_width && (stride % 2048 != 0 || c->is_wide)) {
    const value *input = p->input;
    band.input = input + top * p->input_row_stride + left * p->input_pixel_stride;
    band.stride = stride;
    return band;
  }
#endif
  value *to = c->bands + index * c->band_pitch;
  const int64_t step = single ? s->stride_x : 1;
  const int64_t count = single ? pixels : q8_gemm_band_pixels(s, pixels);
  if (c->keeps_rows) {
    const int64_t first = y * s->stride_y;
    const int64_t kept = c->kept_x == x && c->kept_pixels == pixels ? c->kept_end : first;
    for (int32_t i = 0; i < s->kernel_height; i++) {
      const ptrdiff_t place = (ptrdiff_t)((first + i) % s->kernel_height) * c->row_pitch;
      if (first + i >= kept) copy_row(c, to + place, top + i, left, step, count);
      place_segments(c, i, place);
    }
    c->kept_x = x;
    c->kept_pixels = pixels;
    c->kept_end = first + s->kernel_height;
  } else {
    for (int32_t i = 0; i < s->kernel_height; i++) {
      copy_row(c, to + i * c->row_pitch, top + (int64_t)i * s->dilation_y, left, step, count);
    }
  }
  band.input = to;
  band.stride = single ? c->pitch : s->stride_x * c->pitch;
  return band;
}
