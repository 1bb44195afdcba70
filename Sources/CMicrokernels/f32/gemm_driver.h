// Walks a range of a matrix product or a convolution in tiles. Included after gemm_tile.h.

#include "gemm_conv.h"
#if VEC_WIDE
#include "gemm_wide.h"
#endif

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
  /// The floats of rows and of their outputs that meet few weights in wide tiles.
  GEMM_WIDE_BLOCK_FLOATS = 65536,
  /// The floats of what runs next that wide tiles fetch at most.
  GEMM_AHEAD_FLOATS = 65536,
  GEMM_LINE_FLOATS = 16,
  /// A depth from which on wide tiles take it in parts, and how long these are: a multiple of their steps.
  GEMM_LONG_DEPTH = 1536,
  GEMM_PART_DEPTH = 512,
};

/// What all tiles of a product have in common.
VEC_INLINE struct gemm_tile gemm_common_tile(const struct mnv4_f32_gemm *gemm) {
  const ptrdiff_t run = gemm->run > 0 ? gemm->run : gemm->depth;
  return (struct gemm_tile){
      .row_stride = gemm->input_stride,
      .outer_count = gemm->depth / run,
      .outer_step = gemm->run_step,
      .inner_count = 1,
      .run_length = run,
      .panel_step = gemm->depth * MNV4_F32_PANEL,
      .output_stride = gemm->output_stride,
      .epilogue = &gemm->epilogue,
  };
}

/// Points the tile at the output's row and column, which is a multiple of the tile's columns; it ends with
/// the `panels`th panel from there.
VEC_INLINE void gemm_place(
    const struct mnv4_f32_gemm *gemm, struct gemm_tile *tile, ptrdiff_t row, ptrdiff_t column,
    ptrdiff_t panels) {
  const ptrdiff_t panel = column / MNV4_F32_PANEL;
  const ptrdiff_t panel_end = (panel + panels) * MNV4_F32_PANEL;
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
    gemm_place(gemm, tile, row, begin + part, 1);
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
    gemm_place(gemm, tile, row, column, 1);
    if (tile->columns > VEC_LANES) {
      gemm_tile_finish(tile, 1, 2, sums[i]);
    } else {
      gemm_tile_finish(tile, 1, 1, sums[i]);
    }
  }
}

/// Has the `index`th of `tiles` tiles fetch its share of the panel after `panel`: beyond 32 tiles, which
/// small panels alone meet at once, next to nothing; after the range's last panel what runs next, or else what
/// the panel itself holds.
VEC_INLINE void gemm_fetch_ahead(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range, struct gemm_tile *tile,
    ptrdiff_t panel, ptrdiff_t index, ptrdiff_t tiles) {
  const ptrdiff_t last = range.panel_end - 1;
  const float *start = gemm->weights + (panel < last ? panel + 1 : last) * tile->panel_step;
  tile->ahead_step = (MNV4_F32_PANEL + tiles - 1) / tiles;
  if (panel == last && gemm->next) {
    start = gemm->next;
    const ptrdiff_t most = gemm->next_bytes / ((ptrdiff_t)sizeof(float) * gemm->depth * tiles) + 1;
    if (tile->ahead_step > most) tile->ahead_step = most;
  }
  tile->ahead = start + index * gemm->depth * tile->ahead_step;
}

/// `rows` rows from `start` on by one panel, in tiles of about equal heights.
VEC_INLINE void gemm_block_panel(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range, struct gemm_tile *tile,
    ptrdiff_t start, ptrdiff_t rows, ptrdiff_t panel) {
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
    gemm_fetch_ahead(gemm, range, tile, panel, i, tiles);
    gemm_panel(gemm, tile, row, tile_rows, count, panel);
    row += count * tile_rows;
    i += count;
  }
}

#if VEC_WIDE
/// A part of the depth.
struct gemm_part {
  ptrdiff_t begin, count;
};

