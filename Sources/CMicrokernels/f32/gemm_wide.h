// Wide tiles: up to 6 rows by two panels, of whose columns all exist. They load 10 vectors for 24 products,
// where 14 rows of one panel load 16 for 28: processors that load two vectors a step wait for them less.
// Included after gemm_tile.h where VEC_WIDE.

enum {
  WIDE_ROWS = 6,
  /// Steps along the depth that are taken at once, and lines of `ahead` that they fetch: these, or the most.
  WIDE_STEPS = 4,
  WIDE_FETCHES = 2,
  WIDE_MOST_FETCHES = 4,
};

/// How many wide tiles of about equal heights so many rows make.
VEC_INLINE ptrdiff_t gemm_wide_count(ptrdiff_t rows) { return (rows + WIDE_ROWS - 1) / WIDE_ROWS; }

/// Adds the products of `count` steps to the sums, [panel][row][vector].
VEC_INLINE void gemm_wide_steps(
    const struct gemm_tile *tile, struct gemm_cursor *cursor, const int count, const int rows,
    const int fetches, vec sums[2][WIDE_ROWS][2]) {
#pragma clang loop unroll(full)
  for (int step = 0; step < count; step++) {
    const float *const weights = cursor->weights + step * MNV4_F32_PANEL;
    vec factors[2][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
      factors[i / 2][i % 2] = vec_load(weights + i / 2 * tile->panel_step + i % 2 * VEC_LANES);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      const vec element = vec_set(cursor->base[0][row_offset(cursor->strides, rows, i) + step]);
#pragma clang loop unroll(full)
      for (int v = 0; v < 4; v++) {
        vec *const sum = &sums[v / 2][i][v % 2];
        *sum = vec_fma(element, factors[v / 2][v % 2], *sum);
        vec_keep_order(sum);
      }
    }
  }
  if (count == WIDE_STEPS) {
#pragma clang loop unroll(full)
    for (int i = 0; i < fetches; i++) {
      __builtin_prefetch(cursor->ahead + i % 2 * tile->fetch_stride + i / 2 * 16, 0, 2);
    }
    cursor->ahead += tile->ahead_step;
  }
  gemm_cursor_move(cursor, count, rows);
  cursor->weights += count * MNV4_F32_PANEL;
}

/// Adds the residual to the sums of one of the panels, activates and stores them.
VEC_INLINE void gemm_wide_finish(
    const struct gemm_tile *tile, const int rows, const int panel, vec sums[WIDE_ROWS][2]) {
  struct gemm_tile part = *tile;
  const ptrdiff_t column = panel * MNV4_F32_PANEL;
  part.columns = MNV4_F32_PANEL;
  part.output += column;
  part.residual_columns -= column;
  if (part.residual_columns > 0) part.residual += column;
  gemm_tile_finish(&part, rows, 2, sums);
}

/// Leaves sums of a part of the depth in the output.
VEC_INLINE void gemm_wide_leave(
    const struct gemm_tile *tile, const int rows, const int panel, vec sums[WIDE_ROWS][2]) {
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    float *const output = tile->output + i * tile->output_stride + panel * MNV4_F32_PANEL;
    vec_store(output, sums[i][0]);
    vec_store(output + VEC_LANES, sums[i][1]);
  }
}

/// `count` tiles, each next `rows` rows further down.
VEC_INLINE void gemm_wide_body(
    const struct gemm_tile *first, ptrdiff_t count, const int rows, const int fetches) {
  struct gemm_tile tile = *first;
  do {
    vec sums[2][WIDE_ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
      for (int v = 0; v < 4; v++) {
        const float *start = tile.continues ? tile.output + i * tile.output_stride : tile.bias;
        sums[v / 2][i][v % 2] = vec_load(start + v * VEC_LANES);
      }
    }
    struct gemm_cursor cursor = {
        .strides = row_strides_of(tile.row_stride), .weights = tile.weights, .ahead = tile.ahead};
#define ADD_STEPS(count) gemm_wide_steps(&tile, &cursor, count, rows, fetches, sums)
    GEMM_ALONG_DEPTH(&tile, &cursor, WIDE_STEPS, ADD_STEPS);
#undef ADD_STEPS
    tile.ahead = cursor.ahead;
#pragma clang loop unroll(full)
    for (int panel = 0; panel < 2; panel++) {
      if (tile.ends) {
        gemm_wide_finish(&tile, rows, panel, sums[panel]);
      } else {
        gemm_wide_leave(&tile, rows, panel, sums[panel]);
      }
    }
    tile.input += rows * tile.row_stride;
    tile.output += rows * tile.output_stride;
    if (tile.residual_columns > 0) tile.residual += rows * tile.epilogue->residual_stride;
  } while (--count > 0);
}

#define GEMM_WIDE(rows)                                                                   \
  static void gemm_wide_##rows##x4(const struct gemm_tile *first, ptrdiff_t count) {      \
    gemm_wide_body(first, count, rows, WIDE_FETCHES);                                     \
  }                                                                                       \
  static void gemm_wide_##rows##x4_fetching(const struct gemm_tile *first, ptrdiff_t count) { \
    gemm_wide_body(first, count, rows, WIDE_MOST_FETCHES);                                \
  }
#define EACH_GEMM_WIDE_COUNT(M) M(1) M(2) M(3) M(4) M(5) M(6)
#define GEMM_WIDE_ENTRY(rows) {gemm_wide_##rows##x4, gemm_wide_##rows##x4_fetching},

EACH_GEMM_WIDE_COUNT(GEMM_WIDE)

/// By rows - 1, and whether they fetch most.
static gemm_tile_function *const gemm_wide_tiles[WIDE_ROWS][2] = {
    EACH_GEMM_WIDE_COUNT(GEMM_WIDE_ENTRY)};

/// Computes `count` wide tiles of `rows` rows, one after another down the rows.
VEC_INLINE void gemm_wide_run(const struct gemm_tile *first, ptrdiff_t rows, ptrdiff_t count) {
  gemm_wide_tiles[rows - 1][first->fetches > WIDE_FETCHES](first, count);
}
