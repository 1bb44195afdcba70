// Packs right operands of products of activations for the kernels of q8_gemm, and their list.
#include "q8_matrix_product.h"

#include "gemm_kernels.h"
#include "gemm_layout.h"
#include "matrix_product_pack.h"

/// Blocks, of four columns each, that are packed side by side.
enum { MOST_BLOCKS = 4 };

/// A panel of the packed operand.
typedef struct {
  char *weights;
  /// Bytes from one step to the next, and from one vector of a step to the next.
  ptrdiff_t step_stride, vector_stride;
  int32_t vectors;
} panel_place;

/// Where a block of a panel has its 16 bytes of a step.
static inline ptrdiff_t block_offset(const panel_place *p, int32_t block) {
  if (p->vectors == 1) return 16 * block;
  return block % 2 * p->vector_stride + block / 2 * 16;
}

/// Sums of the int8 of up to four blocks, a lane a column.
typedef struct {
  ints4 sums[MOST_BLOCKS];
  /// Of the latest steps, which are few enough for 16 bits.
  shorts8 latest[MOST_BLOCKS];
  int32_t step_count;
} column_sums;

enum { MOST_LATEST_STEPS = 127 };

static inline void flush_sums(column_sums *s) {
  for (int32_t b = 0; b < MOST_BLOCKS; b++) {
    s->sums[b] += lane_sums(s->latest[b]);
    s->latest[b] = (shorts8){0};
  }
  s->step_count = 0;
}

/// Packs up to four steps of one block of a transposed operand, from `k` on.
static inline void pack_columns(const q8_gemm_layout layout, const mnv4_q8_right_operand *o,
                                int32_t column, int32_t k, char *to, ptrdiff_t stride,
                                column_sums *sums) {
  const int32_t columns = o->columns - column, count = o->depth - k;
  const int8_t *from = o->right + (ptrdiff_t)column * o->depth + k;
  const quad steps =
      layout.group == 4
          ? load_columns_of_bytes(from, o->depth, columns, count)
          : load_columns_of_shorts(from, o->depth, columns, count, (int16_t)o->right_zero_point);
  UNROLLED for (int32_t i = 0; i < 4; i++) {
    if (i * layout.group >= count) break;
    memcpy(to + i * stride, &steps.of[i], 16);
    if (layout.group == 4) sums->latest[0] += pair_sums(steps.of[i]);
  }
  sums->step_count += 4;
}

/// Packs one step of `blocks` blocks of an operand that is not transposed.
static inline void pack_rows(const q8_gemm_layout layout, const mnv4_q8_right_operand *o,
                             int32_t column, int32_t k, const panel_place *p, int32_t block,
                             int32_t blocks, column_sums *sums) {
  const int32_t columns = o->columns - column, count = o->depth - k;
  const int8_t *from = o->right + (ptrdiff_t)k * o->columns + column;
  const quad step =
      layout.group == 4
          ? load_rows_of_bytes(from, o->columns, columns, count)
          : load_rows_of_shorts(from, o->columns, columns, count, (int16_t)o->right_zero_point);
  char *to = p->weights + k / layout.group * p->step_stride;
  for (int32_t b = 0; b < blocks; b++) {
    memcpy(to + block_offset(p, block + b), &step.of[b], 16);
    if (layout.group == 4) sums->latest[b] += pair_sums(step.of[b]);
  }
  sums->step_count++;
}

/// The accumulators' first values of a block, from the sums of its bytes.
static void store_starts(const mnv4_q8_right_operand *o, ints4 sums, int32_t *to) {
  const uint32_t zero = (uint32_t)(o->left_zero_point + 128);
  const uint32_t offset = (uint32_t)o->depth * (uint32_t)o->right_zero_point;
  for (int32_t i = 0; i < 4; i++) to[i] = (int32_t)(0 - zero * ((uint32_t)sums[i] - offset));
}

