// Writes groups into the ring. Part of q8_depthwise_rows.h.

/// Rows of a group as they are read: rows outside the image are rows of it, of which nothing is kept.
typedef struct row_set {
  const uint8_t *first[MNV4_ROWS];
  /// Zeros for rows outside the image.
  integers keep[MNV4_ROWS];
  /// What makes kept bytes unsigned, and zeros the zero point.
  integers change[MNV4_ROWS];
} row_set;

/// Writes a column of border. `segments` tells by its bits whose column lies in the image: not none.
static void fill_border(
    const strip *s, const row_set *rows, ptrdiff_t offset, ptrdiff_t step, uint32_t segments,
    uint8_t *column) {
  integers bytes[MNV4_ROWS];
  for (int32_t k = 0; k < MNV4_ROWS; ++k) {
    const uint8_t *pixels[4];
    for (int32_t i = 0; i < 4; ++i) {
      pixels[i] = segments >> i & 1 ? rows->first[k] + (offset + i * step) : s->padding;
    }
    bytes[k] = change_bytes(
        rows->keep[k], gather(pixels, s->tile.segment_count), rows->change[k]);
  }
  interleave(bytes, column);
}

/// Writes the columns `begin`..<`end` of a group, all of whose segments lie in the image.
MNV4_INLINE void fill_inside(
    const row_set *rows, ptrdiff_t pixel, ptrdiff_t step, int32_t segment_count, int32_t begin,
    int32_t end, uint8_t *slot) {
  for (int32_t j = begin; j < end; ++j) {
    integers bytes[MNV4_ROWS];
    MNV4_UNROLL for (int32_t k = 0; k < MNV4_ROWS; ++k) {
      const uint8_t *first = rows->first[k] + j * pixel;
      const uint8_t *pixels[4] = {first, first + step, first + 2 * step, first + 3 * step};
      bytes[k] = change_bytes(rows->keep[k], gather(pixels, segment_count), rows->change[k]);
    }
    interleave(bytes, slot + (ptrdiff_t)j * column_bytes);
  }
}

/// The rows of the group whose first row is `y`; `x` is the strip's first column of the image.
static row_set find_rows(const strip *s, int32_t y, int32_t x) {
  const mnv4_q8_depthwise_layer *layer = s->layer;
  const int32_t move = layer->input_is_signed ? 128 : 0;
  row_set rows;
  for (int32_t k = 0; k < MNV4_ROWS; ++k) {
    const bool inside = y + k >= 0 && y + k < layer->input_height;
    const ptrdiff_t row = inside ? y + k : 0;
    rows.first[k] = s->input + (row * layer->input_width + x) * layer->channels;
    rows.keep[k] = V(set1_epi8)(inside ? -1 : 0);
    rows.change[k] = V(set1_epi8)((int8_t)(inside ? move : layer->input_zero_point + move));
  }
  return rows;
}

/// A vector of a group that holds the input's zero point everywhere.
static integers interleaved_zero(const mnv4_q8_depthwise_layer *layer) {
  const int32_t zero = layer->input_zero_point + (layer->input_is_signed ? 128 : 0);
  return MNV4_ROWS == 4 ? V(set1_epi8)((int8_t)zero) : V(set1_epi16)((int16_t)zero);
}

/// Writes the group whose first row is `y`: all columns of the strip.
static void fill_group(const strip *s, int32_t y, uint8_t *slot) {
  const mnv4_q8_depthwise_layer *layer = s->layer;
  const int32_t x = s->first_column * layer->stride_width - layer->padding_left;
  const int32_t segment_width = s->tile.strip_columns * layer->stride_width;
  const ptrdiff_t pixel = layer->channels;
  const ptrdiff_t step = segment_width * pixel;
  const row_set rows = find_rows(s, y, x);
  const int32_t count = s->tile.group_columns;
  const int32_t last = (s->tile.segment_count - 1) * segment_width;
  int32_t begin = x < 0 ? -x : 0;
  int32_t end = layer->input_width - x - last;
  if (begin > count) begin = count;
  if (end > count) end = count;
  if (end < begin) end = begin;
  switch (s->tile.segment_count) {
    case 1: fill_inside(&rows, pixel, step, 1, begin, end, slot); break;
    case 2: fill_inside(&rows, pixel, step, 2, begin, end, slot); break;
    default: fill_inside(&rows, pixel, step, 4, begin, end, slot); break;
  }
  const integers border = interleaved_zero(layer);
  for (int32_t j = begin > 0 ? 0 : end; j < count; j = j + 1 == begin ? end : j + 1) {
    uint8_t *column = slot + (ptrdiff_t)j * column_bytes;
    uint32_t segments = 0;
    MNV4_ROLLED for (int32_t i = 0; i < s->tile.segment_count; ++i) {
      const int32_t position = x + j + i * segment_width;
      segments |= (uint32_t)(position >= 0 && position < layer->input_width) << i;
    }
    if (segments == 0) {
      for (int32_t q = 0; q < 4; ++q) I(store)((void *)(column + q * MNV4_WIDTH), border);
    } else {
      fill_border(s, &rows, j * pixel, step, segments, column);
    }
  }
}
