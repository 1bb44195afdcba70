// A register tile of a matrix product, generated for every count of rows. Included after one of the
// simd_*.h headers and activation.h, with TILE_ROWS defined (at most 14).

#include "f32_gemm.h"
#include "../row_strides.h"
#include "activation.h"

/// Where a tile's rows lie and where its sums go.
struct gemm_tile {
  /// Row i's element k of a run is at `input + i * row_stride + outer * outer_step + inner *
  /// inner_step + k`. There are `outer_count * inner_count` runs of `run_length` elements; these
  /// three are at least 1.
  const float *input;
  ptrdiff_t row_stride;
  ptrdiff_t outer_count, outer_step;
  ptrdiff_t inner_count, inner_step;
  ptrdiff_t run_length;
  /// The tile's first column in its panel, whose rows are 32 floats apart.
  const float *weights;
  /// From a panel of weights to the next.
  ptrdiff_t panel_step;
  /// Weights that are needed after these tiles: `TILE_STEPS` steps along the depth fetch what lies there, each
  /// next step `ahead_step` floats further, at most a line.
  const float *ahead;
  ptrdiff_t ahead_step;
  /// Lines that a wide tile fetches at a time, and floats from one to the next.
  int fetches;
  ptrdiff_t fetch_stride;
  /// Of a part of the depth, in a wide tile: whether its sums begin with those that the output holds, and
  /// whether they are the last.
  int continues, ends;
  const float *bias;
  float *output;
  ptrdiff_t output_stride;
  /// Columns that exist, counted from the tile's first; at least 1.
  ptrdiff_t columns;
  /// At the tile's first element; read only in the first `residual_columns` columns.
  const float *residual;
  ptrdiff_t residual_columns;
  const struct mnv4_f32_epilogue *epilogue;
};

/// Activates, unless that changes nothing, and stores the sums, one after another: the registers that are
/// left do not suffice for activating them all first.
VEC_INLINE void gemm_tile_store(
    const struct gemm_tile *tile, const int rows, const int vectors, vec sums[][2],
    const enum mnv4_f32_activation activation, const int is_identity) {
  const vec low = vec_set(tile->epilogue->low), high = vec_set(tile->epilogue->high);
  float *output = tile->output;
  const vec_mask last = vec_first(tile->columns - (vectors - 1) * VEC_LANES);
  const int is_full = tile->columns >= vectors * VEC_LANES;
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    vec first = sums[i][0], end = sums[i][vectors - 1];
    if (!is_identity) {
      first = vec_activate(first, activation, low, high);
      end = vec_activate(end, activation, low, high);
    }
    if (vectors == 2) vec_store(output, first);
    float *const place = output + (vectors - 1) * VEC_LANES;
    if (is_full) {
      vec_store(place, end);
    } else {
      vec_store_masked(place, end, last);
    }
    output += tile->output_stride;
  }
}

/// Adds the residual to the sums, activates and stores them.
VEC_INLINE void gemm_tile_finish(
    const struct gemm_tile *tile, const int rows, const int vectors, vec sums[][2]) {
  if (tile->residual_columns > 0) {
    const float *residual = tile->residual;
    const vec_mask lanes0 = vec_first(tile->residual_columns);
    const vec_mask lanes1 = vec_first(tile->residual_columns - VEC_LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      sums[i][0] = vec_add_masked(sums[i][0], residual, lanes0);
      if (vectors == 2) sums[i][1] = vec_add_masked(sums[i][1], residual + VEC_LANES, lanes1);
      residual += tile->epilogue->residual_stride;
    }
  }
  switch (tile->epilogue->activation) {
  case MNV4_F32_CLAMP:
    if (activation_is_identity(tile->epilogue)) {
      gemm_tile_store(tile, rows, vectors, sums, MNV4_F32_CLAMP, 1);
    } else {
      gemm_tile_store(tile, rows, vectors, sums, MNV4_F32_CLAMP, 0);
    }
    break;
  case MNV4_F32_HARD_SWISH:
    gemm_tile_store(tile, rows, vectors, sums, MNV4_F32_HARD_SWISH, 0);
    break;
  case MNV4_F32_HARD_SIGMOID:
    gemm_tile_store(tile, rows, vectors, sums, MNV4_F32_HARD_SIGMOID, 0);
    break;
  }
}

/// The second vector of weights, or of the bias, of which rows that share a vector need one half alone.
VEC_INLINE vec gemm_tile_second(const float *place, const int rows_share) {
#if VEC_JOINS
  if (rows_share) return vec_load_twice(place + VEC_LANES);
#endif
  return vec_load(place + VEC_LANES);
}

