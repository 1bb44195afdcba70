// How the columns of a product by Strassen's method are cut into strips, and where the constants of
// each lie.
#ifndef MNV4_F32_STRASSEN_LAYOUT_H
#define MNV4_F32_STRASSEN_LAYOUT_H

#include "f32_strassen.h"

/// Columns of one half of a strip. Strips of 64 columns come first, then at most one of 96, then up
/// to 16 columns that are left, which are a plain product.
enum {
  STRASSEN_NARROW = 32,
  STRASSEN_WIDE = 48,
  STRASSEN_PRODUCTS = 7,
};

/// How many strips of each kind there are.
struct strassen_strips {
  ptrdiff_t narrow, wide, rest;
};

static inline struct strassen_strips strassen_strips_of(ptrdiff_t columns) {
  const ptrdiff_t vectors = (columns + 15) / 16;
  const ptrdiff_t wide = vectors % 4 >= 2;
  const ptrdiff_t left = vectors - 6 * wide;
  return (struct strassen_strips){left / 4, wide, left % 4};
}

/// Columns that share their constants, and where these begin: `bias` and `scales`, `2 * half` floats
/// each, and the weights of the seven products one after another, `[depth / 2][half]` each; of the
/// rest, where `half` is 0, a panel's 32 biases and its weights as of a plain product.
struct strassen_strip {
  ptrdiff_t first, half, offset;
};

static inline ptrdiff_t strassen_strip_count(ptrdiff_t depth, ptrdiff_t half) {
  return half ? 4 * half + STRASSEN_PRODUCTS * (depth / 2) * half : (1 + depth) * MNV4_F32_PANEL;
}

static inline struct strassen_strip strassen_strip_at(
    ptrdiff_t columns, ptrdiff_t depth, ptrdiff_t index) {
  const struct strassen_strips strips = strassen_strips_of(columns);
  const ptrdiff_t narrow = index < strips.narrow ? index : strips.narrow;
  struct strassen_strip strip = {
      .first = narrow * 2 * STRASSEN_NARROW,
      .half = STRASSEN_NARROW,
      .offset = narrow * strassen_strip_count(depth, STRASSEN_NARROW),
  };
  if (index < strips.narrow) return strip;
  strip.half = STRASSEN_WIDE;
  if (index < strips.narrow + strips.wide) return strip;
  strip.first += strips.wide * 2 * STRASSEN_WIDE;
  strip.offset += strips.wide * strassen_strip_count(depth, STRASSEN_WIDE);
  strip.half = 0;
  return strip;
}

/// Pairs of rows that pass by a strip before the next strip's turn, whose S1, S2, S3 and S4 lie in
/// scratch, in this order.
struct strassen_block {
  /// Most pairs of a block.
  ptrdiff_t pairs;
  /// Floats from one row of sums to the next: no power of two, whose rows would evict one another.
  ptrdiff_t stride;
};

enum {
  /// A block is a multiple of it: the most pairs of any kernel's tile.
  STRASSEN_MOST_TILE_PAIRS = 14,
  /// The floats of weights that the second-level cache holds beside the rows.
  STRASSEN_FEW_WEIGHTS = 65536,
  /// The floats of a block's rows; and where there are more weights, which should be read once for all
  /// rows.
  STRASSEN_BLOCK_FLOATS = 16384,
  STRASSEN_LARGE_BLOCK_FLOATS = 131072,
};

/// For a range of `all` pairs.
static inline struct strassen_block strassen_block_of(
    ptrdiff_t all, ptrdiff_t depth, ptrdiff_t columns) {
  const ptrdiff_t most = columns * depth > STRASSEN_FEW_WEIGHTS ? STRASSEN_LARGE_BLOCK_FLOATS
                                                                : STRASSEN_BLOCK_FLOATS;
  const ptrdiff_t tiles = most / (2 * STRASSEN_MOST_TILE_PAIRS * depth);
  const ptrdiff_t pairs = (tiles < 1 ? 1 : tiles) * STRASSEN_MOST_TILE_PAIRS;
  return (struct strassen_block){
      .pairs = pairs < all ? pairs : all,
      .stride = ((depth / 2 + 15) & ~(ptrdiff_t)15) + 16,
  };
}

#endif
