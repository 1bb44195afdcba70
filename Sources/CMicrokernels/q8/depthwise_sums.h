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

/// Scaled sums of accumulator `q` of a block of `columns` (an even number) and `rows`.
MNV4_INLINE void scaled_sums(
    const strip *s, int32_t columns, int32_t rows, int32_t kernel, int32_t stride, int32_t q,
    const uint8_t *const groups[4], floats scaled[columns_at_once][2]) {
  const int32_t row_count = stride == 1 ? 2 : 1;
  const int32_t cell_columns = mnv4_q8dw_cell_columns(MNV4_CELL, stride);
  const int32_t cell_rows = MNV4_CELL / cell_columns;
  const int32_t group_count = (kernel + row_count - 1 + cell_rows - 1) / cell_rows;
  const int32_t window_cells = (kernel + cell_columns - 1) / cell_columns;
  const int32_t cell_stride = stride / cell_columns;
  const integers start = I(load)((const void *)(s->constants + q * MNV4_WIDTH));
  integers sums[columns_at_once][2];
  MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
    MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) sums[x][row] = start;
  }
  const uint8_t *weights = s->constants
      + (8 + (ptrdiff_t)q * (group_count * window_cells * row_count)) * MNV4_WIDTH;
  for (int32_t group = 0; group < group_count; ++group) {
    const uint8_t *lanes = groups[group] + q * MNV4_WIDTH;
    for (int32_t cell = 0; cell < window_cells; ++cell) {
      integers factors[2];
      MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) {
        factors[row] = I(load)((const void *)(weights + row * MNV4_WIDTH));
      }
      MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
        const integers group_lanes =
            I(load)((const void *)(lanes + (x * cell_stride + cell) * cell_bytes));
        MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) {
          sums[x][row] = multiply_add(sums[x][row], group_lanes, factors[row]);
        }
      }
      weights += row_count * MNV4_WIDTH;
    }
    // Where there are few weights, the compiler may choose.
    if (rows == 2 && kernel > 3) keep_order(sums, columns);
  }
  const floats scale = V(load_ps)((const void *)(s->constants + (4 + q) * MNV4_WIDTH));
  MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
    MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) {
      scaled[x][row] = V(mul_ps)(V(cvtepi32_ps)(sums[x][row]), scale);
    }
  }
}

/// 16-bit integers of accumulators `q` and `q` + 1, counted from the zero point.
MNV4_INLINE void rounded_sums(
    const strip *s, int32_t mode, int32_t columns, int32_t rows, int32_t kernel, int32_t stride,
    int32_t q, const uint8_t *const groups[4], integers rounded[columns_at_once][2]) {
  // Far above all elements; below 2³¹, beyond which conversions fail. Downwards they give −2³¹.
  const floats limit = V(set1_ps)(65536);
  floats first[columns_at_once][2], second[columns_at_once][2];
  integers low[columns_at_once][2];
  scaled_sums(s, columns, rows, kernel, stride, q, groups, first);
  MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
    MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) {
      if (mode == mode_integer_clamped) first[x][row] = V(min_ps)(first[x][row], limit);
      low[x][row] = V(cvtps_epi32)(first[x][row]);
    }
  }
  scaled_sums(s, columns, rows, kernel, stride, q + 1, groups, second);
  MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
    MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) {
      if (mode == mode_integer_clamped) second[x][row] = V(min_ps)(second[x][row], limit);
      rounded[x][row] = V(packs_epi32)(low[x][row], V(cvtps_epi32)(second[x][row]));
    }
  }
}
