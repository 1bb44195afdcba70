// Packs right operands of products of activations, in the compiler's vectors of four floats.

#include "f32_matrix_product.h"

#include "simd_portable.h"

/// Four columns of a transposed operand, `count` of which exist, `stride` apart: `depth` elements
/// of each.
static inline void pack_columns(
    const float *from, ptrdiff_t stride, ptrdiff_t count, ptrdiff_t depth, float scale, float *to) {
  ptrdiff_t k = 0;
  if (count >= 4) {
    for (; k + 4 <= depth; k += 4, to += 4 * MNV4_F32_PANEL) {
      const vec a = vec_load(from + k), b = vec_load(from + stride + k);
      const vec c = vec_load(from + 2 * stride + k), d = vec_load(from + 3 * stride + k);
      const vec ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      const vec ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
      const vec cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
      const vec cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
      vec_store(to, __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5) * scale);
      vec_store(to + MNV4_F32_PANEL, __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7) * scale);
      vec_store(
          to + 2 * MNV4_F32_PANEL, __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5) * scale);
      vec_store(
          to + 3 * MNV4_F32_PANEL, __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7) * scale);
    }
  }
  for (; k < depth; k++, to += MNV4_F32_PANEL) {
    for (ptrdiff_t i = 0; i < 4; i++) to[i] = i < count ? from[i * stride + k] * scale : 0;
  }
}

/// One row of a panel, `count` columns of which exist.
static inline void pack_row(const float *from, ptrdiff_t count, float scale, float *to) {
  for (ptrdiff_t i = 0; i < MNV4_F32_PANEL; i += VEC_LANES) {
    vec_store(to + i, vec_load_masked(from + i, vec_first(count - i)) * scale);
  }
}

void mnv4_f32_gemm_pack_right(
    const struct mnv4_f32_right_operand *operand, ptrdiff_t panel_begin, ptrdiff_t panel_end,
    float *packed) {
  const ptrdiff_t depth = operand->depth, columns = operand->columns;
  const float scale = operand->scale;
  for (ptrdiff_t panel = panel_begin; panel < panel_end; panel++) {
    const ptrdiff_t first = panel * MNV4_F32_PANEL;
    float *to = packed + first * depth;
    if (operand->is_transposed) {
      for (ptrdiff_t i = 0; i < MNV4_F32_PANEL; i += 4) {
        const ptrdiff_t left = columns - first - i;
        const float *from = left > 0 ? operand->right + (first + i) * depth : operand->right;
        pack_columns(from, depth, left, depth, scale, to + i);
      }
    } else {
      for (ptrdiff_t k = 0; k < depth; k++) {
        const float *from = operand->right + k * columns + first;
        pack_row(from, columns - first, scale, to + k * MNV4_F32_PANEL);
      }
    }
  }
}
