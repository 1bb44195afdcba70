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
//   multiply_add(sums, group, weights)
//   interleave(pixels, cell)   `MNV4_CELL` vectors of bytes → four of lanes, such that packing them
//                         twice restores the order of channels
//   gather(pixels, segments)   the bytes of that many segments, each at its own place
//   change_bytes(keep, bytes, change)   (bytes and keep) exclusive or change
//   store_segments(pixel, step, bytes, column, columns, segments, count)   the first `count`
//                         bytes of each segment that has more columns than `column`, `step` bytes
//                         apart
//   MNV4_MASKS            whether that takes few instructions for one segment

#define MNV4_INLINE static inline __attribute__((always_inline))
#define MNV4_UNROLL _Pragma("clang loop unroll(full)")
#define MNV4_ROLLED _Pragma("clang loop unroll(disable) vectorize(disable)")

enum { columns_at_once = MNV4_Q8DW_COLUMNS, cell_bytes = 4 * MNV4_WIDTH };

/// What becomes of scaled sums.
enum { mode_integer, mode_integer_clamped, mode_float };

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
  /// Biases of the tile; scales and weights follow.
  const uint8_t *constants;
  /// The tile's first channel of the first pixel.
  const uint8_t *input;
  uint8_t *output;
  uint8_t *ring;
  /// A vector of the input's zero point.
  const uint8_t *padding;
  finish finish;
  /// The first output column of the first segment.
  int32_t first_column;
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
    const uint8_t *const groups[4], const block *b) {
  integers low[columns_at_once][2], high[columns_at_once][2];
  rounded_sums(s, mode, columns, rows, kernel, stride, 0, groups, low);
  rounded_sums(s, mode, columns, rows, kernel, stride, 2, groups, high);
  if (s->finish.has_bounds) {
    store_block(s, true, true, columns, rows, b, low, high);
  } else if (s->finish.has_zero) {
    store_block(s, true, false, columns, rows, b, low, high);
  } else {
    store_block(s, false, false, columns, rows, b, low, high);
  }
}

/// A block of a step: float32.
MNV4_INLINE void float_block(
    const strip *s, int32_t columns, int32_t rows, int32_t kernel, int32_t stride,
    const uint8_t *const groups[4], const block *b) {
  _Alignas(64) float elements[4][columns_at_once][2][MNV4_WIDTH / 4];
  const floats lower = V(set1_ps)(s->layer->float_lower);
  const floats upper = V(set1_ps)(s->layer->float_upper);
  for (int32_t q = 0; q < 4; ++q) {
    floats scaled[columns_at_once][2];
    scaled_sums(s, columns, rows, kernel, stride, q, groups, scaled);
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
    const uint8_t *const slots[4]) {
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
    const uint8_t *groups[4];
    const int32_t cell = x * (stride / mnv4_q8dw_cell_columns(MNV4_CELL, stride));
    for (int32_t i = 0; i < 4; ++i) groups[i] = slots[i] + (ptrdiff_t)cell * cell_bytes;
    if (mode == mode_float) {
      float_block(s, columns_at_once, rows, kernel, stride, groups, &b);
    } else if (mode == mode_integer && most <= columns_at_once / 2) {
      integer_block(s, mode, columns_at_once / 2, rows, kernel, stride, groups, &b);
    } else {
      integer_block(s, mode, columns_at_once, rows, kernel, stride, groups, &b);
    }
  }
}

typedef void step_function(const strip *s, int32_t y, const uint8_t *const slots[4]);

#define MNV4_STEP(name, mode, rows, kernel, stride) \
  static void name(const strip *s, int32_t y, const uint8_t *const slots[4]) { \
    step(s, mode, rows, kernel, stride, y, slots); \
  }

MNV4_STEP(step_3x3s1_2, mode_integer, 2, 3, 1)
MNV4_STEP(step_3x3s1_1, mode_integer, 1, 3, 1)
MNV4_STEP(step_3x3s2, mode_integer, 1, 3, 2)
MNV4_STEP(step_5x5s1_2, mode_integer, 2, 5, 1)
MNV4_STEP(step_5x5s1_1, mode_integer, 1, 5, 1)
MNV4_STEP(step_5x5s2, mode_integer, 1, 5, 2)
MNV4_STEP(step_7x7s1_2, mode_integer, 2, 7, 1)
MNV4_STEP(step_7x7s1_1, mode_integer, 1, 7, 1)
MNV4_STEP(step_7x7s2, mode_integer, 1, 7, 2)
MNV4_STEP(step_clamped_2, mode_integer_clamped, 2, s->layer->kernel_width, 1)
MNV4_STEP(
    step_clamped_1, mode_integer_clamped, 1, s->layer->kernel_width, s->layer->stride_width)
MNV4_STEP(step_float_2, mode_float, 2, s->layer->kernel_width, 1)
MNV4_STEP(step_float_1, mode_float, 1, s->layer->kernel_width, s->layer->stride_width)

static step_function *find_step(const strip *s, bool may_overflow, int32_t rows) {
  static step_function *const integer[3][3] = {
      {step_3x3s2, step_3x3s1_1, step_3x3s1_2},
      {step_5x5s2, step_5x5s1_1, step_5x5s1_2},
      {step_7x7s2, step_7x7s1_1, step_7x7s1_2},
  };
  if (s->layer->output_type == MNV4_Q8_DEPTHWISE_FLOAT32) {
    return rows == 2 ? step_float_2 : step_float_1;
  }
  if (may_overflow) return rows == 2 ? step_clamped_2 : step_clamped_1;
  return integer[s->layer->kernel_width / 2 - 1][s->layer->stride_width == 2 ? 0 : rows];
}

static void run_strip(const strip *s, bool may_overflow, int32_t row_begin, int32_t row_end) {
  const mnv4_q8_depthwise_layer *layer = s->layer;
  const mnv4_q8dw_steps *steps = &s->steps;
  const ptrdiff_t slot_bytes = (ptrdiff_t)s->tile.group_cells * cell_bytes;
  const int32_t top = row_begin * layer->stride_height - layer->padding_top;
  int32_t filled = 0;
  for (int32_t index = 0, y = row_begin; y < row_end; ++index, y += steps->rows) {
    for (; filled < index + steps->ring_count; ++filled) {
      fill_group(s, top + 2 * filled, s->ring + filled % steps->ring_count * slot_bytes);
    }
    const uint8_t *slots[4];
    for (int32_t i = 0; i < 4; ++i) {
      const int32_t group = index + (i < steps->group_count ? i : 0) * steps->group_stride;
      slots[i] = s->ring + group % steps->ring_count * slot_bytes;
    }
    const int32_t rows = mnv4_q8dw_minimum(steps->rows, row_end - y);
    find_step(s, may_overflow, rows)(s, y, slots);
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
      run_strip(&s, header->may_overflow, call->row_begin, call->row_end);
    }
    s.constants += mnv4_q8dw_tile_byte_count(form, s.steps);
  }
}