/// Adds an element of row `i`, and of the one before it, times the second vector of weights. Where
/// `rows_share`, the sums of two rows lie in the first's vector; the last of an odd count has its own.
VEC_INLINE void gemm_tile_add_second(
    const int i, const int rows, const int rows_share, vec before, vec element, vec weights,
    vec sums[][2]) {
#if VEC_JOINS
  if (rows_share) {
    if (i % 2 == 1) {
      sums[i - 1][1] = vec_fma(vec_join(before, element), weights, sums[i - 1][1]);
      vec_keep_order(&sums[i - 1][1]);
    } else if (i == rows - 1) {
      sums[i][1] = vec_fma(element, weights, sums[i][1]);
      vec_keep_order(&sums[i][1]);
    }
    return;
  }
#endif
  sums[i][1] = vec_fma(element, weights, sums[i][1]);
  vec_keep_order(&sums[i][1]);
}

/// Gives rows that share a vector one each.
VEC_INLINE void gemm_tile_separate(const int rows, const int rows_share, vec sums[][2]) {
#if VEC_JOINS
  if (!rows_share) return;
#pragma clang loop unroll(full)
  for (int i = 1; i < rows; i += 2) sums[i][1] = vec_second_half(sums[i - 1][1]);
#endif
}

/// Steps along the depth that are taken at once, which counting and pointers are for: on Intel's processors
/// those take turns with products.
enum { TILE_STEPS = VEC_LANES == 4 ? 1 : 4 };

/// Fetches what `TILE_STEPS` steps are to fetch, each next one `step` floats further.
VEC_INLINE void tile_fetch(const float *ahead, ptrdiff_t step) {
#pragma clang loop unroll(full)
  for (int i = 0; i < (TILE_STEPS + 1) / 2; i++) __builtin_prefetch(ahead + i * 16, 0, 2);
  if (TILE_STEPS > 1 && step > 8) {
#pragma clang loop unroll(full)
    for (int i = TILE_STEPS / 2; i < TILE_STEPS; i++) __builtin_prefetch(ahead + i * 16, 0, 2);
  }
}

/// How far a tile's products have come.
struct gemm_cursor {
  /// See row_strides.h.
  const float *base[2];
  row_strides strides;
  const float *weights, *ahead;
};

/// Points to a tile's rows from `rows` on.
VEC_INLINE void gemm_cursor_begin(struct gemm_cursor *cursor, const float *rows) {
  cursor->base[0] = rows;
  cursor->base[1] = rows + ROWS_OF_BASE * cursor->strides.once;
}

/// Moves on, and keeps addresses apart.
VEC_INLINE void gemm_cursor_move(struct gemm_cursor *cursor, const int count, const int rows) {
#pragma clang loop unroll(full)
  for (int i = 0; i <= row_base(rows, rows - 1); i++) {
    cursor->base[i] += count;
    __asm__("" : "+r"(cursor->base[i]));
  }
}

/// Adds the products of `count` steps to the sums.
VEC_INLINE void gemm_tile_steps(
    const struct gemm_tile *tile, struct gemm_cursor *cursor, const int count, const int rows,
    const int vectors, const int rows_share, vec sums[][2]) {
#pragma clang loop unroll(full)
  for (int step = 0; step < count; step++) {
    const float *const weights = cursor->weights + step * MNV4_F32_PANEL;
    const vec first = vec_load(weights);
    const vec second = vectors == 2 ? gemm_tile_second(weights, rows_share) : first;
    vec before = first;
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      const float *row = cursor->base[row_base(rows, i)] + row_offset(cursor->strides, rows, i);
      const vec element = vec_set(row[step]);
      sums[i][0] = vec_fma(element, first, sums[i][0]);
      if (vectors == 2) gemm_tile_add_second(i, rows, rows_share, before, element, second, sums);
      vec_keep_order(&sums[i][0]);
      before = element;
    }
  }
  if (count == TILE_STEPS) {
    tile_fetch(cursor->ahead, tile->ahead_step);
    cursor->ahead += count * tile->ahead_step;
  }
  gemm_cursor_move(cursor, count, rows);
  cursor->weights += count * MNV4_F32_PANEL;
}

