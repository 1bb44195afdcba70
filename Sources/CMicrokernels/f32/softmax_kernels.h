// The softmax kernels, one of each instruction set.
#ifndef MNV4_SOFTMAX_KERNELS_H
#define MNV4_SOFTMAX_KERNELS_H

#include <string.h>

#include "softmax.h"

enum {
  SOFTMAX_MOST_ROWS = 16,
  /// Exponentials of the rows of a block.
  SOFTMAX_BLOCK_FLOATS = 4096,
};

/// Floats from one row's exponentials to the next: whole vectors of any kernel.
static inline ptrdiff_t softmax_scratch_stride(ptrdiff_t length) { return (length + 15) / 16 * 16; }

/// Rows of a block.
static inline ptrdiff_t softmax_block_rows(ptrdiff_t length) {
  const ptrdiff_t rows = SOFTMAX_BLOCK_FLOATS / softmax_scratch_stride(length);
  return rows < 1 ? 1 : rows > SOFTMAX_MOST_ROWS ? SOFTMAX_MOST_ROWS : rows;
}

#if defined(__x86_64__)
extern const struct mnv4_softmax_kernel mnv4_softmax_avx512;
extern const struct mnv4_softmax_kernel mnv4_softmax_avx2;
#endif
extern const struct mnv4_softmax_kernel mnv4_softmax_portable;

#endif
