// Walks a range of a product by Strassen's method. Included after gemm_driver.h.

#include "strassen_tile.h"

/// Neighbouring pairs of rows, and their sums.
struct strassen_rows {
  /// The first pair's even row.
  ptrdiff_t row;
  ptrdiff_t pairs;
  /// Of the sums: floats from S1 to S2, from S2 to S3, and so on.
  ptrdiff_t step, stride;
  float *sums;
};

static void strassen_add_rows(
    const struct mnv4_f32_gemm *product, const struct strassen_rows *rows) {
  const ptrdiff_t middle = product->depth / 2;
  for (ptrdiff_t i = 0; i < rows->pairs; i++) {
    const float *even = product->input + (rows->row + 2 * i) * product->input_stride;
    const float *odd = even + product->input_stride;
    float *sums = rows->sums + i * rows->stride;
    for (ptrdiff_t k = 0; k < middle; k += VEC_LANES, sums += VEC_LANES) {
      const vec_mask lanes = vec_first(middle - k);
      const vec a11 = vec_load_masked(even + k, lanes);
      const vec a12 = vec_load_masked(even + middle + k, lanes);
      const vec a21 = vec_load_masked(odd + k, lanes);
      const vec a22 = vec_load_masked(odd + middle + k, lanes);
      const vec s1 = vec_add(a21, a22), s2 = vec_sub(s1, a11);
      vec_store(sums, s1);
      vec_store(sums + rows->step, s2);
      vec_store(sums + 2 * rows->step, vec_sub(a11, a21));
      vec_store(sums + 3 * rows->step, vec_sub(a12, s2));
    }
  }
}

/// Points the tile at the pairs of `rows` from the `first` on.
static void strassen_place_rows(
    const struct mnv4_f32_gemm *product, const struct strassen_rows *rows, ptrdiff_t first,
    struct strassen_tile *tile) {
  tile->a11 = product->input + (rows->row + 2 * first) * product->input_stride;
  tile->a12 = tile->a11 + product->depth / 2;
  tile->a22 = tile->a12 + product->input_stride;
  tile->s1 = rows->sums + first * rows->stride;
  tile->s2 = tile->s1 + rows->step;
  tile->s3 = tile->s2 + rows->step;
  tile->s4 = tile->s3 + rows->step;
}

/// All `rows` by the columns of one strip from `begin` of each half on, in tiles of at most `most`
/// pairs.
static void strassen_columns(
    const struct mnv4_f32_gemm *product, const struct strassen_rows *rows,
    struct strassen_strip strip, ptrdiff_t begin, strassen_function *const *tiles,
    ptrdiff_t most) {
  const float *const constants = product->weights + strip.offset;
  const ptrdiff_t column = strip.first + begin;
  struct strassen_tile tile = {
      .pair_stride = 2 * product->input_stride,
      .sum_stride = rows->stride,
      .depth = product->depth / 2,
      .bias = constants + begin,
      .scales = constants + 2 * strip.half + begin,
      .weights = constants + 4 * strip.half + begin,
      .half = strip.half,
      .output_stride = product->output_stride,
      .residual_stride = product->epilogue.residual_stride,
      .right_columns = product->columns - column - strip.half,
      .low = product->epilogue.low,
      .high = product->epilogue.high,
  };
  const ptrdiff_t count = (rows->pairs + most - 1) / most;
  // The next strip, among the tiles.
  const int has_next = product->columns > strip.first + 2 * strip.half;
  const float *const next =
      constants + (has_next ? strassen_strip_count(product->depth, strip.half) : 0);
  tile.ahead_step = has_next ? strip.half / count : 0;
  ptrdiff_t done = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    const ptrdiff_t pairs = (rows->pairs - done + count - i - 1) / (count - i);
    const ptrdiff_t row = rows->row + 2 * done;
    strassen_place_rows(product, rows, done, &tile);
    tile.ahead = next + i * STRASSEN_PRODUCTS * tile.depth * tile.ahead_step;
    tile.output = product->output + row * product->output_stride + column;
    if (product->epilogue.residual) {
      tile.residual =
          product->epilogue.residual + row * product->epilogue.residual_stride + column;
    }
    tiles[pairs - 1](&tile);
    done += pairs;
  }
}

/// All `rows` by the columns that no strip has, as a plain product.
static void strassen_rest(
    const struct mnv4_f32_gemm *product, const struct strassen_rows *rows,
    struct strassen_strip strip) {
  struct mnv4_f32_gemm rest = *product;
  rest.bias = product->weights + strip.offset;
  rest.weights = rest.bias + MNV4_F32_PANEL;
  rest.output += strip.first;
  rest.columns -= strip.first;
  if (rest.epilogue.residual) rest.epilogue.residual += strip.first;
  rest.epilogue.residual_channels = rest.columns;
  gemm_range(
      &rest, (struct mnv4_f32_gemm_range){rows->row, rows->row + 2 * rows->pairs, 0, 1}, 0);
}

static void strassen_strip(
    const struct mnv4_f32_gemm *product, const struct strassen_rows *rows, ptrdiff_t index) {
  const struct strassen_strip strip = strassen_strip_at(product->columns, product->depth, index);
  if (strip.half == 0) {
    strassen_rest(product, rows, strip);
    return;
  }
#if TILE_ROWS == 14
  if (strip.half == STRASSEN_WIDE) {
    strassen_columns(product, rows, strip, 0, strassen_wide_tiles, STRASSEN_WIDE_ROWS);
    return;
  }
#endif
  for (ptrdiff_t begin = 0; begin < strip.half; begin += TILE_COLUMNS) {
    strassen_columns(product, rows, strip, begin, strassen_tiles, TILE_ROWS);
  }
}

VEC_INLINE void strassen_range(
    const struct mnv4_f32_gemm *product, struct mnv4_f32_strassen_range range, float *scratch) {
  const struct strassen_block block = strassen_block_of(
      range.pair_end - range.pair_begin, product->depth, product->columns);
  ptrdiff_t pair = range.pair_begin;
  while (pair < range.pair_end) {
    const ptrdiff_t left = range.pair_end - pair;
    const ptrdiff_t pairs = left < block.pairs ? left : block.pairs;
    const struct strassen_rows rows = {
        .row = 2 * pair,
        .pairs = pairs,
        .step = pairs * block.stride,
        .stride = block.stride,
        .sums = scratch,
    };
    strassen_add_rows(product, &rows);
    for (ptrdiff_t i = range.strip_begin; i < range.strip_end; i++) {
      strassen_strip(product, &rows, i);
    }
    pair += pairs;
  }
}
