// Walks a range of a matrix product or a convolution in tiles. Included after gemm_tile.h.

#include "gemm_conv.h"

enum {
  /// Columns of a tile of two vectors.
  TILE_COLUMNS = 2 * VEC_LANES,
  /// Tiles that a panel is wide.
  PANEL_TILES = MNV4_F32_PANEL / TILE_COLUMNS,
  /// Panels that a single row meets at once: eight vectors.
  SINGLE_PANELS = 8 * VEC_LANES / MNV4_F32_PANEL,
  /// How far ahead of its weights a single row fetches those to come, in floats of each panel.
  SINGLE_FETCH_DISTANCE = 2048,
  /// The floats of weights that the second-level cache holds beside the rows.
  GEMM_FEW_WEIGHTS = 65536,
  /// The floats of rows that pass by a panel before the next panel's turn; and where there are more
  /// weights, which should be read once for all rows.
  GEMM_BLOCK_FLOATS = 16384,
  GEMM_LARGE_BLOCK_FLOATS = 131072,
};

/// What all tiles of a product have in common.
VEC_INLINE struct gemm_tile gemm_common_tile(const struct mnv4_f32_gemm *gemm) {
  return (struct gemm_tile){
      .row_stride = gemm->input_stride,
      .outer_count = 1,
      .inner_count = 1,
      .run_length = gemm->depth,
      .output_stride = gemm->output_stride,
      .epilogue = &gemm->epilogue,
  };
}

/// Points the tile at the output's row and column, which is a multiple of the tile's columns.
VEC_INLINE void gemm_place(
    const struct mnv4_f32_gemm *gemm, struct gemm_tile *tile, ptrdiff_t row, ptrdiff_t column) {
  const ptrdiff_t panel = column / MNV4_F32_PANEL;
  const ptrdiff_t panel_end = (panel + 1) * MNV4_F32_PANEL;
  tile->columns = (panel_end < gemm->columns ? panel_end : gemm->columns) - column;
  tile->weights =
      gemm->weights + panel * gemm->depth * MNV4_F32_PANEL + column % MNV4_F32_PANEL;
  tile->bias = gemm->bias + column;
  tile->output = gemm->output + row * gemm->output_stride + column;
  tile->residual_columns =
      gemm->epilogue.residual ? gemm->epilogue.residual_channels - column : 0;
  if (tile->residual_columns > tile->columns) tile->residual_columns = tile->columns;
  if (tile->residual_columns > 0) {
    tile->residual = gemm->epilogue.residual + row * gemm->epilogue.residual_stride + column;
  }
}

/// `count` tiles of `rows` rows of the output from `row` on by one panel. The tiles lie one after another
/// where there are several.
VEC_INLINE void gemm_panel(
    const struct mnv4_f32_gemm *gemm, struct gemm_tile *tile, ptrdiff_t row, ptrdiff_t rows,
    ptrdiff_t count, ptrdiff_t panel) {
  const ptrdiff_t begin = panel * MNV4_F32_PANEL;
  for (ptrdiff_t part = 0; part < MNV4_F32_PANEL; part += TILE_COLUMNS) {
    if (begin + part >= gemm->columns) break;
    gemm_place(gemm, tile, row, begin + part);
    gemm_tiles_run(tile, rows, count);
  }
}

