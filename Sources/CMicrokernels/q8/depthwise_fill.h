// Writes groups into the ring. Part of depthwise_rows.h.

/// The pixels of cells as they are read. Those of rows outside the image are read from its first
/// row, and nothing of them is kept.
typedef struct cell_source {
  /// Where the row of each pixel begins.
  const uint8_t *rows[MNV4_CELL];
  /// The column of each pixel of the strip's first cell, which may lie outside the image.
  int32_t columns[MNV4_CELL];
  /// Zeros for rows outside the image.
  integers keep[MNV4_CELL];
  /// What makes kept bytes unsigned, and zeros the zero point.
  integers change[MNV4_CELL];
  /// Input columns from one segment, and one cell, to the next.
  int32_t segment_columns, cell_columns;
  /// Bytes from one column to the next.
  ptrdiff_t pixel_bytes;
} cell_source;

/// The source of the group whose first row is `y`.
static cell_source find_source(const strip *s, int32_t y) {
  const mnv4_q8_depthwise_layer *layer = s->layer;
  const int32_t move = layer->input_is_signed ? 128 : 0;
  const int32_t x = s->first_column * layer->stride_width - layer->padding_left;
  cell_source source;
  // One or two columns.
  const int32_t shift = s->steps.cell_columns - 1;
  for (int32_t k = 0; k < MNV4_CELL; ++k) {
    const int32_t row = y + (k >> shift);
    const bool inside = row >= 0 && row < layer->input_height;
    source.columns[k] = x + (k & shift);
    source.rows[k] =
        s->input + (ptrdiff_t)(inside ? row : 0) * layer->input_width * layer->channels;
    source.keep[k] = V(set1_epi8)(inside ? -1 : 0);
    source.change[k] = V(set1_epi8)((int8_t)(inside ? move : layer->input_zero_point + move));
  }
  source.segment_columns = s->tile.strip_columns * layer->stride_width;
  source.cell_columns = s->steps.cell_columns;
  source.pixel_bytes = layer->channels;
  return source;
}

/// A vector of a group that holds the input's zero point everywhere.
static integers interleaved_zero(const mnv4_q8_depthwise_layer *layer) {
  const int32_t zero = layer->input_zero_point + (layer->input_is_signed ? 128 : 0);
  return MNV4_CELL == 4 ? V(set1_epi8)((int8_t)zero) : V(set1_epi16)((int16_t)zero);
}

/// Writes cell `index` of a group, pixels of which lie outside the image.
MNV4_INLINE void fill_border(
    const strip *s, const cell_source *source, int32_t segment_count, int32_t index,
    integers border, uint8_t *cell) {
  const int32_t width = s->layer->input_width;
  const int32_t moved = index * source->cell_columns;
  if (segment_count == 1
      && (source->columns[0] + moved >= width || source->columns[MNV4_CELL - 1] + moved < 0)) {
    MNV4_UNROLL for (int32_t q = 0; q < 4; ++q) I(store)((void *)(cell + q * MNV4_WIDTH), border);
    return;
  }
  integers bytes[MNV4_CELL];
  MNV4_UNROLL for (int32_t k = 0; k < MNV4_CELL; ++k) {
    const uint8_t *pixels[4];
    MNV4_UNROLL for (int32_t i = 0; i < segment_count; ++i) {
      const int32_t column = source->columns[k] + moved + i * source->segment_columns;
      const bool inside = column >= 0 && column < width;
      pixels[i] = inside ? source->rows[k] + column * source->pixel_bytes : s->padding;
    }
    bytes[k] = change_bytes(source->keep[k], gather(pixels, segment_count), source->change[k]);
  }
  interleave(bytes, cell);
}

/// Writes the cells of a group, of which those in `begin`..<`end` have all pixels in columns of the
/// image.
MNV4_INLINE void fill_cells(
    const strip *s, const cell_source *group, int32_t segment_count, int32_t begin, int32_t end,
    uint8_t *slot) {
  // A copy, which stores into the ring cannot change.
  const cell_source copy = *group;
  const cell_source *const source = &copy;
  const integers border = interleaved_zero(s->layer);
  const ptrdiff_t step = source->segment_columns * source->pixel_bytes;
  MNV4_ROLLED for (int32_t j = 0; j < begin; ++j) {
    fill_border(s, source, segment_count, j, border, slot + (ptrdiff_t)j * cell_bytes);
  }
  for (int32_t j = begin; j < end; ++j) {
    integers bytes[MNV4_CELL];
    MNV4_UNROLL for (int32_t k = 0; k < MNV4_CELL; ++k) {
      const ptrdiff_t column = source->columns[k] + j * source->cell_columns;
      const uint8_t *pixels[4];
      MNV4_UNROLL for (int32_t i = 0; i < segment_count; ++i) {
        pixels[i] = source->rows[k] + (column * source->pixel_bytes + i * step);
      }
      bytes[k] = change_bytes(source->keep[k], gather(pixels, segment_count), source->change[k]);
    }
    interleave(bytes, slot + (ptrdiff_t)j * cell_bytes);
  }
  MNV4_ROLLED for (int32_t j = end; j < s->tile.filled_cells; ++j) {
    fill_border(s, source, segment_count, j, border, slot + (ptrdiff_t)j * cell_bytes);
  }
}

/// Writes the group whose first row is `y`: all cells of the strip.
static void fill_group(const strip *s, int32_t y, uint8_t *slot) {
  const cell_source source = find_source(s, y);
  const int32_t count = s->tile.filled_cells;
  // One or two columns.
  const int32_t shift = source.cell_columns - 1;
  const int32_t first = source.columns[0];
  const int32_t last = first + shift + (s->tile.segment_count - 1) * source.segment_columns;
  const int32_t rest = s->layer->input_width - last;
  int32_t begin = first < 0 ? (shift - first) >> shift : 0;
  int32_t end = rest > 0 ? (shift + rest) >> shift : 0;
  if (begin > count) begin = count;
  if (end > count) end = count;
  if (end < begin) end = begin;
  switch (s->tile.segment_count) {
    case 1: fill_cells(s, &source, 1, begin, end, slot); break;
    case 2: fill_cells(s, &source, 2, begin, end, slot); break;
    default: fill_cells(s, &source, 4, begin, end, slot); break;
  }
}
