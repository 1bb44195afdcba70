// A tile of a product by Strassen's method, generated for every count of pairs of rows. Included
// after gemm_tile.h.

#include "strassen_layout.h"
#include "tile_product.h"

/// Where the operands of a tile's products lie and where its four quarters go.
struct strassen_tile {
  /// The first pair's even row, its first half and its second; the second half of its odd row; its
  /// sums.
  const float *a11, *a12, *a22;
  /// From one pair to the next, of rows and of sums.
  ptrdiff_t pair_stride;
  const float *s1, *s2, *s3, *s4;
  ptrdiff_t sum_stride;
  /// Half the product's.
  ptrdiff_t depth;
  /// The strip's, at the tile's first column of each half; rows of weights are `half` apart.
  const float *bias, *scales, *weights;
  ptrdiff_t half;
  /// Weights that are needed after this strip: each step along the depth fetches what lies there, each
  /// next step `ahead_step` floats further.
  const float *ahead;
  ptrdiff_t ahead_step;
  /// The first pair's even row.
  float *output;
  const float *residual;
  /// From a row of the image to the next.
  ptrdiff_t output_stride, residual_stride;
  /// Columns of the second half that exist, counted from the tile's first; those of the first all do.
  ptrdiff_t right_columns;
  float low, high;
};

#define EACH_PAIR _Pragma("clang loop unroll(full)") for (int i = 0; i < pairs; i++)

/// Adds the product of `rows` and the `index`th of the seven weights.
VEC_INLINE void strassen_product(
    const struct strassen_tile *tile, const int pairs, const int vectors, tile_sums sums,
    const float *rows, ptrdiff_t stride, const int index) {
  // A constant where a tile is as wide as a strip's half.
  const ptrdiff_t step = VEC_LANES == 16 ? vectors * VEC_LANES : tile->half;
  const struct tile_operands operands = {
      .rows = rows,
      .row_stride = stride,
      .weights = tile->weights + index * tile->depth * step,
      .weight_stride = step,
      .depth = tile->depth,
      .fetches_ahead = 1,
      .ahead = tile->ahead + index * tile->depth * tile->ahead_step,
      .ahead_step = tile->ahead_step,
  };
  tile_add_products(operands, pairs, vectors, sums);
}

/// Scales the sums, adds bias and residual, clamps and stores them: a quarter of the output.
VEC_INLINE void strassen_finish(
    const struct strassen_tile *tile, const int pairs, const int vectors, tile_sums sums,
    const int is_odd, const int is_right) {
  const ptrdiff_t shift = is_right ? tile->half : 0;
  const ptrdiff_t columns = is_right ? tile->right_columns : vectors * VEC_LANES;
  const int is_full = columns >= vectors * VEC_LANES;
  const vec low = vec_set(tile->low), high = vec_set(tile->high);
  float *output = tile->output + is_odd * tile->output_stride + shift;
  const float *residual =
      tile->residual ? tile->residual + is_odd * tile->residual_stride + shift : 0;
  EACH_VECTOR {
    const vec scale = vec_load(tile->scales + shift + v * VEC_LANES);
    const vec bias = vec_load(tile->bias + shift + v * VEC_LANES);
    EACH_PAIR sums[i][v] = vec_fma(sums[i][v], scale, bias);
  }
  EACH_PAIR {
    EACH_VECTOR {
      const vec_mask lanes = vec_first(columns - v * VEC_LANES);
      vec sum = sums[i][v];
      if (residual) sum = vec_add_masked(sum, residual + v * VEC_LANES, lanes);
      sum = vec_lower(vec_raise(sum, low), high);
      if (is_full) {
        vec_store(output + v * VEC_LANES, sum);
      } else {
        vec_store_masked(output + v * VEC_LANES, sum, lanes);
      }
    }
    output += 2 * tile->output_stride;
    if (residual) residual += 2 * tile->residual_stride;
  }
}

/// Four quarters of `pairs` rows by `vectors` vectors. Sums stay in registers from one product to the
/// next wherever the next adds to them.
VEC_INLINE void strassen_tile_body(
    const struct strassen_tile *tile, const int pairs, const int vectors) {
  // P1, later P5; U2; U3.
  tile_saved p, u2, u3;
  tile_sums sums;
  const ptrdiff_t step = tile->pair_stride, stride = tile->sum_stride;
  tile_clear(pairs, vectors, sums);
  strassen_product(tile, pairs, vectors, sums, tile->a11, step, 0);
  tile_save(pairs, vectors, sums, p);
  strassen_product(tile, pairs, vectors, sums, tile->a12, step, 1);
  strassen_finish(tile, pairs, vectors, sums, 0, 0);

  tile_load(pairs, vectors, sums, p);
  strassen_product(tile, pairs, vectors, sums, tile->s2, stride, 2);
  tile_save(pairs, vectors, sums, u2);
  strassen_product(tile, pairs, vectors, sums, tile->s3, stride, 3);
  tile_save(pairs, vectors, sums, u3);
  strassen_product(tile, pairs, vectors, sums, tile->a22, step, 4);
  strassen_finish(tile, pairs, vectors, sums, 1, 0);

  tile_clear(pairs, vectors, sums);
  strassen_product(tile, pairs, vectors, sums, tile->s1, stride, 5);
  tile_save(pairs, vectors, sums, p);
  tile_add(pairs, vectors, sums, u3);
  strassen_finish(tile, pairs, vectors, sums, 1, 1);

  tile_load(pairs, vectors, sums, p);
  tile_add(pairs, vectors, sums, u2);
  strassen_product(tile, pairs, vectors, sums, tile->s4, stride, 6);
  strassen_finish(tile, pairs, vectors, sums, 0, 1);
}

#undef EACH_PAIR

typedef void strassen_function(const struct strassen_tile *tile);

#define STRASSEN_TILE(pairs)                                               \
  static void strassen_tile_##pairs##x2(const struct strassen_tile *tile) { \
    strassen_tile_body(tile, pairs, 2);                                    \
  }
#define STRASSEN_ENTRY(pairs) strassen_tile_##pairs##x2,

EACH_ROW_COUNT(STRASSEN_TILE)

/// Two vectors wide, by pairs - 1.
static strassen_function *const strassen_tiles[TILE_ROWS] = {EACH_ROW_COUNT(STRASSEN_ENTRY)};

#if TILE_ROWS == 14
// Three vectors wide, as the halves of wide strips are.
#define STRASSEN_WIDE_TILE(pairs)                                          \
  static void strassen_tile_##pairs##x3(const struct strassen_tile *tile) { \
    strassen_tile_body(tile, pairs, 3);                                    \
  }
#define STRASSEN_WIDE_ENTRY(pairs) strassen_tile_##pairs##x3,
#define EACH_WIDE_ROW_COUNT(M) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9)

EACH_WIDE_ROW_COUNT(STRASSEN_WIDE_TILE)

enum { STRASSEN_WIDE_ROWS = 9 };
static strassen_function *const strassen_wide_tiles[STRASSEN_WIDE_ROWS] = {
    EACH_WIDE_ROW_COUNT(STRASSEN_WIDE_ENTRY)};
#endif
