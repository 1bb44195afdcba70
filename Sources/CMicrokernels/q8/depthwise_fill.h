// Writes pairs of input rows into the ring. Part of depthwise_rows.h.

/// A pair of input rows. Rows outside the image are read from its first, and nothing of them is kept.
typedef struct input_pair {
  /// Where the rows begin.
  const uint8_t *rows[2];
  /// Zeros for a row outside the image.
  integers keep[2];
  /// What makes kept bytes unsigned, and zeros the zero point.
  integers change[2];
} input_pair;

typedef void fill_function(const strip *s, int32_t y, uint8_t *slot);

/// The pair whose first row is `y`.
MNV4_INLINE input_pair find_pair(const strip *s, int32_t y) {
  const mnv4_q8_depthwise_layer *layer = s->layer;
  const int32_t move = layer->input_is_signed ? 128 : 0;
  const ptrdiff_t row_bytes = (ptrdiff_t)layer->input_width * layer->channels;
  input_pair pair;
  for (int32_t k = 0; k < 2; ++k) {
    const bool inside = y + k >= 0 && y + k < layer->input_height;
    pair.rows[k] = s->input + (inside ? y + k : 0) * row_bytes;
    pair.keep[k] = V(set1_epi8)(inside ? -1 : 0);
    pair.change[k] = V(set1_epi8)((int8_t)(inside ? move : layer->input_zero_point + move));
  }
  return pair;
}

/// What cell `index` holds, `pixels` pixels: of two rows, of one or two columns. `is_inner` promises
/// that they all lie in columns of the image.
MNV4_INLINE void read_cell(
    const strip *s, const input_pair *pair, int32_t pixels, int32_t segment_count, bool is_inner,
    int32_t index, integers bytes[MNV4_CELL]) {
  const int32_t width = s->layer->input_width;
  const ptrdiff_t pixel_bytes = s->layer->channels;
  const int32_t segment_columns = s->tile.strip_columns * s->layer->stride_width;
  MNV4_UNROLL for (int32_t k = 0; k < pixels; ++k) {
    const int32_t first = s->first_input_column + index * s->steps.cell_columns + k / 2;
    const uint8_t *at[4];
    MNV4_UNROLL for (int32_t i = 0; i < segment_count; ++i) {
      const int32_t column = first + i * segment_columns;
      const bool inside = is_inner || (column >= 0 && column < width);
      at[i] = inside ? pair->rows[k % 2] + column * pixel_bytes : s->padding;
    }
    bytes[k] = change_bytes(pair->keep[k % 2], gather(at, segment_count), pair->change[k % 2]);
  }
}

/// Writes what waits of a pair for cell `index`.
MNV4_INLINE void write_cell(
    bool are_halves, int32_t index, const integers bytes[MNV4_CELL], uint8_t *slot) {
#if MNV4_CELL == 4
  if (are_halves) {
    store_halves(bytes, slot + (ptrdiff_t)index * half_bytes);
    return;
  }
#else
  (void)are_halves;
#endif
  interleave(bytes, slot + (ptrdiff_t)index * cell_bytes);
}

/// Writes the pair whose first row is `y`: all cells of the strip.
MNV4_INLINE void fill_pair(
    const strip *s, bool are_halves, int32_t segment_count, int32_t y, uint8_t *slot) {
  // A copy, which stores into the ring cannot change.
  const strip copy = *s;
  const input_pair pair = find_pair(s, y);
  const int32_t pixels = are_halves ? 2 : MNV4_CELL;
  integers bytes[MNV4_CELL];
  MNV4_ROLLED for (int32_t j = 0; j < copy.inner_begin; ++j) {
    read_cell(&copy, &pair, pixels, segment_count, false, j, bytes);
    write_cell(are_halves, j, bytes, slot);
  }
  for (int32_t j = copy.inner_begin; j < copy.inner_end; ++j) {
    read_cell(&copy, &pair, pixels, segment_count, true, j, bytes);
    write_cell(are_halves, j, bytes, slot);
  }
  MNV4_ROLLED for (int32_t j = copy.inner_end; j < copy.tile.filled_cells; ++j) {
    read_cell(&copy, &pair, pixels, segment_count, false, j, bytes);
    write_cell(are_halves, j, bytes, slot);
  }
}

#define MNV4_FILL(name, are_halves, segment_count) \
  static void name(const strip *s, int32_t y, uint8_t *slot) { \
    fill_pair(s, are_halves, segment_count, y, slot); \
  }

MNV4_FILL(fill_1, false, 1)
MNV4_FILL(fill_2, false, 2)
MNV4_FILL(fill_4, false, 4)
#if MNV4_CELL == 4
MNV4_FILL(fill_halves_1, true, 1)
MNV4_FILL(fill_halves_2, true, 2)
MNV4_FILL(fill_halves_4, true, 4)
#endif

static fill_function *find_fill(const strip *s) {
  const int32_t segment_count = s->tile.segment_count;
#if MNV4_CELL == 4
  if (mnv4_q8dw_has_halves(MNV4_CELL, s->layer->stride_width)) {
    return segment_count == 1 ? fill_halves_1 : segment_count == 2 ? fill_halves_2 : fill_halves_4;
  }
#endif
  return segment_count == 1 ? fill_1 : segment_count == 2 ? fill_2 : fill_4;
}

/// Finds where the strip's cells meet the sides of the image.
static void find_inner_cells(strip *s) {
  const int32_t stride = s->layer->stride_width;
  const int32_t count = s->tile.filled_cells;
  // One or two columns.
  const int32_t shift = s->steps.cell_columns - 1;
  const int32_t first = s->first_column * stride - s->layer->padding_left;
  const int32_t last = first + shift + (s->tile.segment_count - 1) * s->tile.strip_columns * stride;
  const int32_t rest = s->layer->input_width - last;
  const int32_t begin = first < 0 ? (shift - first) >> shift : 0;
  const int32_t end = rest > 0 ? (shift + rest) >> shift : 0;
  s->first_input_column = first;
  s->inner_begin = mnv4_q8dw_minimum(begin, count);
  s->inner_end = mnv4_q8dw_minimum(end, count);
  if (s->inner_end < s->inner_begin) s->inner_end = s->inner_begin;
}
