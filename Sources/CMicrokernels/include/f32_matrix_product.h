#ifndef MNV4_F32_MATRIX_PRODUCT_H
#define MNV4_F32_MATRIX_PRODUCT_H

#include "f32_gemm.h"

/// The right operand of a product of two float32 matrices of activations, to be packed at every run
/// as the weights of `struct mnv4_f32_gemm`, which computes the product.
struct mnv4_f32_right_operand {
  /// `[depth][columns]`, or `[columns][depth]` where it is transposed, without gaps; any alignment
  /// of a float. Nothing is read beyond it.
  const float *right;
  /// At least 1.
  ptrdiff_t depth, columns;
  int is_transposed;
  /// What each element is multiplied by.
  float scale;
};

/// Packs panels `panel_begin ..< panel_end` of 32 columns to their place in `packed`, which is on a
/// 64-byte boundary, has 32 · depth floats a panel and does not overlap the operand.
/// Columns past the last become zeros. Disjoint ranges may be packed at the same time.
void mnv4_f32_gemm_pack_right(
    const struct mnv4_f32_right_operand *operand, ptrdiff_t panel_begin, ptrdiff_t panel_end,
    float *packed);

#endif
