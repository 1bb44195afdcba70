// The body of the SIMD kernels of 3×3, 5×5 and 7×7 filters, included once by each instruction set's
// file. See depthwise_tiles.h for the terms.
//
// The including file defines, beside the target attribute of everything here:
//   MNV4_WIDTH            bytes of a vector
//   MNV4_CELL             pixels of a cell
//   MNV4_RUN              name of the kernel
//   MNV4_REGISTER         constraint of a vector register that is read and written
//   integers, floats      vector types
//   V(name), I(name)      intrinsics by their element type, and those of whole registers
//   as_floats(integers)   the same bits
//   multiply_add(sums, group, weights)
//   interleave(pixels, cell)   `MNV4_CELL` vectors of bytes → four of lanes, such that packing them
//                         twice restores the order of channels; where cells are bytes, of the
//                         first and second column
//   store_halves(pixels, halves), join_lanes(first, second, upper)   where cells are bytes, that in
//                         two steps: of two rows, and the lower or upper half of the lanes that two
//                         vectors of halves make
//   gather(pixels, segments)   the bytes of that many segments, each at its own place
//   change_bytes(keep, bytes, change)   (bytes and keep) exclusive or change
//   store_segments(pixel, step, bytes, column, columns, segments, count)   the first `count`
//                         bytes of each segment that has more columns than `column`, `step` bytes
//                         apart
//   MNV4_MASKS            whether that takes few instructions for one segment

#define MNV4_INLINE static inline __attribute__((always_inline))
#define MNV4_UNROLL _Pragma("clang loop unroll(full)")
#define MNV4_ROLLED _Pragma("clang loop unroll(disable) vectorize(disable)")

enum {
  columns_at_once = MNV4_Q8DW_COLUMNS,
  cell_bytes = 4 * MNV4_WIDTH,
  half_bytes = 2 * MNV4_WIDTH,
  /// Pairs that a step reads.
  most_pairs = 5
};

/// What becomes of scaled sums.
enum { mode_rectified, mode_integer, mode_integer_clamped, mode_float };

/// How 16-bit integers become elements, which are computed as unsigned bytes.
typedef struct finish {
  integers zero, lower, upper, flip;
  /// Whether there is something to add; whether bounds are other than the type's.
  bool has_zero, has_bounds;
} finish;

/// A call's work on one tile and strip (of each segment).
typedef struct strip {
  const mnv4_q8_depthwise_layer *layer;
  mnv4_q8dw_steps steps;
  mnv4_q8dw_tile tile;
  /// Where sums of the tile start; scales, −2²³ · scales and weights follow.
  const uint8_t *constants;
  /// The tile's first channel of the first pixel.
  const uint8_t *input;
  uint8_t *output;
  uint8_t *ring;
  /// A vector of the input's zero point.
  const uint8_t *padding;
  finish finish;
  /// The first output column of the first segment, and where its first cell begins in the input:
  /// perhaps outside.
  int32_t first_column, first_input_column;
  /// Cells that have all pixels of all segments in columns of the image.
  int32_t inner_begin, inner_end;
} strip;

#include "depthwise_fill.h"
#include "depthwise_sums.h"

/// Where the elements of a block go.
typedef struct block {
  uint8_t *pixel;
  ptrdiff_t pixel_bytes, row_bytes, segment_bytes;
  /// Columns of the block that each segment has.
  int32_t counts[4];
} block;

/// Stores vectors of bytes of which a pixel takes a part, [column][row].
static __attribute__((noinline)) void store_parts(
    const strip *s, const block *b, int32_t columns, int32_t rows,
    const integers bytes[columns_at_once][2]) {
  for (int32_t x = 0; x < columns; ++x) {
    for (int32_t row = 0; row < rows; ++row) {
      store_segments(
          b->pixel + x * b->pixel_bytes + row * b->row_bytes, b->segment_bytes, bytes[x][row], x,
          b->counts, s->tile.segment_count, s->tile.channel_count);
    }
  }
}

static finish make_finish(const mnv4_q8_depthwise_layer *layer) {
  const int32_t move = layer->output_type == MNV4_Q8_DEPTHWISE_INT8 ? 128 : 0;
  const int32_t zero = layer->output_zero_point + move;
  const int32_t lower = layer->output_lower + move;
  const int32_t upper = layer->output_upper + move;
  return (finish){
      V(set1_epi16)((int16_t)zero), V(set1_epi8)((int8_t)lower), V(set1_epi8)((int8_t)upper),
      V(set1_epi8)((int8_t)move), zero != 0, lower != 0 || upper != 255};
}

