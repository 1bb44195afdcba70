// Register tiles of a depthwise convolution: neighbouring outputs share the inputs and weights that
// they load. Included after one of the simd_*.h headers, with TILE_ROWS defined: rows of the outputs
// of a whole tile, 2 or 3.

#include "f32_depthwise.h"
#include "activation.h"

enum {
  /// Columns of the outputs of a whole tile.
  TILE_COLUMNS = 4,
};

/// Where along a row of the output a tile lies: how many columns of outputs it has, and which columns of
/// its input are within the image.
enum depthwise_side {
  /// What the masks and `columns` of the tile say.
  SIDE_ANY,
  /// A whole tile, all of it within the image.
  SIDE_INNER,
  /// A whole tile with half a filter of padding before it.
  SIDE_LEFT,
  /// So many columns, with `depthwise_overhang` of padding after them.
  SIDE_RIGHT_1,
  SIDE_RIGHT_2,
  SIDE_RIGHT_3,
  SIDE_RIGHT_4,
  SIDE_COUNT,
};

/// Columns of outputs.
VEC_INLINE int depthwise_columns(const enum depthwise_side side) {
  return side >= SIDE_RIGHT_1 ? side - SIDE_RIGHT_1 + 1 : TILE_COLUMNS;
}

/// The columns by which the last window reaches out of an image whose width is a multiple of the stride,
/// with half a filter of padding before it.
VEC_INLINE int depthwise_overhang(const int kernel, const int stride) {
  return kernel / 2 - (stride - 1);
}

/// A run of tiles along a row of the output.
struct depthwise_tile {
  /// Where the first output's window starts; outside the image where it reaches into the padding.
  const float *input;
  ptrdiff_t pixel_stride, line_stride;
  float *output;
  ptrdiff_t output_pixel_stride, output_line_stride;
  /// How many tiles follow one another; 1 at the edges.
  ptrdiff_t tile_count;
  /// At the edges a bit for each row of the input, counted from the window's start, that lies within the
  /// image.
  uint32_t row_mask;
  /// With `SIDE_ANY` the same of columns.
  uint32_t column_mask;
  /// At the edges how many columns of outputs there are.
  int32_t columns;
  /// A multiple of 16, and the end of the channels.
  ptrdiff_t channel_begin, channel_end;
  /// At the first output; null where there is none.
  const float *residual;
  ptrdiff_t residual_pixel_stride, residual_line_stride;
};

/// Adds the residual to the sums of `rows` × `columns` outputs, of channels from `channel` on,
/// activates and stores the first `stored` of each row.
VEC_INLINE void depthwise_finish(
    const struct mnv4_f32_depthwise *problem, const struct depthwise_tile *tile, vec *sums,
    float *output, const float *residual, ptrdiff_t channel, const int rows, const int columns,
    const int stored) {
  if (residual) {
    const vec_mask lanes = vec_first(problem->epilogue.residual_channels - channel);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows * columns; i++) {
      if (i % columns >= stored) continue;
      const float *pixel = residual + i / columns * tile->residual_line_stride +
                           i % columns * tile->residual_pixel_stride;
      sums[i] = vec_add_masked(sums[i], pixel + channel, lanes);
    }
  }
  vec_activate_all(sums, rows * columns, &problem->epilogue);
  const ptrdiff_t line = tile->output_line_stride, step = tile->output_pixel_stride;
  const ptrdiff_t left = tile->channel_end - channel;
  output += channel;
  if (left >= VEC_LANES) {
#pragma clang loop unroll(full)
    for (int i = 0; i < rows * columns; i++) {
      if (i % columns >= stored) continue;
      vec_store(output + i / columns * line + i % columns * step, sums[i]);
    }
  } else {
    const vec_mask lanes = vec_first(left);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows * columns; i++) {
      if (i % columns >= stored) continue;
      vec_store_masked(output + i / columns * line + i % columns * step, sums[i], lanes);
    }
  }
}

/// The outputs of a tile in one vector of channels.
VEC_INLINE void depthwise_vector(
    const struct mnv4_f32_depthwise *problem, const struct depthwise_tile *tile,
    const float *input, float *output, const float *residual, ptrdiff_t channel,
    const int kernel, const int stride, const int rows, const enum depthwise_side side,
    const int masks_rows) {
  const float *weights =
      problem->weights +
      (channel / MNV4_F32_DEPTHWISE_BLOCK * kernel * kernel) * MNV4_F32_DEPTHWISE_BLOCK +
      channel % MNV4_F32_DEPTHWISE_BLOCK;
  const uint32_t row_mask = tile->row_mask, column_mask = tile->column_mask;
  const int columns = depthwise_columns(side);
  const int begin = side == SIDE_LEFT ? kernel / 2 : 0;
  const int overhang = side >= SIDE_RIGHT_1 ? depthwise_overhang(kernel, stride) : 0;
  const int end = (columns - 1) * stride + kernel - overhang;
  vec sums[TILE_ROWS * TILE_COLUMNS];
  const vec bias = vec_load(problem->bias + channel);
#pragma clang loop unroll(full)
  for (int i = 0; i < rows * columns; i++) sums[i] = bias;
#pragma clang loop unroll(full)
  for (int i = 0; i < (rows - 1) * stride + kernel; i++) {
    if (masks_rows && !(row_mask >> i & 1)) continue;
    const float *line = input + i * tile->line_stride + channel;
#pragma clang loop unroll(full)
    for (int j = begin; j < end; j++) {
      if (side == SIDE_ANY && !(column_mask >> j & 1)) continue;
      const vec element = vec_load(line + j * tile->pixel_stride);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) {
        const int tap_row = i - r * stride;
        if (tap_row < 0 || tap_row >= kernel) continue;
#pragma clang loop unroll(full)
        for (int x = 0; x < columns; x++) {
          const int tap_column = j - x * stride;
          if (tap_column < 0 || tap_column >= kernel) continue;
          const vec weight =
              vec_load(weights + (tap_row * kernel + tap_column) * MNV4_F32_DEPTHWISE_BLOCK);
          vec *sum = &sums[r * columns + x];
          *sum = vec_fma(element, weight, *sum);
        }
      }
    }
  }
  depthwise_finish(
      problem, tile, sums, output, residual, channel, rows, columns,
      side == SIDE_ANY ? tile->columns : columns);
}

