// Products of two matrices of activations, both int8: attention's scores and mixtures. The right
// one is packed at every run, as the weights that a kernel of q8_gemm.h reads.
//
//     y = clamp(round(float32(sum((l - z_l) * (r - z_r))) * scale) + z_y)
//
// or float32(sum) * scale: "Sums" in docs/quantization.md, exactly.
#ifndef MNV4_Q8_MATRIX_PRODUCT_H
#define MNV4_Q8_MATRIX_PRODUCT_H

#include "q8_gemm.h"

/// A right operand, to be packed.
typedef struct {
  /// [depth][columns], or [columns][depth] where it `is_transposed`; int8, without gaps, any
  /// alignment. Nothing is read beyond it.
  const int8_t *right;
  /// 1 to 33,025, and 1 to 2^30.
  int32_t depth, columns;
  bool is_transposed;
  /// Within int8.
  int32_t left_zero_point, right_zero_point;
  /// s_l * s_r / s_y, or s_l * s_r for a float32 output: finite, of any sign.
  float scale;
} mnv4_q8_right_operand;

/// One implementation.
typedef struct {
  /// For instance "q8_matrix_product_avx512vnni".
  const char *name;
  /// Runs the product of what is packed, as a 1x1 convolution of an image of 1 x rows pixels, int8
  /// with the left zero point. Says which features both need, how large the packed operand is and
  /// what steps of rows and columns waste nothing.
  const mnv4_q8_gemm_kernel *gemm;
  /// Packs columns [column_begin, column_end) to 64-byte aligned memory, nothing else of it but,
  /// with column 0, what is common to all. `column_begin` is a multiple of the product's
  /// `channel_step`; `column_end` too, or it is `columns`. Disjoint ranges may be packed at the
  /// same time.
  void (*pack)(const mnv4_q8_right_operand *operand, int32_t column_begin, int32_t column_end,
               void *packed);
} mnv4_q8_matrix_product_kernel;

/// The kernels of this build by index from 0, the fastest first, the scalar one, which runs
/// everywhere, last; NULL beyond it.
const mnv4_q8_matrix_product_kernel *mnv4_q8_matrix_product_kernel_at(int32_t index);

#endif