/// Has `tiles` wide tiles of a panel and the next, in a part of the depth, fetch together what comes after: the
/// same part of the next two panels, or the next part of panel `first`, from which on panels are wide; and after
/// the last what runs next, as far as their steps suffice.
VEC_INLINE void gemm_fetch_wide(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range, struct gemm_tile *tile,
    ptrdiff_t panel, ptrdiff_t first, struct gemm_part part, ptrdiff_t tiles) {
  const ptrdiff_t panels = range.panel_end;
  const ptrdiff_t turns = part.count / WIDE_STEPS * tiles + 1;
  ptrdiff_t begin = part.begin, next = panel + 2;
  if (next >= panels) {
    begin += part.count;
    next = first;
  }
  const float *start = gemm->weights + panel * tile->panel_step;
  ptrdiff_t count = 0;
  int is_pair = 0;
  if (begin < gemm->depth) {
    start = gemm->weights + next * tile->panel_step + begin * MNV4_F32_PANEL;
    const ptrdiff_t left = gemm->depth - begin;
    count = (part.count < left ? part.count : left) * MNV4_F32_PANEL;
    is_pair = next + 1 < panels;
    if (is_pair && part.count == gemm->depth) {
      // They lie one after the other.
      count *= 2;
      is_pair = 0;
    }
  } else if (gemm->next) {
    start = gemm->next;
    count = gemm->next_bytes / (ptrdiff_t)sizeof(float);
    if (count > GEMM_AHEAD_FLOATS) count = GEMM_AHEAD_FLOATS;
  }
  // Of a pair each panel has half of the lines.
  const ptrdiff_t step = (count + turns - 1) / turns;
  const ptrdiff_t lines =
      (is_pair ? 2 : 1) * (step + GEMM_LINE_FLOATS - 1) / GEMM_LINE_FLOATS;
  tile->fetches = lines > WIDE_FETCHES ? WIDE_MOST_FETCHES : WIDE_FETCHES;
  const ptrdiff_t most = tile->fetches / (is_pair ? 2 : 1) * GEMM_LINE_FLOATS;
  tile->ahead = start;
  tile->ahead_step = step < most ? step : most;
  tile->fetch_stride = is_pair ? tile->panel_step : tile->fetches / 2 * GEMM_LINE_FLOATS;
}

/// Whether wide tiles take this panel of the range and the next, of which all columns exist. Of an odd number
/// of such panels the first is left alone: few weights are waited for at the beginning.
VEC_INLINE int gemm_is_wide(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range, ptrdiff_t panel) {
  const ptrdiff_t full = gemm->columns / MNV4_F32_PANEL;
  const ptrdiff_t end = full < range.panel_end ? full : range.panel_end;
  return panel < end && (end - panel) % 2 == 0;
}

/// `rows` rows from `start` on, where the tile's input is, by a part of a panel and the next, in wide tiles of
/// about equal heights, which go on fetching where the tile does.
VEC_INLINE void gemm_block_wide(
    const struct mnv4_f32_gemm *gemm, struct gemm_tile *tile, ptrdiff_t start, ptrdiff_t rows,
    ptrdiff_t panel, struct gemm_part part) {
  const ptrdiff_t tiles = gemm_wide_count(rows);
  const ptrdiff_t height = rows / tiles, higher = rows % tiles;
  const ptrdiff_t share = part.count / WIDE_STEPS * tile->ahead_step;
  tile->continues = part.begin > 0;
  tile->ends = part.begin + part.count == gemm->depth;
  gemm_place(gemm, tile, start, panel * MNV4_F32_PANEL, 2);
  tile->weights += part.begin * MNV4_F32_PANEL;
  if (higher > 0) {
    gemm_wide_run(tile, height + 1, higher);
    const ptrdiff_t done = higher * (height + 1);
    gemm_place(gemm, tile, start + done, panel * MNV4_F32_PANEL, 2);
    tile->weights += part.begin * MNV4_F32_PANEL;
    tile->input += done * tile->row_stride;
    tile->ahead += higher * share;
  }
  gemm_wide_run(tile, height, tiles - higher);
  tile->ahead += (tiles - higher) * share;
}

/// The floats of the depth that wide tiles take at a time: all of it, unless it is so long that the panels of
/// two of them, and the rows, crowd the second-level cache. Sums wait in the output, which must not be the
/// residual.
VEC_INLINE ptrdiff_t gemm_part_count(const struct mnv4_f32_gemm *gemm) {
  const int is_long = gemm->depth >= GEMM_LONG_DEPTH && gemm->epilogue.residual != gemm->output &&
                      (gemm->run == 0 || GEMM_PART_DEPTH % gemm->run == 0);
  return is_long ? GEMM_PART_DEPTH : gemm->depth;
}

/// `rows` rows from `start` on by all pairs of panels of the range from `panel` on, part by part of the depth.
///
/// - Returns: how many panels they are.
VEC_INLINE ptrdiff_t gemm_wide_panels(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range, struct gemm_tile *tile,
    ptrdiff_t start, ptrdiff_t rows, ptrdiff_t panel, ptrdiff_t part_count) {
  struct gemm_tile part_tile = *tile;
  ptrdiff_t end = panel;
  for (struct gemm_part part = {0, part_count}; part.begin < gemm->depth; part.begin += part.count) {
    const ptrdiff_t left = gemm->depth - part.begin;
    if (part.count > left) part.count = left;
    const float *input = gemm->input + start * gemm->input_stride + part.begin;
    if (gemm->run > 0) {
      input += part.begin / gemm->run * gemm->run_step - part.begin;
      part_tile.outer_count = part.count / gemm->run;
    } else {
      part_tile.run_length = part.count;
    }
    for (end = panel; gemm_is_wide(gemm, range, end); end += 2) {
      part_tile.input = input;
      gemm_fetch_wide(gemm, range, &part_tile, end, panel, part, gemm_wide_count(rows));
      gemm_block_wide(gemm, &part_tile, start, rows, end, part);
    }
  }
  return end - panel;
}
#endif

