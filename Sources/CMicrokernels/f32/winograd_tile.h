// A tile of a strided convolution by Winograd's method, generated for every count of rows. Included
// after gemm_tile.h.

#include "tile_product.h"
#include "winograd_layout.h"

/// Where a tile's combinations lie and where its outputs go. A row is a square of four outputs.
struct winograd_tile {
  /// Those of the first square, product after product; squares follow at
  /// `MNV4_F32_WINOGRAD_PRODUCTS` times `channels`, which a product is deep.
  const float *input;
  ptrdiff_t channels;
  /// At the tile's first column; rows of weights are a panel apart.
  const float *weights, *bias;
  /// The first square's first output in the first row that exists; from a row to the next and from an
  /// output to the one on its right. The next square is two to the right.
  float *output;
  ptrdiff_t line, pixel;
  /// Columns that exist, counted from the tile's first; at least 1.
  ptrdiff_t columns;
  /// Whether the squares' first and second row exist.
  int has_row[2];
  /// Of the squares, how many have their left and their right column.
  ptrdiff_t squares[2];
  float low, high;
};

VEC_INLINE void winograd_products(
    const struct winograd_tile *tile, const int rows, tile_sums sums, const int first,
    const int count) {
  const struct tile_operands operands = {
      .rows = tile->input + first * tile->channels,
      .row_stride = MNV4_F32_WINOGRAD_PRODUCTS * tile->channels,
      .weights = tile->weights + first * tile->channels * MNV4_F32_PANEL,
      .weight_stride = MNV4_F32_PANEL,
      .depth = count * tile->channels,
  };
  tile_add_products(operands, rows, 2, sums);
}

/// Clamps and stores one output of each square.
VEC_INLINE void winograd_store(
    const struct winograd_tile *tile, const int rows, tile_sums sums, const int bottom,
    const int right) {
  const vec low = vec_set(tile->low), high = vec_set(tile->high);
  const int is_below = bottom && tile->has_row[0];
  float *output = tile->output + is_below * tile->line + right * tile->pixel;
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    const ptrdiff_t columns = i < tile->squares[right] ? tile->columns : 0;
#pragma clang loop unroll(full)
    for (int v = 0; v < 2; v++) {
      const vec sum = vec_lower(vec_raise(sums[i][v], low), high);
      vec_store_masked(output + v * VEC_LANES, sum, vec_first(columns - v * VEC_LANES));
    }
    output += 2 * tile->pixel;
  }
}

/// The four outputs of each of `rows` squares by two vectors.
VEC_INLINE void winograd_tile_body(const struct winograd_tile *tile, const int rows) {
  tile_saved middles[2], left, right;
  tile_sums sums;
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    sums[i][0] = vec_load(tile->bias);
    sums[i][1] = vec_load(tile->bias + VEC_LANES);
  }
  winograd_products(tile, rows, sums, WINOGRAD_MM, 1);
  tile_save(rows, 2, sums, middles[1]);
  if (tile->has_row[0]) {
    winograd_products(tile, rows, sums, WINOGRAD_AM, 2);
    tile_save(rows, 2, sums, middles[0]);
    tile_load(rows, 2, sums, middles[1]);
  }
  if (tile->has_row[1]) {
    winograd_products(tile, rows, sums, WINOGRAD_BM, 2);
    tile_save(rows, 2, sums, middles[1]);
  }
  tile_clear(rows, 2, sums);
  winograd_products(tile, rows, sums, WINOGRAD_MA, 2);
  tile_save(rows, 2, sums, left);
  tile_clear(rows, 2, sums);
  winograd_products(tile, rows, sums, WINOGRAD_MB, 2);
  tile_save(rows, 2, sums, right);
  for (int bottom = 0; bottom < 2; bottom++) {
    if (!tile->has_row[bottom]) continue;
    const int corner = bottom ? WINOGRAD_BA : WINOGRAD_AA;
    tile_load(rows, 2, sums, middles[bottom]);
    tile_add(rows, 2, sums, left);
    winograd_products(tile, rows, sums, corner, 4);
    winograd_store(tile, rows, sums, bottom, 0);
    tile_load(rows, 2, sums, middles[bottom]);
    tile_add(rows, 2, sums, right);
    winograd_products(tile, rows, sums, corner + 4, 4);
    winograd_store(tile, rows, sums, bottom, 1);
  }
}

typedef void winograd_function(const struct winograd_tile *tile);

#define WINOGRAD_TILE(rows)                                          \
  static void winograd_tile_##rows(const struct winograd_tile *tile) { \
    winograd_tile_body(tile, rows);                                  \
  }
#define WINOGRAD_ENTRY(rows) winograd_tile_##rows,

EACH_ROW_COUNT(WINOGRAD_TILE)

/// By rows - 1.
static winograd_function *const winograd_tiles[TILE_ROWS] = {EACH_ROW_COUNT(WINOGRAD_ENTRY)};