VEC_INLINE void depthwise_tiles(
    const struct mnv4_f32_depthwise *problem, const struct depthwise_tile *tile,
    const int kernel, const int stride, const int rows, const enum depthwise_side side,
    const int masks_rows) {
  const float *input = tile->input;
  float *output = tile->output;
  const float *residual = tile->residual;
  for (ptrdiff_t i = 0; i < tile->tile_count; i++) {
    for (ptrdiff_t channel = tile->channel_begin; channel < tile->channel_end;
         channel += VEC_LANES) {
      depthwise_vector(
          problem, tile, input, output, residual, channel, kernel, stride, rows, side, masks_rows);
    }
    input += TILE_COLUMNS * stride * tile->pixel_stride;
    output += TILE_COLUMNS * tile->output_pixel_stride;
    if (residual) residual += TILE_COLUMNS * tile->residual_pixel_stride;
  }
}

typedef void depthwise_function(
    const struct mnv4_f32_depthwise *problem, const struct depthwise_tile *tile);

/// The tiles of one filter and stride.
struct depthwise_shape {
  int32_t kernel, stride;
  /// Whole tiles of outputs whose windows lie within the image.
  depthwise_function *inner;
  /// By rows - 1 and side: those that are incomplete or reach beyond the image.
  depthwise_function *edge[TILE_ROWS][SIDE_COUNT];
};

#define DEPTHWISE_TILE(name, kernel, stride, rows, side, masks_rows)                       \
  static void name(                                                                        \
      const struct mnv4_f32_depthwise *problem, const struct depthwise_tile *tile) {       \
    depthwise_tiles(problem, tile, kernel, stride, rows, side, masks_rows);                \
  }
#define DEPTHWISE_EDGE(kernel, stride, rows, side) \
  DEPTHWISE_TILE(depthwise_##kernel##_s##stride##_##rows##_##side, kernel, stride, rows, side, 1)
#define DEPTHWISE_EDGE_ENTRY(kernel, stride, rows, side) \
  [side] = depthwise_##kernel##_s##stride##_##rows##_##side,

#define DEPTHWISE_SIDES(M, kernel, stride, rows)                                           \
  M(kernel, stride, rows, SIDE_ANY)                                                        \
  M(kernel, stride, rows, SIDE_INNER)                                                      \
  M(kernel, stride, rows, SIDE_LEFT)                                                       \
  M(kernel, stride, rows, SIDE_RIGHT_1)                                                    \
  M(kernel, stride, rows, SIDE_RIGHT_2)                                                    \
  M(kernel, stride, rows, SIDE_RIGHT_3)                                                    \
  M(kernel, stride, rows, SIDE_RIGHT_4)

#if TILE_ROWS == 3
#define DEPTHWISE_EDGES(kernel, stride)                                                    \
  DEPTHWISE_SIDES(DEPTHWISE_EDGE, kernel, stride, 1)                                       \
  DEPTHWISE_SIDES(DEPTHWISE_EDGE, kernel, stride, 2)                                       \
  DEPTHWISE_SIDES(DEPTHWISE_EDGE, kernel, stride, 3)
#define DEPTHWISE_EDGE_ENTRIES(kernel, stride)                                             \
  {DEPTHWISE_SIDES(DEPTHWISE_EDGE_ENTRY, kernel, stride, 1)},                              \
  {DEPTHWISE_SIDES(DEPTHWISE_EDGE_ENTRY, kernel, stride, 2)},                              \
  {DEPTHWISE_SIDES(DEPTHWISE_EDGE_ENTRY, kernel, stride, 3)},
#else
#define DEPTHWISE_EDGES(kernel, stride)                                                    \
  DEPTHWISE_SIDES(DEPTHWISE_EDGE, kernel, stride, 1)                                       \
  DEPTHWISE_SIDES(DEPTHWISE_EDGE, kernel, stride, 2)
#define DEPTHWISE_EDGE_ENTRIES(kernel, stride)                                             \
  {DEPTHWISE_SIDES(DEPTHWISE_EDGE_ENTRY, kernel, stride, 1)},                              \
  {DEPTHWISE_SIDES(DEPTHWISE_EDGE_ENTRY, kernel, stride, 2)},
#endif

#define DEPTHWISE_SHAPE(kernel, stride)                                                    \
  DEPTHWISE_TILE(depthwise_##kernel##_s##stride, kernel, stride, TILE_ROWS, SIDE_INNER, 0) \
  DEPTHWISE_EDGES(kernel, stride)
#define DEPTHWISE_ENTRY(kernel, stride) \
  {kernel, stride, depthwise_##kernel##_s##stride, {DEPTHWISE_EDGE_ENTRIES(kernel, stride)}},
#define EACH_SHAPE(M) M(3, 1) M(3, 2) M(5, 1) M(5, 2) M(7, 1) M(7, 2)

EACH_SHAPE(DEPTHWISE_SHAPE)

static const struct depthwise_shape depthwise_shapes[] = {EACH_SHAPE(DEPTHWISE_ENTRY)};
