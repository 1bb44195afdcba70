// A register tile of a matrix product, generated for every count of rows. Included after one of the
// simd_*.h headers and activation.h, with TILE_ROWS defined (at most 14).

#include "f32_gemm.h"
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
  /// Weights that are needed after this tile: each step along the depth fetches what lies there, each
  /// next step `ahead_step` floats further.
  const float *ahead;
  ptrdiff_t ahead_step;
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

/// Activates and stores the sums, one after another: the registers that are left do not suffice for
/// activating them all first.
VEC_INLINE void gemm_tile_store(
    const struct gemm_tile *tile, const int rows, const int vectors, vec sums[][2],
    const enum mnv4_f32_activation activation) {
  const vec low = vec_set(tile->epilogue->low), high = vec_set(tile->epilogue->high);
  float *output = tile->output;
  const vec_mask last = vec_first(tile->columns - (vectors - 1) * VEC_LANES);
  const int is_full = tile->columns >= vectors * VEC_LANES;
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    if (vectors == 2) vec_store(output, vec_activate(sums[i][0], activation, low, high));
    const vec end = vec_activate(sums[i][vectors - 1], activation, low, high);
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
    gemm_tile_store(tile, rows, vectors, sums, MNV4_F32_CLAMP);
    break;
  case MNV4_F32_HARD_SWISH:
    gemm_tile_store(tile, rows, vectors, sums, MNV4_F32_HARD_SWISH);
    break;
  case MNV4_F32_HARD_SIGMOID:
    gemm_tile_store(tile, rows, vectors, sums, MNV4_F32_HARD_SIGMOID);
    break;
  }
}

/// `rows` × `vectors` vectors of the output; with 2 vectors the first is whole.
VEC_INLINE void gemm_tile_body(
    const struct gemm_tile *tile, const int rows, const int vectors) {
  vec sums[TILE_ROWS][2];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    sums[i][0] = vec_load(tile->bias);
    sums[i][1] = vectors == 2 ? vec_load(tile->bias + VEC_LANES) : sums[i][0];
  }
  const float *weights = tile->weights;
  const float *ahead = tile->ahead;
  const ptrdiff_t ahead_step = tile->ahead_step;
  const ptrdiff_t stride = tile->row_stride;
  const float *outer_run = tile->input;
  ptrdiff_t outer = tile->outer_count;
  do {
    const float *run = outer_run;
    ptrdiff_t inner = tile->inner_count;
    do {
      // Every third row has a pointer; the others are one and two strides further.
      const float *thirds[(TILE_ROWS + 2) / 3];
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i += 3) thirds[i / 3] = run + i * stride;
      ptrdiff_t k = tile->run_length;
#pragma clang loop unroll(disable)
      do {
        const vec first = vec_load(weights);
        const vec second = vectors == 2 ? vec_load(weights + VEC_LANES) : first;
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i += 3) {
          // Hidden from the compiler, which would keep a pointer for every row and run out of
          // registers, or compute each from the one before.
          __asm__("" : "+r"(thirds[i / 3]));
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
          const vec element = vec_set(thirds[i / 3][i % 3 * stride]);
          sums[i][0] = vec_fma(element, first, sums[i][0]);
          if (vectors == 2) sums[i][1] = vec_fma(element, second, sums[i][1]);
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i += 3) thirds[i / 3]++;
        weights += MNV4_F32_PANEL;
        __builtin_prefetch(ahead);
        ahead += ahead_step;
      } while (--k > 0);
      run += tile->inner_step;
    } while (--inner > 0);
    outer_run += tile->outer_step;
  } while (--outer > 0);
  gemm_tile_finish(tile, rows, vectors, sums);
}

typedef void gemm_tile_function(const struct gemm_tile *tile);

#define GEMM_TILE(rows)                                            \
  static void gemm_tile_##rows##x1(const struct gemm_tile *tile) { \
    gemm_tile_body(tile, rows, 1);                                 \
  }                                                                \
  static void gemm_tile_##rows##x2(const struct gemm_tile *tile) { \
    gemm_tile_body(tile, rows, 2);                                 \
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
