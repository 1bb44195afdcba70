// The loop of a register tile's products. Included after one of the simd_*.h headers, with TILE_ROWS
// defined.
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
  /// Weights that are needed later, if `fetches_ahead`: each step along the depth fetches what lies there
  /// into the second-level cache, each next step `ahead_step` floats further.
  int fetches_ahead;
  const float *ahead;
  ptrdiff_t ahead_step;
};

/// Adds the products of `count` steps along the depth to the sums. `operands` moves on; `thirds` are its
/// rows, every third of them.
VEC_INLINE void tile_add_steps(
    struct tile_operands *operands, const float **thirds, const int count, const int rows,
    const int vectors, tile_sums sums) {
  const ptrdiff_t stride = operands->row_stride;
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i += 3) {
    // Hidden from the compiler, as in gemm_tile.h.
    __asm__("" : "+r"(thirds[i / 3]));
  }
#pragma clang loop unroll(full)
  for (int step = 0; step < count; step++) {
    const float *const weights = operands->weights + step * operands->weight_stride;
    vec w[TILE_MOST_VECTORS];
    EACH_VECTOR w[v] = vec_load(weights + v * VEC_LANES);
    EACH_ROW {
      const vec element = vec_set(thirds[i / 3][i % 3 * stride + step]);
      EACH_VECTOR sums[i][v] = vec_fma(element, w[v], sums[i][v]);
      EACH_VECTOR vec_keep_order(&sums[i][v]);
    }
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors * VEC_LANES; v += 16) {
      __builtin_prefetch(weights + TILE_FETCH_DISTANCE + v);
    }
    if (operands->fetches_ahead) {
      __builtin_prefetch(operands->ahead + step * operands->ahead_step, 0, 2);
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i += 3) thirds[i / 3] += count;
  operands->weights += count * operands->weight_stride;
  if (operands->fetches_ahead) operands->ahead += count * operands->ahead_step;
}

/// Adds the products to the sums. `fetches_ahead` is best a constant.
VEC_INLINE void tile_add_products(
    struct tile_operands operands, const int rows, const int vectors, tile_sums sums) {
  // Every third row has a pointer; the others are one and two strides further.
  const float *thirds[(TILE_ROWS + 2) / 3];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i += 3) thirds[i / 3] = operands.rows + i * operands.row_stride;
  ptrdiff_t k = operands.depth;
#pragma clang loop unroll(disable)
  for (; k >= TILE_STEPS; k -= TILE_STEPS) {
    tile_add_steps(&operands, thirds, TILE_STEPS, rows, vectors, sums);
  }
#pragma clang loop unroll(disable)
  for (; k > 0; k--) tile_add_steps(&operands, thirds, 1, rows, vectors, sums);
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