/// Finishes and stores a block.
MNV4_INLINE void store_block(
    const strip *s, bool has_zero, bool has_bounds, int32_t columns, int32_t rows,
    const block *b,
    const integers low[columns_at_once][2], const integers high[columns_at_once][2]) {
  const finish *f = &s->finish;
  integers bytes[columns_at_once][2];
  MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
    MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) {
      integers first = low[x][row];
      integers second = high[x][row];
      if (has_zero) {
        first = V(adds_epi16)(first, f->zero);
        second = V(adds_epi16)(second, f->zero);
      }
      integers elements = V(packus_epi16)(first, second);
      if (has_bounds) elements = V(min_epu8)(V(max_epu8)(elements, f->lower), f->upper);
      bytes[x][row] = I(xor)(elements, f->flip);
    }
  }
  if (MNV4_MASKS && s->tile.channel_count != MNV4_WIDTH && s->tile.segment_count == 1) {
    MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
      MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) {
        store_segments(
            b->pixel + x * b->pixel_bytes + row * b->row_bytes, b->segment_bytes, bytes[x][row], x,
            b->counts, 1, s->tile.channel_count);
      }
    }
    return;
  }
  if (s->tile.channel_count != MNV4_WIDTH) {
    integers parts[columns_at_once][2];
    MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
      MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) parts[x][row] = bytes[x][row];
    }
    store_parts(s, b, columns, rows, (const integers(*)[2])parts);
    return;
  }
  MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
    if (x >= b->counts[0]) break;
    MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) {
      uint8_t *pixel = b->pixel + x * b->pixel_bytes + row * b->row_bytes;
      I(storeu)((void *)pixel, bytes[x][row]);
    }
  }
}

/// A block of a step: bytes.
MNV4_INLINE void integer_block(
    const strip *s, int32_t mode, int32_t columns, int32_t rows, int32_t kernel, int32_t stride,
    const uint8_t *const pairs[most_pairs], const block *b) {
  integers low[columns_at_once][2], high[columns_at_once][2];
  rounded_sums(s, mode, columns, rows, kernel, stride, 0, pairs, low);
  rounded_sums(s, mode, columns, rows, kernel, stride, 2, pairs, high);
  if (s->finish.has_bounds) {
    store_block(s, mode != mode_rectified, true, columns, rows, b, low, high);
  } else if (mode != mode_rectified && s->finish.has_zero) {
    store_block(s, true, false, columns, rows, b, low, high);
  } else {
    store_block(s, false, false, columns, rows, b, low, high);
  }
}

/// A block of a step: float32.
MNV4_INLINE void float_block(
    const strip *s, int32_t columns, int32_t rows, int32_t kernel, int32_t stride,
    const uint8_t *const pairs[most_pairs], const block *b) {
  _Alignas(64) float elements[4][columns_at_once][2][MNV4_WIDTH / 4];
  const floats lower = V(set1_ps)(s->layer->float_lower);
  const floats upper = V(set1_ps)(s->layer->float_upper);
  for (int32_t q = 0; q < 4; ++q) {
    floats scaled[columns_at_once][2];
    scaled_sums(s, false, columns, rows, kernel, stride, q, pairs, scaled);
    MNV4_UNROLL for (int32_t x = 0; x < columns; ++x) {
      MNV4_UNROLL for (int32_t row = 0; row < rows; ++row) {
        V(store_ps)(
            elements[q][x][row], V(min_ps)(V(max_ps)(scaled[x][row], lower), upper));
      }
    }
  }
  for (int32_t i = 0; i < s->tile.segment_count; ++i) {
    for (int32_t x = 0; x < b->counts[i]; ++x) {
      for (int32_t row = 0; row < rows; ++row) {
        float *pixel = (float *)(b->pixel + x * b->pixel_bytes + row * b->row_bytes
                                 + i * b->segment_bytes);
        for (int32_t channel = 0; channel < s->tile.channel_count; ++channel) {
          const int32_t p = i * s->tile.segment_channels + channel;
          pixel[channel] = elements[p / 4 % 4][x][row][p / 16 * 4 + p % 4];
        }
      }
    }
  }
}

