// The loop of a register tile's products. Included after gemm_tile.h.
#ifndef MNV4_F32_TILE_PRODUCT_H
#define MNV4_F32_TILE_PRODUCT_H

enum {
  TILE_MOST_VECTORS = 3,
  /// How far ahead of the tile's weights those to come are fetched, in floats.
  TILE_FETCH_DISTANCE = 1024,
};

typedef vec tile_sums[TILE_ROWS][TILE_MOST_VECTORS];
/// Sums that wait for their turn.
typedef float tile_saved[TILE_ROWS * TILE_MOST_VECTORS][VEC_LANES];

#define EACH_ROW _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++)
#define EACH_VECTOR _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)

/// What the products of a tile's rows and its columns go through.
struct tile_operands {
  /// Row i's element k at `rows[i * row_stride + k]`.
  const float *rows;
  ptrdiff_t row_stride;
  /// Of `vectors` vectors each, `weight_stride` floats apart.
  const float *weights;
  ptrdiff_t weight_stride;
  /// At least 1.
  ptrdiff_t depth;
  /// Whether weights are fetched: those soon to come, and those that are needed later, of which each step along the
  /// depth fetches what lies at `ahead` into the second-level cache, each next step `ahead_step` floats further.
  int fetches_ahead;
  const float *ahead;
  ptrdiff_t ahead_step;
};

/// Adds the products of `count` steps along the depth to the sums. `operands` moves on, but for its rows, of which
/// `cursor` tells how far.
VEC_INLINE void tile_add_steps(
    struct tile_operands *operands, struct gemm_cursor *cursor, const int count, const int rows,
    const int vectors, tile_sums sums) {
#pragma clang loop unroll(full)
  for (int step = 0; step < count; step++) {
    const float *const weights = operands->weights + step * operands->weight_stride;
    vec w[TILE_MOST_VECTORS];
    EACH_VECTOR w[v] = vec_load(weights + v * VEC_LANES);
    EACH_ROW {
      const float *row = cursor->base[row_base(rows, i)] + row_offset(cursor->strides, rows, i);
      const vec element = vec_set(row[step]);
      EACH_VECTOR sums[i][v] = vec_fma(element, w[v], sums[i][v]);
      EACH_VECTOR vec_keep_order(&sums[i][v]);
    }
    if (operands->fetches_ahead) {
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors * VEC_LANES; v += 16) {
        __builtin_prefetch(weights + TILE_FETCH_DISTANCE + v);
      }
      __builtin_prefetch(operands->ahead + step * operands->ahead_step, 0, 2);
    }
  }
  if (operands->fetches_ahead) operands->ahead += count * operands->ahead_step;
  gemm_cursor_move(cursor, count, rows);
  operands->weights += count * operands->weight_stride;
}

/// Adds the products to the sums. `fetches_ahead` is best a constant.
VEC_INLINE void tile_add_products(
    struct tile_operands operands, const int rows, const int vectors, tile_sums sums) {
  struct gemm_cursor cursor = {.strides = row_strides_of(operands.row_stride)};
  gemm_cursor_begin(&cursor, operands.rows);
  ptrdiff_t turns = operands.depth / TILE_STEPS, left = operands.depth % TILE_STEPS;
  if (turns > 0) {
#pragma clang loop unroll(disable)
    do {
      tile_add_steps(&operands, &cursor, TILE_STEPS, rows, vectors, sums);
    } while (--turns > 0);
  }
#pragma clang loop unroll(disable)
  for (; left > 0; left--) tile_add_steps(&operands, &cursor, 1, rows, vectors, sums);
}

VEC_INLINE void tile_clear(const int rows, const int vectors, tile_sums sums) {
  EACH_ROW EACH_VECTOR sums[i][v] = vec_set(0);
}

VEC_INLINE void tile_save(
    const int rows, const int vectors, tile_sums sums, tile_saved saved) {
  EACH_ROW EACH_VECTOR vec_store(saved[i * vectors + v], sums[i][v]);
}

VEC_INLINE void tile_load(
    const int rows, const int vectors, tile_sums sums, tile_saved saved) {
  EACH_ROW EACH_VECTOR sums[i][v] = vec_load(saved[i * vectors + v]);
}

VEC_INLINE void tile_add(
    const int rows, const int vectors, tile_sums sums, tile_saved saved) {
  EACH_ROW EACH_VECTOR sums[i][v] = vec_add(sums[i][v], vec_load(saved[i * vectors + v]));
}

#endif
