#ifndef MNV4_F32_STRASSEN_H
#define MNV4_F32_STRASSEN_H

#include "f32_gemm.h"

// A matrix product in seven eighths of the multiplications: one step of Strassen's method in
// Winograd's form.
//
// Rows, columns and depth are halved: even and odd rows; in strips of 64 or 96 columns the first and
// the second half; the first and the second half of the depth. Seven products of sums of quarters
// make the four quarters of the output:
//
//     S1 = A21 + A22   S2 = S1 - A11    S3 = A11 - A21   S4 = A12 - S2
//     T1 = B12 - B11   T2 = B22 - T1    T3 = B22 - B12   T4 = T2 - B21
//     P1 = A11·B11   U2 = P1 + S2·T2   U3 = U2 + S3·T3   P5 = S1·T1
//     C11 = P1 + A12·B21   C12 = U2 + P5 + S4·B22   C21 = U3 - A22·T4   C22 = U3 + P5
//
// Columns are scaled by powers of two to about equal size before and back after, so that none
// drowns in its partner's rounding. The error of an element is bounded by the largest elements of
// its pair of rows and of its pair of columns, not by its own terms alone (Higham, Accuracy and
// Stability of Numerical Algorithms, theorem 23.3), and is about twice that of a plain product. What
// is not finite, and what a sum of four elements makes so, reaches the other row or column of its pair.
//
// An element's bits depend neither on the range of a call nor on other pairs of rows; AVX-512 and
// AVX2 kernels agree in every bit.
//
// A product is a `mnv4_f32_gemm` of which `weights` is what `mnv4_f32_strassen_pack` made and `bias`
// is not read. `depth` is even, there are more than 48 columns, the activation is `MNV4_F32_CLAMP`,
// and the residual is added to all channels or to none.

/// The part of an output that a call computes; disjoint ranges may be computed at the same time.
struct mnv4_f32_strassen_range {
  /// Pairs of rows: pair i is rows 2i and 2i + 1.
  ptrdiff_t pair_begin, pair_end;
  /// Of the `mnv4_f32_strassen_strips(columns)`.
  ptrdiff_t strip_begin, strip_end;
};

/// The strips of so many columns, more than 48.
ptrdiff_t mnv4_f32_strassen_strips(ptrdiff_t columns);

/// The floats that the constants take, packed.
ptrdiff_t mnv4_f32_strassen_packed_count(ptrdiff_t depth, ptrdiff_t columns);

/// Packs `[columns][depth]` weights and `columns` biases (null: zeros) into `packed`, on a 64-byte
/// boundary, which holds zeros and does not overlap them.
void mnv4_f32_strassen_pack(
    const float *weights, const float *bias, ptrdiff_t depth, ptrdiff_t columns, float *packed);

/// The bytes of scratch that each thread needs for ranges of at most `pairs` pairs, whichever the
/// kernel; a multiple of 64, no less for more pairs.
ptrdiff_t mnv4_f32_strassen_scratch_bytes(ptrdiff_t pairs, ptrdiff_t depth, ptrdiff_t columns);

/// An implementation for one instruction set.
struct mnv4_f32_strassen_kernel {
  /// For example "f32_strassen_14x32_avx512".
  const char *name;
  /// The bits of `mnv4_cpu_features()` that it needs.
  uint32_t features;
  /// Pairs of rows of its tile.
  int32_t tile_pairs;
  /// `scratch`: `mnv4_f32_strassen_scratch_bytes` bytes of the calling thread's own on a 64-byte
  /// boundary, of any content.
  void (*run)(
      const struct mnv4_f32_gemm *product, struct mnv4_f32_strassen_range range,
      void *scratch);
};

/// The kernels of this architecture by index from 0, the fastest first, the last of which runs
/// anywhere; null beyond it.
const struct mnv4_f32_strassen_kernel *mnv4_f32_strassen_kernel_at(int32_t index);

#if defined(__x86_64__)
void mnv4_f32_strassen_14x32_avx512(
    const struct mnv4_f32_gemm *product, struct mnv4_f32_strassen_range range, void *scratch);
void mnv4_f32_strassen_6x16_avx2(
    const struct mnv4_f32_gemm *product, struct mnv4_f32_strassen_range range, void *scratch);
#endif
void mnv4_f32_strassen_6x8_portable(
    const struct mnv4_f32_gemm *product, struct mnv4_f32_strassen_range range, void *scratch);

#endif
