// How the SIMD kernels of 3×3, 5×5 and 7×7 filters cut and order a layer.
//
// A *tile* is as many channels as a vector has bytes. The last tile of a layer with few channels
// left holds them twice or four times, in *segments* of the vector, each for other columns of the
// image.
//
// A *cell* is the pixels of the input of which a lane of 32 bits holds one channel: four as bytes,
// or two as 16-bit integers. Bytes: 4 rows of a column at stride 1, 2 rows of 2 columns at stride
// 2; 16-bit integers: 2 rows of a column. A multiply-add of such lanes with weights adds the cell's
// share to sums.
//
// A *group* is a row of cells. Groups begin every two input rows.
//
// A *step* is the output rows whose windows begin in the same two input rows: two at stride 1, one
// at stride 2. It needs `group_count` groups, `group_stride` apart; groups that later steps need
// again stay in a ring of `ring_count` slots.
//
// A *strip* is the columns whose groups fit into the scratch, which stays in the first cache.
#ifndef MNV4_Q8_DEPTHWISE_TILES_H
#define MNV4_Q8_DEPTHWISE_TILES_H

#include "q8_depthwise.h"

/// Output columns that are computed at a time.
#define MNV4_Q8DW_COLUMNS 4

/// How an instruction set holds channels and rows.
typedef struct mnv4_q8dw_form {
  /// Bytes of a vector, and channels of a tile.
  int32_t width;
  /// Pixels of a cell: 4 (bytes) or 2 (16-bit integers).
  int32_t cell_size;
} mnv4_q8dw_form;

/// What follows from a layer's filter.
typedef struct mnv4_q8dw_steps {
  int32_t rows;
  int32_t cell_rows, cell_columns;
  int32_t group_count, group_stride, ring_count;
  /// Cells of a group that a window reaches, and from one window to the next.
  int32_t window_cells, cell_stride;
  /// Bytes of a cell of all channels of a tile.
  int32_t cell_byte_count;
  /// Vectors of weights of one accumulator: [group][cell][row of the step].
  int32_t weight_vector_count;
} mnv4_q8dw_steps;

/// One tile of a layer.
typedef struct mnv4_q8dw_tile {
  int32_t first_channel;
  /// Channels that exist.
  int32_t channel_count;
  int32_t segment_count;
  /// Channels that a segment has room for.
  int32_t segment_channels;
  /// Output columns of a strip, and strips of a row: a multiple of the segments. The last may be
  /// shorter, or empty.
  int32_t strip_columns, strip_count;
  /// Cells of a group: those that enter an output, and with those that only blocks which are wider
  /// than what is left of a strip read.
  int32_t filled_cells, group_cells;
} mnv4_q8dw_tile;

/// What precedes the tiles in packed constants.
typedef struct mnv4_q8dw_header {
  /// Whether a scaled sum may leave the range of 32-bit integers upwards.
  int32_t may_overflow;
  int32_t unused[15];
} mnv4_q8dw_header;

static inline int32_t mnv4_q8dw_minimum(int32_t a, int32_t b) { return a < b ? a : b; }

/// ⌈a / b⌉ of numbers that are not negative.
static inline int32_t mnv4_q8dw_quotient(int32_t a, int32_t b) { return a / b + (a % b != 0); }

static inline int32_t mnv4_q8dw_cell_columns(int32_t cell_size, int32_t stride) {
  return cell_size == 4 ? stride : 1;
}

static inline mnv4_q8dw_steps mnv4_q8dw_make_steps(
    mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer) {
  mnv4_q8dw_steps steps;
  steps.rows = layer->stride_height == 1 ? 2 : 1;
  steps.cell_columns = mnv4_q8dw_cell_columns(form.cell_size, layer->stride_width);
  steps.cell_rows = form.cell_size / steps.cell_columns;
  steps.group_count =
      mnv4_q8dw_quotient(layer->kernel_height + (steps.rows - 1), steps.cell_rows);
  steps.group_stride = steps.cell_rows / 2;
  steps.ring_count = (steps.group_count - 1) * steps.group_stride + 1;
  steps.window_cells = mnv4_q8dw_quotient(layer->kernel_width, steps.cell_columns);
  steps.cell_stride = layer->stride_width / steps.cell_columns;
  steps.cell_byte_count = 4 * form.width;
  steps.weight_vector_count = steps.group_count * steps.window_cells * steps.rows;
  return steps;
}

static inline int32_t mnv4_q8dw_tile_count(
    mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer) {
  return mnv4_q8dw_quotient(layer->channels, form.width);
}

/// Bytes of a tile's packed constants: biases (int32) and scales (float) of its channels in the
/// order of the accumulators, then the weights of each accumulator.
static inline size_t mnv4_q8dw_tile_byte_count(mnv4_q8dw_form form, mnv4_q8dw_steps steps) {
  return (size_t)form.width * 4 * (size_t)(2 + steps.weight_vector_count);
}

/// Bytes of scratch that the ring may fill, unless a strip would be too narrow.
#define MNV4_Q8DW_RING_BYTE_COUNT 24576

static inline mnv4_q8dw_tile mnv4_q8dw_make_tile(
    mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer, int32_t index) {
  const mnv4_q8dw_steps steps = mnv4_q8dw_make_steps(form, layer);
  mnv4_q8dw_tile tile;
  tile.first_channel = index * form.width;
  tile.channel_count = mnv4_q8dw_minimum(form.width, layer->channels - tile.first_channel);
  tile.segment_count = 1;
  tile.segment_channels = form.width;
  while (tile.segment_channels >= 32 && tile.channel_count <= tile.segment_channels / 2) {
    tile.segment_channels /= 2;
    tile.segment_count *= 2;
  }
  const int32_t room = MNV4_Q8DW_RING_BYTE_COUNT / (steps.ring_count * steps.cell_byte_count);
  int32_t limit = (room - steps.window_cells) / steps.cell_stride + 1;
  limit -= limit % MNV4_Q8DW_COLUMNS;
  if (limit < 2 * MNV4_Q8DW_COLUMNS) limit = 2 * MNV4_Q8DW_COLUMNS;
  const int32_t width = layer->output_width;
  const int32_t batches = mnv4_q8dw_quotient(mnv4_q8dw_quotient(width, limit), tile.segment_count);
  tile.strip_count = batches * tile.segment_count;
  tile.strip_columns = mnv4_q8dw_quotient(width, tile.strip_count);
  const int32_t blocks = mnv4_q8dw_quotient(tile.strip_columns, MNV4_Q8DW_COLUMNS);
  // Strips of whole blocks, where there are several one after the other.
  if (batches > 1) tile.strip_columns = blocks * MNV4_Q8DW_COLUMNS;
  tile.filled_cells = (tile.strip_columns - 1) * steps.cell_stride + steps.window_cells;
  tile.group_cells =
      (blocks * MNV4_Q8DW_COLUMNS - 1) * steps.cell_stride + steps.window_cells;
  return tile;
}

bool mnv4_q8dw_supports(const mnv4_q8_depthwise_layer *layer);
size_t mnv4_q8dw_packed_byte_count(mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer);
size_t mnv4_q8dw_scratch_byte_count(mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer);
void mnv4_q8dw_pack(
    mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer,
    const mnv4_q8_depthwise_constants *constants, void *packed);

#if defined(__x86_64__)
void mnv4_q8_depthwise_rows_avx512vnni(const mnv4_q8_depthwise_call *call);
void mnv4_q8_depthwise_rows_avx512(const mnv4_q8_depthwise_call *call);
void mnv4_q8_depthwise_rows_avx2(const mnv4_q8_depthwise_call *call);
#endif

#endif