/// Packs the panel whose first column is `first`, `width` columns wide.
__attribute__((always_inline)) static inline void pack_panel(const q8_gemm_layout layout,
                                                             const mnv4_q8_right_operand *o,
                                                             int32_t first, int32_t width,
                                                             char *panel) {
  int32_t *starts = (int32_t *)(void *)panel;
  float *scales = (float *)(void *)(starts + width);
  for (int32_t i = 0; i < width; i++) scales[i] = o->scale;
  const panel_place place = {.weights = (char *)(scales + width),
                             .step_stride = width * 4,
                             .vector_stride = layout.vector_lanes * 4,
                             .vectors = width / layout.vector_lanes};
  const int32_t side_by_side = o->is_transposed ? 1 : layout.group == 4 ? 4 : 2;
  for (int32_t block = 0; block < width / 4; block += side_by_side) {
    const int32_t left = width / 4 - block;
    const int32_t blocks = left < side_by_side ? left : side_by_side;
    const int32_t column = first + block * 4;
    column_sums sums = {.step_count = 0};
    const int32_t together = o->is_transposed ? 4 : 1;
    char *to = place.weights + block_offset(&place, block);
    for (int32_t k = 0; k < o->depth; k += together * layout.group) {
      if (sums.step_count > MOST_LATEST_STEPS - 4) flush_sums(&sums);
      if (o->is_transposed) {
        pack_columns(layout, o, column, k, to + k / layout.group * place.step_stride,
                     place.step_stride, &sums);
      } else {
        pack_rows(layout, o, column, k, &place, block, blocks, &sums);
      }
    }
    flush_sums(&sums);
    for (int32_t b = 0; b < blocks; b++) {
      int32_t *start = starts + block_offset(&place, block + b) / 4;
      if (layout.group == 4) {
        store_starts(o, sums.sums[b], start);
      } else {
        memset(start, 0, 16);
      }
    }
  }
}

__attribute__((always_inline)) static inline void pack(const q8_gemm_layout layout,
                                                       const mnv4_q8_right_operand *o,
                                                       int32_t column_begin, int32_t column_end,
                                                       void *packed) {
  q8_gemm_header *header = packed;
  if (column_begin == 0) {
    memset(header, 0, sizeof *header);
    if (layout.group == 4) header->row_sum_factor = -o->right_zero_point;
    const double most = 255.0 * 255.0 * (double)o->depth;
    const double scale = o->scale < 0 ? -(double)o->scale : (double)o->scale;
    header->products_fit = most * scale < 0x1p30;
  }
  const q8_gemm_segments k = {1, o->depth, (o->depth + layout.group - 1) / layout.group};
  const size_t per_channel = q8_gemm_panel_bytes_per_channel(k);
  char *panels = (char *)(header + 1);
  int32_t width;
  for (int32_t column = column_begin; column < column_end; column += width) {
    width = q8_gemm_panel_channels(layout, o->columns, column);
    pack_panel(layout, o, column, width, panels + (size_t)column * per_channel);
  }
}

#define PACK(NAME, LANES, GROUP)                                                            \
  static void NAME(const mnv4_q8_right_operand *operand, int32_t column_begin,              \
                   int32_t column_end, void *packed) {                                      \
    pack((q8_gemm_layout){.vector_lanes = LANES, .group = GROUP}, operand, column_begin,    \
         column_end, packed);                                                               \
  }

#if defined(__x86_64__)
PACK(pack_16x4, 16, 4)
PACK(pack_16x2, 16, 2)
PACK(pack_8x2, 8, 2)
#endif
PACK(pack_4x2, 4, 2)

const mnv4_q8_matrix_product_kernel *mnv4_q8_matrix_product_kernel_at(int32_t index) {
  static const mnv4_q8_matrix_product_kernel kernels[] = {
#if defined(__x86_64__)
      {"q8_matrix_product_avx512vnni", &mnv4_q8_gemm_avx512vnni, pack_16x4},
      {"q8_matrix_product_avx512", &mnv4_q8_gemm_avx512, pack_16x2},
      {"q8_matrix_product_avx2", &mnv4_q8_gemm_avx2, pack_8x2},
#endif
      {"q8_matrix_product_scalar", &mnv4_q8_gemm_scalar, pack_4x2},
  };
  const int32_t count = sizeof kernels / sizeof kernels[0];
  return index >= 0 && index < count ? &kernels[index] : NULL;
}