/// One row of the output by `SINGLE_PANELS` panels at once, whose sums hide the latency that those
/// of one panel would not.
VEC_INLINE void gemm_single_row(
    const struct mnv4_f32_gemm *gemm, struct gemm_tile *tile, ptrdiff_t row, ptrdiff_t panel) {
  const ptrdiff_t begin = panel * MNV4_F32_PANEL;
  const ptrdiff_t panel_count = gemm->depth * MNV4_F32_PANEL;
  const float *input = gemm->input + row * gemm->input_stride;
  const float *weights = gemm->weights + panel * panel_count;
  vec sums[SINGLE_PANELS * PANEL_TILES][1][2];
#pragma clang loop unroll(full)
  for (int i = 0; i < SINGLE_PANELS * PANEL_TILES; i++) {
    sums[i][0][0] = vec_load(gemm->bias + begin + i * TILE_COLUMNS);
    sums[i][0][1] = vec_load(gemm->bias + begin + i * TILE_COLUMNS + VEC_LANES);
  }
  for (ptrdiff_t k = 0; k < gemm->depth; k++, weights += MNV4_F32_PANEL) {
    const vec element = vec_set(input[k]);
#pragma clang loop unroll(full)
    for (int i = 0; i < SINGLE_PANELS * PANEL_TILES; i++) {
      const float *part = weights + i / PANEL_TILES * panel_count + i % PANEL_TILES * TILE_COLUMNS;
      for (int v = 0; v < TILE_COLUMNS; v += 16) {
        __builtin_prefetch(part + SINGLE_FETCH_DISTANCE + v);
      }
      sums[i][0][0] = vec_fma(element, vec_load(part), sums[i][0][0]);
      sums[i][0][1] = vec_fma(element, vec_load(part + VEC_LANES), sums[i][0][1]);
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < SINGLE_PANELS * PANEL_TILES; i++) {
    const ptrdiff_t column = begin + i * TILE_COLUMNS;
    if (column >= gemm->columns) break;
    gemm_place(gemm, tile, row, column);
    if (tile->columns > VEC_LANES) {
      gemm_tile_finish(tile, 1, 2, sums[i]);
    } else {
      gemm_tile_finish(tile, 1, 1, sums[i]);
    }
  }
}

/// How many rows pass by a panel before the next panel's turn: whole tiles.
VEC_INLINE ptrdiff_t gemm_block_rows(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range) {
  const ptrdiff_t weights =
      (range.panel_end - range.panel_begin) * gemm->depth * MNV4_F32_PANEL;
  const ptrdiff_t most = weights > GEMM_FEW_WEIGHTS ? GEMM_LARGE_BLOCK_FLOATS : GEMM_BLOCK_FLOATS;
  const ptrdiff_t tiles = most / (gemm->depth * TILE_ROWS);
  return (tiles < 1 ? 1 : tiles) * TILE_ROWS;
}

/// Has the `index`th of `tiles` tiles fetch its share of the panel after `panel`: beyond 32 tiles, which
/// small panels alone meet at once, next to nothing; after the last panel what the panel itself holds.
VEC_INLINE void gemm_fetch_ahead(
    const struct mnv4_f32_gemm *gemm, struct gemm_tile *tile, ptrdiff_t panel, ptrdiff_t index,
    ptrdiff_t tiles) {
  tile->ahead_step = (MNV4_F32_PANEL + tiles - 1) / tiles;
  const ptrdiff_t last = (gemm->columns - 1) / MNV4_F32_PANEL;
  tile->ahead = gemm->weights + (panel < last ? panel + 1 : last) * gemm->depth * MNV4_F32_PANEL +
                index * gemm->depth * tile->ahead_step;
}

/// `rows` rows from `start` on by one panel, in tiles of about equal heights.
VEC_INLINE void gemm_block_panel(
    const struct mnv4_f32_gemm *gemm, struct gemm_tile *tile, ptrdiff_t start, ptrdiff_t rows,
    ptrdiff_t panel) {
  const ptrdiff_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
  const ptrdiff_t height = rows / tiles, higher = rows % tiles;
  // Several parts of a panel take turns, so that they meet the rows in the level 1 cache.
  const ptrdiff_t most = PANEL_TILES == 1 ? tiles : 1;
  ptrdiff_t row = start;
  for (ptrdiff_t i = 0; i < tiles;) {
    const ptrdiff_t end = i < higher ? higher : tiles;
    const ptrdiff_t count = end - i < most ? end - i : most;
    const ptrdiff_t tile_rows = i < higher ? height + 1 : height;
    tile->input = gemm->input + row * gemm->input_stride;
    gemm_fetch_ahead(gemm, tile, panel, i, tiles);
    gemm_panel(gemm, tile, row, tile_rows, count, panel);
    row += count * tile_rows;
    i += count;
  }
}

VEC_INLINE void gemm_range(const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range) {
  struct gemm_tile tile = gemm_common_tile(gemm);
  if (range.row_end - range.row_begin == 1) {
    ptrdiff_t panel = range.panel_begin;
    for (; panel + SINGLE_PANELS <= range.panel_end; panel += SINGLE_PANELS) {
      gemm_single_row(gemm, &tile, range.row_begin, panel);
    }
    range.panel_begin = panel;
  }
  const ptrdiff_t block_rows = gemm_block_rows(gemm, range);
  ptrdiff_t start = range.row_begin;
  while (start < range.row_end) {
    const ptrdiff_t left = range.row_end - start;
    const ptrdiff_t rows = left < block_rows ? left : block_rows;
    for (ptrdiff_t panel = range.panel_begin; panel < range.panel_end; panel++) {
      gemm_block_panel(gemm, &tile, start, rows, panel);
    }
    start += rows;
  }
}

VEC_INLINE void conv_range(
    const struct mnv4_f32_conv *conv, struct mnv4_f32_gemm_range range, float *scratch) {
  const struct mnv4_f32_gemm *gemm = &conv->product;
  struct gemm_tile tile = gemm_common_tile(gemm);
  tile.outer_count = conv->kernel_height;
  const ptrdiff_t patch_count = conv_patch_count(conv, TILE_ROWS);
  const ptrdiff_t block_tiles = conv_block_tiles(patch_count);
  struct conv_pixels block[CONV_MAX_BLOCK_TILES];
  struct conv_cursor cursor = conv_cursor_at(conv, range.row_begin);
  while (cursor.number < range.row_end) {
    ptrdiff_t tiles = 0;
    for (; tiles < block_tiles && cursor.number < range.row_end; tiles++) {
      block[tiles] = conv_next_pixels(
          conv, &cursor, range.row_end, TILE_ROWS, scratch + tiles * patch_count);
    }
    for (ptrdiff_t panel = range.panel_begin; panel < range.panel_end; panel++) {
      for (ptrdiff_t i = 0; i < tiles; i++) {
        // Where its taps are neighbours in memory, a row of the window is one run.
        const int is_run =
            conv->dilation_width == 1 && block[i].pixel_stride == conv->channels;
        tile.inner_count = is_run ? 1 : conv->kernel_width;
        tile.run_length = is_run ? conv->kernel_width * conv->channels : conv->channels;
        tile.input = block[i].input;
        gemm_fetch_ahead(gemm, &tile, panel, i, tiles);
        tile.row_stride = conv->stride_width * block[i].pixel_stride;
        tile.outer_step = block[i].line_stride;
        tile.inner_step = conv->dilation_width * block[i].pixel_stride;
        gemm_panel(gemm, &tile, block[i].first, block[i].count, 1, panel);
      }
    }
  }
}