/// The first `rows` rows of the step that begins at row `y` of the output.
MNV4_INLINE void step(
    const strip *s, int32_t mode, int32_t rows, int32_t kernel, int32_t stride, int32_t y,
    const uint8_t *const slots[most_pairs]) {
  const mnv4_q8_depthwise_layer *layer = s->layer;
  const int32_t width = layer->output_width;
  block b;
  b.pixel_bytes = (ptrdiff_t)layer->channels * (mode == mode_float ? 4 : 1);
  b.row_bytes = width * b.pixel_bytes;
  b.segment_bytes = s->tile.strip_columns * b.pixel_bytes;
  for (int32_t x = 0; x < s->tile.strip_columns; x += columns_at_once) {
    int32_t most = 0;
    MNV4_ROLLED for (int32_t i = 0; i < s->tile.segment_count; ++i) {
      const int32_t rest = width - (s->first_column + i * s->tile.strip_columns + x);
      const int32_t count = mnv4_q8dw_minimum(s->tile.strip_columns - x, rest);
      b.counts[i] = mnv4_q8dw_minimum(count, columns_at_once);
      if (b.counts[i] > most) most = b.counts[i];
    }
    if (most <= 0) break;
    b.pixel = s->output + y * b.row_bytes + (s->first_column + x) * b.pixel_bytes;
    const uint8_t *pairs[most_pairs];
    const ptrdiff_t cell = x * (stride / mnv4_q8dw_cell_columns(MNV4_CELL, stride));
    const int32_t bytes = mnv4_q8dw_has_halves(MNV4_CELL, stride) ? half_bytes : cell_bytes;
    for (int32_t i = 0; i < mnv4_q8dw_pair_count(kernel, stride); ++i) {
      pairs[i] = slots[i] + cell * bytes;
    }
    if (mode == mode_float) {
      float_block(s, columns_at_once, rows, kernel, stride, pairs, &b);
    } else if (mode != mode_integer_clamped && most <= columns_at_once / 2) {
      integer_block(s, mode, columns_at_once / 2, rows, kernel, stride, pairs, &b);
    } else {
      integer_block(s, mode, columns_at_once, rows, kernel, stride, pairs, &b);
    }
  }
}

typedef void step_function(const strip *s, int32_t y, const uint8_t *const slots[most_pairs]);

#define MNV4_STEP(name, mode, rows, kernel, stride) \
  static void name(const strip *s, int32_t y, const uint8_t *const slots[most_pairs]) { \
    step(s, mode, rows, kernel, stride, y, slots); \
  }