/// Takes all of the tile's depth, `STEPS` steps at a time: `ADD(count)` adds the products of so many steps and moves
/// the cursor on.
#define GEMM_ALONG_DEPTH(tile, cursor, STEPS, ADD)                             \
  do {                                                                         \
    const float *outer_run = (tile)->input;                                    \
    ptrdiff_t outer = (tile)->outer_count;                                     \
    do {                                                                       \
      const float *run = outer_run;                                            \
      ptrdiff_t inner = (tile)->inner_count;                                   \
      do {                                                                     \
        gemm_cursor_begin(cursor, run);                                        \
        ptrdiff_t turns = (tile)->run_length / STEPS;                          \
        ptrdiff_t left = (tile)->run_length % STEPS;                           \
        if (turns > 0) {                                                       \
          _Pragma("clang loop unroll(disable)") do { ADD(STEPS); } while (--turns > 0); \
        }                                                                      \
        _Pragma("clang loop unroll(disable)") for (; left > 0; left--) { ADD(1); } \
        run += (tile)->inner_step;                                             \
      } while (--inner > 0);                                                   \
      outer_run += (tile)->outer_step;                                         \
    } while (--outer > 0);                                                     \
  } while (0)

/// Adds all products to the sums; `ahead` moves on by the tile's depth.
VEC_INLINE void gemm_tile_products(
    struct gemm_tile *tile, const int rows, const int vectors, const int rows_share,
    vec sums[][2]) {
  struct gemm_cursor cursor = {
      .strides = row_strides_of(tile->row_stride), .weights = tile->weights, .ahead = tile->ahead};
#define ADD_STEPS(count) gemm_tile_steps(tile, &cursor, count, rows, vectors, rows_share, sums)
  GEMM_ALONG_DEPTH(tile, &cursor, TILE_STEPS, ADD_STEPS);
#undef ADD_STEPS
  tile->ahead = cursor.ahead;
}

/// `count` tiles, each next `rows` rows further down: `rows` × `vectors` vectors of the output, of which
/// with 2 vectors the first is whole, and where `rows_share` the second is half of one at most.
VEC_INLINE void gemm_tile_body(
    const struct gemm_tile *first, ptrdiff_t count, const int rows, const int vectors,
    const int rows_share) {
  struct gemm_tile tile = *first;
  do {
    vec sums[TILE_ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      sums[i][0] = vec_load(tile.bias);
      sums[i][1] = vectors == 2 ? gemm_tile_second(tile.bias, rows_share) : sums[i][0];
    }
    gemm_tile_products(&tile, rows, vectors, rows_share, sums);
    gemm_tile_separate(rows, rows_share, sums);
    gemm_tile_finish(&tile, rows, vectors, sums);
    tile.input += rows * tile.row_stride;
    tile.output += rows * tile.output_stride;
    if (tile.residual_columns > 0) tile.residual += rows * tile.epilogue->residual_stride;
  } while (--count > 0);
}

typedef void gemm_tile_function(const struct gemm_tile *first, ptrdiff_t count);

#define GEMM_TILE(rows)                                                                    \
  static void gemm_tile_##rows##x1(const struct gemm_tile *first, ptrdiff_t count) {       \
    gemm_tile_body(first, count, rows, 1, 0);                                              \
  }                                                                                        \
  static void gemm_tile_##rows##x2(const struct gemm_tile *first, ptrdiff_t count) {       \
    gemm_tile_body(first, count, rows, 2, 0);                                              \
  }
#define GEMM_TILE_ENTRY(rows) {gemm_tile_##rows##x1, gemm_tile_##rows##x2},

#if TILE_ROWS == 14
#define EACH_ROW_COUNT(M) \
  M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14)
#else
#define EACH_ROW_COUNT(M) M(1) M(2) M(3) M(4) M(5) M(6)
#endif

EACH_ROW_COUNT(GEMM_TILE)

/// By rows - 1 and vectors - 1.
static gemm_tile_function *const gemm_tiles[TILE_ROWS][2] = {EACH_ROW_COUNT(GEMM_TILE_ENTRY)};

#if VEC_JOINS
#define GEMM_TILE_SHARED(rows)                                                             \
  static void gemm_tile_##rows##x2_shared(const struct gemm_tile *first, ptrdiff_t count) { \
    gemm_tile_body(first, count, rows, 2, 1);                                              \
  }
#define GEMM_TILE_SHARED_ENTRY(rows) gemm_tile_##rows##x2_shared,

EACH_ROW_COUNT(GEMM_TILE_SHARED)

/// By rows - 1, those of one vector and up to half of another, which two rows share.
static gemm_tile_function *const gemm_shared_tiles[TILE_ROWS] = {
    EACH_ROW_COUNT(GEMM_TILE_SHARED_ENTRY)};
#endif

/// Computes `count` tiles of `rows` rows, one after another down the rows.
VEC_INLINE void gemm_tiles_run(const struct gemm_tile *first, ptrdiff_t rows, ptrdiff_t count) {
#if VEC_JOINS
  if (first->columns > VEC_LANES && first->columns <= VEC_LANES + VEC_LANES / 2) {
    gemm_shared_tiles[rows - 1](first, count);
    return;
  }
#endif
  gemm_tiles[rows - 1][first->columns > VEC_LANES](first, count);
}