/// How many rows pass by `part` of a panel's depth before the next panel's turn: whole tiles.
VEC_INLINE ptrdiff_t gemm_block_rows(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range, ptrdiff_t part,
    const int wide) {
  const ptrdiff_t weights =
      (range.panel_end - range.panel_begin) * gemm->depth * MNV4_F32_PANEL;
  ptrdiff_t most = GEMM_BLOCK_FLOATS, row = part;
  if (weights > GEMM_FEW_WEIGHTS) {
    most = GEMM_LARGE_BLOCK_FLOATS;
  } else if (wide) {
    most = GEMM_WIDE_BLOCK_FLOATS;
    row += gemm->columns;
  }
  const ptrdiff_t tiles = most / (row * TILE_ROWS);
  return (tiles < 1 ? 1 : tiles) * TILE_ROWS;
}

/// - Parameter wide: whether wide tiles are used, where there are more rows than one tile has.
VEC_INLINE void gemm_range(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range, const int wide) {
  struct gemm_tile tile = gemm_common_tile(gemm);
  if (range.row_end - range.row_begin == 1 && gemm->run == 0) {
    ptrdiff_t panel = range.panel_begin;
    for (; panel + SINGLE_PANELS <= range.panel_end; panel += SINGLE_PANELS) {
      gemm_single_row(gemm, &tile, range.row_begin, panel);
    }
    range.panel_begin = panel;
  }
#if VEC_WIDE
  const ptrdiff_t part_count = wide ? gemm_part_count(gemm) : gemm->depth;
#else
  const ptrdiff_t part_count = gemm->depth;
#endif
  const ptrdiff_t block_rows = gemm_block_rows(gemm, range, part_count, wide);
  ptrdiff_t start = range.row_begin;
  while (start < range.row_end) {
    const ptrdiff_t left = range.row_end - start;
    const ptrdiff_t rows = left < block_rows ? left : block_rows;
    for (ptrdiff_t panel = range.panel_begin; panel < range.panel_end; panel++) {
#if VEC_WIDE
      if (wide && rows > TILE_ROWS && gemm_is_wide(gemm, range, panel)) {
        panel += gemm_wide_panels(gemm, range, &tile, start, rows, panel, part_count) - 1;
        continue;
      }
#endif
      gemm_block_panel(gemm, range, &tile, start, rows, panel);
    }
    start += rows;
  }
}

VEC_INLINE void conv_range(
    const struct mnv4_f32_conv *conv, struct mnv4_f32_gemm_range range, float *scratch,
    const int wide) {
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
    for (ptrdiff_t panel = range.panel_begin, next; panel < range.panel_end; panel = next) {
#if VEC_WIDE
      const int is_wide = wide && gemm_is_wide(gemm, range, panel);
      if (is_wide) {
        const struct gemm_part whole = {0, gemm->depth};
        gemm_fetch_wide(gemm, range, &tile, panel, panel, whole, tiles * gemm_wide_count(TILE_ROWS));
      }
#else
      const int is_wide = 0;
#endif
      next = panel + 1 + is_wide;
      for (ptrdiff_t i = 0; i < tiles; i++) {
        // Where its taps are neighbours in memory, a row of the window is one run.
        const int is_run =
            conv->dilation_width == 1 && block[i].pixel_stride == conv->channels;
        tile.inner_count = is_run ? 1 : conv->kernel_width;
        tile.run_length = is_run ? conv->kernel_width * conv->channels : conv->channels;
        tile.input = block[i].input;
        tile.row_stride = conv->stride_width * block[i].pixel_stride;
        tile.outer_step = block[i].line_stride;
        tile.inner_step = conv->dilation_width * block[i].pixel_stride;
#if VEC_WIDE
        if (is_wide) {
          const struct gemm_part whole = {0, gemm->depth};
          gemm_block_wide(gemm, &tile, block[i].first, block[i].count, panel, whole);
          continue;
        }
#endif
        gemm_fetch_ahead(gemm, range, &tile, panel, i, tiles);
        gemm_panel(gemm, &tile, block[i].first, block[i].count, 1, panel);
      }
    }
  }
}
