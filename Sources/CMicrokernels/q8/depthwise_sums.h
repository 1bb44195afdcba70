// Sums of a block: some columns of a step. Part of depthwise_rows.h.

/// Keeps the order of what comes before and after, and loads apart: the compiler would otherwise
/// finish one sum after the other and spill the weights that they share.
MNV4_INLINE void keep_order(integers sums[columns_at_once][2], int32_t columns) {
  MNV4_UNROLL for (int32_t x = 0; x < columns; x += 2) {
    __asm__ volatile(""
                     : MNV4_REGISTER(sums[x][0]), MNV4_REGISTER(sums[x][1]),
                       MNV4_REGISTER(sums[x + 1][0]), MNV4_REGISTER(sums[x + 1][1])
                     :
                     : "memory");
  }
}

/// A row of cells as it waits: in one place, or as halves in two.
typedef struct cell_row {
  const uint8_t *first, *second;
} cell_row;

/// Lanes of accumulator `q` of cell `index`.
MNV4_INLINE integers load_cell(cell_row cells, bool are_halves, int32_t index, int32_t q) {
#if MNV4_CELL == 4
  if (are_halves) {
    const ptrdiff_t at = index * half_bytes + q / 2 * MNV4_WIDTH;
    const integers first = I(load)((const void *)(cells.first + at));
    const integers second = I(load)((const void *)(cells.second + at));
    return join_lanes(first, second, q % 2);
  }
#else
  (void)are_halves;
#endif
  return I(load)((const void *)(cells.first + index * cell_bytes + q * MNV4_WIDTH));
}

/// Adds what a row of cells adds to the sums of the output rows that meet it, `first` and `second`,
/// the windows of which are `window_cells` cells, `cell_distance` apart. Weights of a row are
/// `weight_stride` vectors apart.
MNV4_INLINE void add_cells(
    integers sums[columns_at_once][2], int32_t columns, bool first, bool second,
    int32_t window_cells, int32_t cell_distance, int32_t window_distance, cell_row cells,
    bool are_halves, int32_t q, const uint8_t *first_weights, const uint8_t *second_weights,
    int32_t weight_stride) {
  for (int32_t cell = 0; cell < window_cells; ++cell) {
    const ptrdiff_t at = (ptrdiff_t)cell * weight_stride * MNV4_WIDTH;
    integers factors[2];
    if (first) factors[0] = I(load)((const void *)(first_weights + at));
    if (second) factors[1] = I(load)((const void *)(second_weights + at));
    MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
      const integers lanes =
          load_cell(cells, are_halves, x * window_distance + cell * cell_distance, q);
      if (first) sums[x][0] = multiply_add(sums[x][0], lanes, factors[0]);
      if (second) sums[x][1] = multiply_add(sums[x][1], lanes, factors[1]);
    }
  }
}

/// Scaled sums of accumulator `q` of a block of `columns` (an even number) and `rows`.
MNV4_INLINE void scaled_sums(
    const strip *s, bool is_rectified, int32_t columns, int32_t rows, int32_t kernel,
    int32_t stride, int32_t q, const uint8_t *const pairs[most_pairs],
    floats scaled[columns_at_once][2]) {
  const int32_t group_count = mnv4_q8dw_group_count(MNV4_CELL, stride, kernel);
  const int32_t tail_cells = mnv4_q8dw_tail_cells(MNV4_CELL, stride, kernel);
  const int32_t cell_columns = mnv4_q8dw_cell_columns(MNV4_CELL, stride);
  const bool are_halves = mnv4_q8dw_has_halves(MNV4_CELL, stride);
  const int32_t window_cells = (kernel + cell_columns - 1) / cell_columns;
  const integers start = I(load)((const void *)(s->constants + q * MNV4_WIDTH));
  integers sums[columns_at_once][2];
  MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
    MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) sums[x][row] = start;
  }
  const int32_t row_count = stride == 1 ? 2 : 1;
  const int32_t group_weights = window_cells * row_count * MNV4_WIDTH;
  const uint8_t *weights = s->constants
      + (12 + (ptrdiff_t)q * (group_count * window_cells + tail_cells) * row_count) * MNV4_WIDTH;
  if (stride == 1) {
    for (int32_t group = 0; group < group_count; ++group) {
      const cell_row cells = {
          pairs[are_halves ? 2 * group : group], are_halves ? pairs[2 * group + 1] : NULL};
      add_cells(
          sums, columns, true, rows == 2, window_cells, 1, 1, cells, are_halves, q, weights,
          weights + MNV4_WIDTH, 2);
      weights += group_weights;
      // Where there are few weights, the compiler may choose.
      if (rows == 2 && kernel > 3) keep_order(sums, columns);
    }
    if (tail_cells > 0) {
      const uint8_t *const last = pairs[2 * group_count];
      add_cells(
          sums, columns, true, rows == 2, tail_cells, 2, 1, (cell_row){last, last + half_bytes},
          true, q, weights, weights + MNV4_WIDTH, 2);
      if (rows == 2) keep_order(sums, columns);
    }
  } else {
    for (int32_t group = 0; group < group_count + rows - 1; ++group) {
      add_cells(
          sums, columns, group < group_count, group > 0 && rows == 2, window_cells, 1,
          stride / cell_columns, (cell_row){pairs[group], NULL}, false, q, weights,
          weights - group_weights, 1);
      weights += group_weights;
      if (rows == 2 && kernel > 3) keep_order(sums, columns);
    }
  }
  const floats scale = V(load_ps)((const void *)(s->constants + (4 + q) * MNV4_WIDTH));
  const floats offset = V(load_ps)((const void *)(s->constants + (8 + q) * MNV4_WIDTH));
  MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
    MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) {
      scaled[x][row] = is_rectified ? V(fmadd_ps)(as_floats(sums[x][row]), scale, offset)
                                    : V(mul_ps)(V(cvtepi32_ps)(sums[x][row]), scale);
    }
  }
}

/// 16-bit integers of accumulators `q` and `q` + 1, counted from the zero point.
MNV4_INLINE void rounded_sums(
    const strip *s, int32_t mode, int32_t columns, int32_t rows, int32_t kernel, int32_t stride,
    int32_t q, const uint8_t *const pairs[most_pairs],
    integers rounded[columns_at_once][2]) {
  // Far above all elements; below 2³¹, beyond which conversions fail. Downwards they give −2³¹.
  const floats limit = V(set1_ps)(65536);
  const bool is_rectified = mode == mode_rectified;
  floats first[columns_at_once][2], second[columns_at_once][2];
  integers low[columns_at_once][2];
  scaled_sums(s, is_rectified, columns, rows, kernel, stride, q, pairs, first);
  MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
    MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) {
      if (mode == mode_integer_clamped) first[x][row] = V(min_ps)(first[x][row], limit);
      low[x][row] = V(cvtps_epi32)(first[x][row]);
    }
  }
  scaled_sums(s, is_rectified, columns, rows, kernel, stride, q + 1, pairs, second);
  MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
    MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) {
      if (mode == mode_integer_clamped) second[x][row] = V(min_ps)(second[x][row], limit);
      rounded[x][row] = V(packs_epi32)(low[x][row], V(cvtps_epi32)(second[x][row]));
    }
  }
}
