// Walks a range of a depthwise convolution. Included after depthwise_tile.h.

enum {
  /// The floats of the input's lines that are meant to stay in the nearest cache.
  DEPTHWISE_CACHE_FLOATS = 12288,
  /// Fewer blocks of channels at a time leave too little of a pixel in a row.
  DEPTHWISE_MIN_BLOCKS = 4,
};

/// The part of [0, kernel) whose positions `origin + i * step` lie in [0, extent).
struct depthwise_taps {
  int32_t begin, end;
};

static inline struct depthwise_taps depthwise_taps_inside(
    ptrdiff_t origin, ptrdiff_t step, ptrdiff_t kernel, ptrdiff_t extent) {
  const ptrdiff_t begin = origin >= 0 ? 0 : (step - 1 - origin) / step;
  ptrdiff_t end = extent <= origin ? 0 : (extent - origin + step - 1) / step;
  if (end > kernel) end = kernel;
  return (struct depthwise_taps){(int32_t)(begin < end ? begin : end), (int32_t)end};
}

/// Any filter: pixel by pixel, a vector of channels at a time.
VEC_INLINE void depthwise_any(
    const struct mnv4_f32_depthwise *problem, struct depthwise_tile *tile, int32_t y) {
  const ptrdiff_t top = (ptrdiff_t)y * problem->stride_height - problem->pad_top;
  const struct depthwise_taps rows = depthwise_taps_inside(
      top, problem->dilation_height, problem->kernel_height, problem->input_height);
  const ptrdiff_t taps = (ptrdiff_t)problem->kernel_height * problem->kernel_width;
  for (int32_t x = 0; x < problem->output_width; x++) {
    const ptrdiff_t left = (ptrdiff_t)x * problem->stride_width - problem->pad_left;
    const struct depthwise_taps columns = depthwise_taps_inside(
        left, problem->dilation_width, problem->kernel_width, problem->input_width);
    for (ptrdiff_t channel = tile->channel_begin; channel < tile->channel_end;
         channel += VEC_LANES) {
      const float *weights =
          problem->weights +
          channel / MNV4_F32_DEPTHWISE_BLOCK * taps * MNV4_F32_DEPTHWISE_BLOCK +
          channel % MNV4_F32_DEPTHWISE_BLOCK;
      vec sum = vec_load(problem->bias + channel);
      for (ptrdiff_t i = rows.begin; i < rows.end; i++) {
        const float *line =
            problem->input + (top + i * problem->dilation_height) * tile->line_stride + channel;
        const float *filter =
            weights + i * problem->kernel_width * MNV4_F32_DEPTHWISE_BLOCK;
        for (ptrdiff_t j = columns.begin; j < columns.end; j++) {
          const ptrdiff_t pixel = left + j * problem->dilation_width;
          sum = vec_fma(
              vec_load(line + pixel * tile->pixel_stride),
              vec_load(filter + j * MNV4_F32_DEPTHWISE_BLOCK), sum);
        }
      }
      depthwise_finish(
          problem, tile, &sum, tile->output + x * tile->output_pixel_stride,
          tile->residual ? tile->residual + x * tile->residual_pixel_stride : 0, channel, 1, 1, 1);
    }
  }
}

static inline int32_t depthwise_min(int32_t a, int32_t b) { return a < b ? a : b; }

/// A bit for each of the `count` (at most 32) positions from `origin` on that lies in [0, extent).
static inline uint32_t depthwise_mask(int32_t origin, int32_t count, int32_t extent) {
  uint32_t mask = 0;
  for (int32_t i = 0; i < count; i++) {
    mask |= (uint32_t)(origin + i >= 0 && origin + i < extent) << i;
  }
  return mask;
}

/// The side of a tile of so many columns of outputs, whose input's first column is `left`.
static inline enum depthwise_side depthwise_side(
    const struct depthwise_shape *shape, int32_t columns, int32_t left, int32_t width) {
  const int32_t end = left + (columns - 1) * shape->stride + shape->kernel;
  const int32_t before = left < 0 ? -left : 0, after = end > width ? end - width : 0;
  if (before == 0) {
    if (after == 0 && columns == TILE_COLUMNS) return SIDE_INNER;
    if (after == depthwise_overhang(shape->kernel, shape->stride)) {
      return (enum depthwise_side)(SIDE_RIGHT_1 + columns - 1);
    }
  } else if (before == shape->kernel / 2 && after == 0 && columns == TILE_COLUMNS) {
    return SIDE_LEFT;
  }
  return SIDE_ANY;
}