/// Steps of one and of two rows.
#define MNV4_STEPS(name, mode, kernel, stride) \
  MNV4_STEP(name##_1, mode, 1, kernel, stride) \
  MNV4_STEP(name##_2, mode, 2, kernel, stride)

/// Those of every size of the filter and stride.
#define MNV4_SIZED_STEPS(name) \
  MNV4_STEPS(name##_3x3s1, mode_##name, 3, 1) \
  MNV4_STEPS(name##_3x3s2, mode_##name, 3, 2) \
  MNV4_STEPS(name##_5x5s1, mode_##name, 5, 1) \
  MNV4_STEPS(name##_5x5s2, mode_##name, 5, 2) \
  MNV4_STEPS(name##_7x7s1, mode_##name, 7, 1) \
  MNV4_STEPS(name##_7x7s2, mode_##name, 7, 2)

MNV4_SIZED_STEPS(integer)
MNV4_SIZED_STEPS(rectified)
MNV4_STEPS(clamped_s1, mode_integer_clamped, s->layer->kernel_width, 1)
MNV4_STEPS(clamped_s2, mode_integer_clamped, s->layer->kernel_width, 2)
MNV4_STEPS(float_s1, mode_float, s->layer->kernel_width, 1)
MNV4_STEPS(float_s2, mode_float, s->layer->kernel_width, 2)

static step_function *find_step(const strip *s, const mnv4_q8dw_header *header, int32_t rows) {
// [stride][rows].
#define MNV4_BY_STRIDE(name) {{name##s1_1, name##s1_2}, {name##s2_1, name##s2_2}}
#define MNV4_BY_SIZE(name) \
  {MNV4_BY_STRIDE(name##_3x3), MNV4_BY_STRIDE(name##_5x5), MNV4_BY_STRIDE(name##_7x7)}
  static step_function *const sized[2][3][2][2] = {MNV4_BY_SIZE(integer), MNV4_BY_SIZE(rectified)};
  static step_function *const clamped[2][2] = MNV4_BY_STRIDE(clamped_);
  static step_function *const floating[2][2] = MNV4_BY_STRIDE(float_);
#undef MNV4_BY_SIZE
#undef MNV4_BY_STRIDE
  const int32_t size = s->layer->kernel_width / 2 - 1;
  const int32_t stride = s->layer->stride_width - 1;
  if (s->layer->output_type == MNV4_Q8_DEPTHWISE_FLOAT32) return floating[stride][rows - 1];
  if (header->may_overflow) return clamped[stride][rows - 1];
  return sized[header->is_rectified][size][stride][rows - 1];
}

static void run_strip(
    const strip *s, const mnv4_q8dw_header *header, int32_t row_begin, int32_t row_end) {
  const mnv4_q8_depthwise_layer *layer = s->layer;
  const ptrdiff_t slot_bytes = (ptrdiff_t)s->tile.pair_cells * s->steps.cell_byte_count;
  const int32_t pair_count = s->steps.pair_count;
  const int32_t stride = layer->stride_height;
  fill_function *const fill = find_fill(s);
  step_function *const one_row = find_step(s, header, 1);
  step_function *const two_rows = find_step(s, header, 2);
  int32_t input_row = row_begin * stride - layer->padding_top;
  // Pairs that are there, counted from the step's first, and the slot of the first.
  int32_t filled = 0, first = 0;
  for (int32_t y = row_begin; y < row_end;) {
    const int32_t rows = mnv4_q8dw_minimum(MNV4_Q8DW_ROWS, row_end - y);
    // The second row reaches further by its stride.
    const int32_t needed = rows == 1 && stride == 2 ? pair_count - 1 : pair_count;
    const uint8_t *slots[most_pairs];
    for (int32_t i = 0, slot = first; i < pair_count; ++i) {
      uint8_t *const pair = s->ring + slot * slot_bytes;
      if (i >= filled && i < needed) fill(s, input_row + 2 * i, pair);
      slots[i] = pair;
      if (++slot == pair_count) slot = 0;
    }
    (rows == 2 ? two_rows : one_row)(s, y, slots);
    y += rows;
    // The next step begins as many pairs later as the stride says.
    filled = pair_count - stride;
    input_row += 2 * stride;
    first += stride;
    if (first >= pair_count) first -= pair_count;
  }
}

void MNV4_RUN(const mnv4_q8_depthwise_call *call) {
  const mnv4_q8_depthwise_layer *layer = call->layer;
  const mnv4_q8dw_form form = {MNV4_WIDTH, MNV4_CELL};
  const mnv4_q8dw_header *header = call->packed;
  const int32_t element = layer->output_type == MNV4_Q8_DEPTHWISE_FLOAT32 ? 4 : 1;
  _Alignas(64) uint8_t padding[MNV4_WIDTH];
  memset(padding, layer->input_zero_point, sizeof padding);
  strip s;
  s.layer = layer;
  s.steps = mnv4_q8dw_make_steps(form, layer);
  s.ring = call->scratch;
  s.padding = padding;
  s.finish = make_finish(layer);
  s.constants = (const uint8_t *)call->packed + sizeof *header;
  const int32_t first = call->channel_begin / MNV4_WIDTH;
  const int32_t last = mnv4_q8dw_quotient(call->channel_end, MNV4_WIDTH);
  s.constants += first * mnv4_q8dw_tile_byte_count(form, s.steps);
  for (int32_t index = first; index < last; ++index) {
    s.tile = mnv4_q8dw_make_tile(form, layer, index);
    s.input = (const uint8_t *)call->input + s.tile.first_channel;
    s.output = (uint8_t *)call->output + (ptrdiff_t)s.tile.first_channel * element;
    for (int32_t i = 0; i < s.tile.strip_count; i += s.tile.segment_count) {
      s.first_column = i * s.tile.strip_columns;
      if (s.first_column >= layer->output_width) break;
      find_inner_cells(&s);
      run_strip(&s, header, call->row_begin, call->row_end);
    }
    s.constants += mnv4_q8dw_tile_byte_count(form, s.steps);
  }
}
