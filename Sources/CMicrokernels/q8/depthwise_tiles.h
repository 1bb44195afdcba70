// How the SIMD kernels of 3×3, 5×5 and 7×7 filters cut and order a layer.
//
// A *tile* is as many channels as a vector has bytes. The last tile of a layer with few channels
// left holds them twice or four times, in *segments* of the vector, each for other columns of the
// image.
//
// A *cell* is the pixels of the input of which a lane of 32 bits holds one channel: four as bytes,
// or two as 16-bit integers. A multiply-add of such lanes with weights adds the cell's share to
// sums. 16-bit integers: 2 rows of a column. Bytes: 2 rows of 2 columns at stride 2; at stride 1 4 rows
// of a column, and where two rows of a 5×5 filter's step are left, these of 2 columns, one cell for
// each column to begin in: the *tail*. Pixels of a cell count down its columns.
//
// A *pair* is two neighbouring input rows: the first two that a call's windows reach, the next two, and
// so on. It waits as cells or, bytes at stride 1, as *halves*, two of which are joined to a cell as it
// is read: storing cells of four rows, each of which is in two, costs more.
//
// A *step* is two output rows. It reads `pair_count` pairs; the next step begins `stride` later.
// At stride 1 both rows meet the same cells, with weights of their own; at stride 2 the second row
// begins a pair later. Pairs wait in a ring of `pair_count` slots.
//
// A *strip* is the columns whose pairs fit into the scratch, which stays in the first cache.
#ifndef MNV4_Q8_DEPTHWISE_TILES_H
#define MNV4_Q8_DEPTHWISE_TILES_H

#include "q8_depthwise.h"

/// Output columns and rows that are computed at a time.
#define MNV4_Q8DW_COLUMNS 4
#define MNV4_Q8DW_ROWS 2

/// How an instruction set holds channels and rows.
typedef struct mnv4_q8dw_form {
  /// Bytes of a vector, and channels of a tile.
  int32_t width;
  /// Pixels of a cell: 4 (bytes) or 2 (16-bit integers).
  int32_t cell_size;
} mnv4_q8dw_form;

/// What follows from a layer's filter.
typedef struct mnv4_q8dw_steps {
  int32_t cell_rows, cell_columns;
  int32_t pair_count;
  /// Rows of cells that a window of the filter meets, the tail aside.
  int32_t group_count;
  /// Cells of a row that a window reaches, and from one window to the next.
  int32_t window_cells, cell_stride;
  /// Cells of the tail that a window reaches: none where there is no tail.
  int32_t tail_cells;
  /// Bytes of a pair that wait for one column of cells, of all channels of a tile.
  int32_t cell_byte_count;
  /// Vectors of weights of one accumulator: [group][cell], and at stride 1 [row of the step]; then
  /// those of the tail, [cell][row of the step].
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
  /// Cells of a pair: those that enter an output, and with those that are read beside: by blocks
  /// which are wider than what is left of a strip, and by zeros of the tail.
  int32_t filled_cells, pair_cells;
} mnv4_q8dw_tile;

/// What precedes the tiles in packed constants.
typedef struct mnv4_q8dw_header {
  /// Whether a scaled sum may leave the range of 32-bit integers upwards.
  int32_t may_overflow;
  /// Whether sums start at the bits of the float 2²³: outputs begin with their zero point, which is
  /// the least of their type, and sums have no more bits than a float holds. Those of a sum from 0
  /// to 2²³ are then the bits of 2²³ + sum, and one fused multiply-add makes of them sum · scale,
  /// rounded once, for 2²³ · scale is exact. A sum below gives a product below.
  int32_t is_rectified;
  int32_t unused[14];
} mnv4_q8dw_header;

static inline int32_t mnv4_q8dw_minimum(int32_t a, int32_t b) { return a < b ? a : b; }

/// ⌈a / b⌉ of numbers that are not negative.
static inline int32_t mnv4_q8dw_quotient(int32_t a, int32_t b) { return a / b + (a % b != 0); }

static inline int32_t mnv4_q8dw_cell_columns(int32_t cell_size, int32_t stride) {
  return cell_size == 4 ? stride : 1;
}

/// Whether cells have four rows, and pairs wait as halves.
static inline bool mnv4_q8dw_has_halves(int32_t cell_size, int32_t stride) {
  return cell_size == 4 && stride == 1;
}

static inline int32_t mnv4_q8dw_pair_count(int32_t kernel, int32_t stride) {
  return (kernel + stride + 1) / 2;
}

/// Rows of cells that a window of `kernel` rows meets.
static inline int32_t mnv4_q8dw_group_count(int32_t cell_size, int32_t stride, int32_t kernel) {
  return mnv4_q8dw_has_halves(cell_size, stride) ? (kernel + 1) / 4 : (kernel + 1) / 2;
}

static inline int32_t mnv4_q8dw_tail_cells(int32_t cell_size, int32_t stride, int32_t kernel) {
  const bool has_tail = mnv4_q8dw_has_halves(cell_size, stride) && (kernel + 1) % 4 != 0;
  return has_tail ? (kernel + 1) / 2 : 0;
}

static inline mnv4_q8dw_steps mnv4_q8dw_make_steps(
    mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer) {
  const int32_t kernel = layer->kernel_height;
  const int32_t stride = layer->stride_height;
  mnv4_q8dw_steps steps;
  steps.cell_columns = mnv4_q8dw_cell_columns(form.cell_size, stride);
  steps.cell_rows = form.cell_size / steps.cell_columns;
  steps.pair_count = mnv4_q8dw_pair_count(kernel, stride);
  steps.group_count = mnv4_q8dw_group_count(form.cell_size, stride, kernel);
  steps.window_cells = mnv4_q8dw_quotient(kernel, steps.cell_columns);
  steps.cell_stride = stride / steps.cell_columns;
  steps.tail_cells = mnv4_q8dw_tail_cells(form.cell_size, stride, kernel);
  steps.cell_byte_count =
      mnv4_q8dw_has_halves(form.cell_size, stride) ? 2 * form.width : 4 * form.width;
  const int32_t cells = steps.group_count * steps.window_cells + steps.tail_cells;
  steps.weight_vector_count = stride == 1 ? cells * MNV4_Q8DW_ROWS : cells;
  return steps;
}

static inline int32_t mnv4_q8dw_tile_count(
    mnv4_q8dw_form form, const mnv4_q8_depthwise_layer *layer) {
  return mnv4_q8dw_quotient(layer->channels, form.width);
}

/// Bytes of a tile's packed constants: where sums start (int32), scales (float) and −2²³ · scales of
/// its channels in the order of the accumulators, then the weights of each accumulator.
static inline size_t mnv4_q8dw_tile_byte_count(mnv4_q8dw_form form, mnv4_q8dw_steps steps) {
  return (size_t)form.width * 4 * (size_t)(3 + steps.weight_vector_count);
}

/// Bytes of scratch that a strip may fill, unless it would be too narrow.
#define MNV4_Q8DW_STRIP_BYTE_COUNT 28672

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
  const int32_t room = MNV4_Q8DW_STRIP_BYTE_COUNT / (steps.pair_count * steps.cell_byte_count);
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
  tile.pair_cells = (blocks * MNV4_Q8DW_COLUMNS - 1) * steps.cell_stride + steps.window_cells
      + (steps.tail_cells > 0);
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