/// One row of tiles, `rows` rows of the output high.
VEC_INLINE void depthwise_row_of_tiles(
    const struct mnv4_f32_depthwise *problem, const struct depthwise_shape *shape,
    struct depthwise_tile *tile, int32_t y, int32_t rows) {
  const int32_t stride = shape->stride, width = problem->output_width;
  const int32_t top = y * stride - problem->pad_top;
  const int32_t height = (rows - 1) * stride + shape->kernel;
  const int32_t tile_width = (TILE_COLUMNS - 1) * stride + shape->kernel;
  tile->row_mask = depthwise_mask(top, height, problem->input_height);
  // Columns of the output in [inner_begin, inner_end) have their windows within the image.
  int32_t inner_begin = width, inner_end = width;
  if (rows == TILE_ROWS && top >= 0 && top + height <= problem->input_height) {
    inner_begin = (problem->pad_left + stride - 1) / stride;
    const int32_t reach = problem->input_width + problem->pad_left - shape->kernel;
    inner_end = reach < 0 ? 0 : depthwise_min(width, reach / stride + 1);
  }
  depthwise_function *const *const edges = shape->edge[rows - 1];
  float *const output = tile->output;
  const float *const residual = tile->residual;
  for (int32_t x = 0; x < width;) {
    const int32_t left = x * stride - problem->pad_left;
    tile->input =
        problem->input + (ptrdiff_t)top * tile->line_stride + left * tile->pixel_stride;
    tile->output = output + x * tile->output_pixel_stride;
    if (residual) tile->residual = residual + x * tile->residual_pixel_stride;
    if (x >= inner_begin && x + TILE_COLUMNS <= inner_end) {
      tile->tile_count = (inner_end - x) / TILE_COLUMNS;
      shape->inner(problem, tile);
      x += (int32_t)tile->tile_count * TILE_COLUMNS;
    } else {
      tile->tile_count = 1;
      tile->columns = depthwise_min(TILE_COLUMNS, width - x);
      const enum depthwise_side side =
          depthwise_side(shape, tile->columns, left, problem->input_width);
      if (side == SIDE_ANY) {
        tile->column_mask = depthwise_mask(left, tile_width, problem->input_width);
      }
      edges[side](problem, tile);
      x += tile->columns;
    }
  }
  tile->residual = residual;
}

VEC_INLINE void depthwise_range(
    const struct mnv4_f32_depthwise *problem, struct mnv4_f32_depthwise_range range) {
  const struct mnv4_f32_epilogue *epilogue = &problem->epilogue;
  const struct depthwise_shape *shape = 0;
  const int is_plain = problem->kernel_height == problem->kernel_width &&
                       problem->stride_height == problem->stride_width &&
                       problem->dilation_height == 1 && problem->dilation_width == 1;
  for (size_t i = 0; is_plain && i < sizeof depthwise_shapes / sizeof *depthwise_shapes; i++) {
    if (depthwise_shapes[i].kernel == problem->kernel_height &&
        depthwise_shapes[i].stride == problem->stride_height) {
      shape = &depthwise_shapes[i];
    }
  }
  struct depthwise_tile tile = {
      .pixel_stride = problem->input_stride,
      .line_stride = problem->input_width * problem->input_stride,
      .output_pixel_stride = problem->output_stride,
      .output_line_stride = problem->output_width * problem->output_stride,
      .residual_pixel_stride = epilogue->residual_stride,
      .residual_line_stride = problem->output_width * epilogue->residual_stride,
  };
  // At stride 1 rows of tiles share most of their lines: as many blocks of channels at a time as
  // leave these in the cache.
  const ptrdiff_t lines = TILE_ROWS - 1 + problem->kernel_height;
  const ptrdiff_t line_floats = (ptrdiff_t)problem->input_width * MNV4_F32_DEPTHWISE_BLOCK;
  ptrdiff_t blocks = DEPTHWISE_CACHE_FLOATS / (lines * line_floats);
  if (blocks < DEPTHWISE_MIN_BLOCKS || problem->stride_height > 1) {
    blocks = range.block_end - range.block_begin;
  }
  for (ptrdiff_t block = range.block_begin; block < range.block_end; block += blocks) {
    const ptrdiff_t end = block + blocks < range.block_end ? block + blocks : range.block_end;
    tile.channel_begin = block * MNV4_F32_DEPTHWISE_BLOCK;
    tile.channel_end = end * MNV4_F32_DEPTHWISE_BLOCK;
    if (tile.channel_end > problem->channels) tile.channel_end = problem->channels;
    for (int32_t y = range.row_begin; y < range.row_end;) {
      const int32_t rows = shape ? depthwise_min(TILE_ROWS, range.row_end - y) : 1;
      tile.output = problem->output + y * tile.output_line_stride;
      tile.residual = epilogue->residual ? epilogue->residual + y * tile.residual_line_stride : 0;
      if (shape) {
        depthwise_row_of_tiles(problem, shape, &tile, y, rows);
      } else {
        depthwise_any(problem, &tile, y);
      }
      y += rows;
    }
  }
}
