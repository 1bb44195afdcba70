#ifndef MNV4_F32_WINOGRAD_H
#define MNV4_F32_WINOGRAD_H

#include "f32_gemm.h"

// Convolutions of 3×3 windows at stride 2 in 25 of 36 multiplications: Winograd's F(2, 2) on the taps
// that meet every other row and column (Huang et al., DWM: A Decomposable Winograd Method for
// Convolution Acceleration, arXiv 2002.00552).
//
// Along one direction two neighbouring outputs need five elements d of the input and the weights w:
//
//     A = (d0 - d2)·w0 + d1·w1   M = d2·(w0 + w2)   B = (d4 - d2)·w2 + d3·w1
//     first = A + M              second = M + B
//
// and along both directions, four outputs need nine such sums. Only elements of an output's own window
// meet in it, so what is not finite stays where it would; an infinity can become NaN, and so can sums of up
// to four elements or weights that are beyond float32's range.
//
// An element's bits depend neither on the range of a call nor on its neighbours; AVX-512 and AVX2
// kernels agree in every bit.

/// Products that stand for the 36 of a square of four outputs, a channel and a column.
#define MNV4_F32_WINOGRAD_PRODUCTS 25

/// A convolution of which `kernel_*` are 3, `stride_*` 2 and `dilation_*` 1; `product.weights` is what
/// `mnv4_f32_winograd_pack` made, the activation is `MNV4_F32_CLAMP` and there is no residual.
/// `product.depth` is not read.
struct mnv4_f32_winograd {
  struct mnv4_f32_conv conv;
  /// Of pairs of rows of the output: 1 where the first row of an image is the second of its pair, as
  /// when an image is part of a larger one; else 0.
  int32_t first_in_pair;
};

/// The part of an output that a call computes; disjoint ranges may be computed at the same time.
struct mnv4_f32_winograd_range {
  /// Pairs of rows of the output, image after image: each has
  /// `(output_height + first_in_pair + 1) / 2`.
  ptrdiff_t pair_begin, pair_end;
  /// Panels of 32 columns of the `(columns + 31) / 32`.
  ptrdiff_t panel_begin, panel_end;
};

/// The floats that the weights take, packed.
ptrdiff_t mnv4_f32_winograd_packed_count(ptrdiff_t channels, ptrdiff_t columns);

/// Packs `[columns][3][3][channels]` weights into `packed`, on a 64-byte boundary, which does not
/// overlap them.
void mnv4_f32_winograd_pack(
    const float *weights, ptrdiff_t channels, ptrdiff_t columns, float *packed);

/// The bytes of scratch that each thread needs, whichever the kernel; a multiple of 64.
ptrdiff_t mnv4_f32_winograd_scratch_bytes(ptrdiff_t channels);

/// An implementation for one instruction set.
struct mnv4_f32_winograd_kernel {
  /// For example "f32_winograd_14x32_avx512".
  const char *name;
  /// The bits of `mnv4_cpu_features()` that it needs.
  uint32_t features;
  /// Columns of its tile: of others it computes a multiple.
  int32_t tile_columns;
  /// `scratch`: `mnv4_f32_winograd_scratch_bytes` bytes of the calling thread's own on a 64-byte
  /// boundary, of any content.
  void (*run)(
      const struct mnv4_f32_winograd *problem, struct mnv4_f32_winograd_range range, void *scratch);
};

/// The kernels of this architecture by index from 0, the fastest first, the last of which runs
/// anywhere; null beyond it.
const struct mnv4_f32_winograd_kernel *mnv4_f32_winograd_kernel_at(int32_t index);

#if defined(__x86_64__)
void mnv4_f32_winograd_14x32_avx512(
    const struct mnv4_f32_winograd *problem, struct mnv4_f32_winograd_range range, void *scratch);
void mnv4_f32_winograd_6x16_avx2(
    const struct mnv4_f32_winograd *problem, struct mnv4_f32_winograd_range range, void *scratch);
#endif
void mnv4_f32_winograd_6x8_portable(
    const struct mnv4_f32_winograd *problem, struct mnv4_f32_winograd_range range, void *scratch);

#endif
