// Blocks of four columns of a right operand, as the layouts of gemm_layout.h hold them: 16 bytes
// for each step along K. In the compiler's vectors of 16 bytes, which every target has.
#ifndef MNV4_Q8_MATRIX_PRODUCT_PACK_H
#define MNV4_Q8_MATRIX_PRODUCT_PACK_H

#include <stdint.h>
#include <string.h>

typedef int8_t bytes16 __attribute__((vector_size(16)));
typedef int8_t bytes8 __attribute__((vector_size(8)));
typedef int16_t shorts8 __attribute__((vector_size(16)));
typedef int32_t ints4 __attribute__((vector_size(16)));

/// Four steps of a block, or four columns.
typedef struct {
  ints4 of[4];
} quad;

/// Lane i of vector j becomes lane j of vector i.
static inline quad transposed(quad a) {
  const ints4 low01 = __builtin_shufflevector(a.of[0], a.of[1], 0, 4, 1, 5);
  const ints4 high01 = __builtin_shufflevector(a.of[0], a.of[1], 2, 6, 3, 7);
  const ints4 low23 = __builtin_shufflevector(a.of[2], a.of[3], 0, 4, 1, 5);
  const ints4 high23 = __builtin_shufflevector(a.of[2], a.of[3], 2, 6, 3, 7);
  return (quad){{__builtin_shufflevector(low01, low23, 0, 1, 4, 5),
                 __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
                 __builtin_shufflevector(high01, high23, 0, 1, 4, 5),
                 __builtin_shufflevector(high01, high23, 2, 3, 6, 7)}};
}

/// The first `count` bytes, at most 16, and zeros.
static inline bytes16 load_bytes16(const int8_t *from, int32_t count) {
  bytes16 v = {0};
  if (count >= 16) {
    memcpy(&v, from, 16);
  } else if (count > 0) {
    memcpy(&v, from, (size_t)count);
  }
  return v;
}

/// The first `count` bytes, at most 8, less `zero`, and zeros.
static inline shorts8 load_shorts8(const int8_t *from, int32_t count, int16_t zero) {
  bytes8 v = {0};
  if (count >= 8) {
    memcpy(&v, from, 8);
    return __builtin_convertvector(v, shorts8) - zero;
  }
  shorts8 wide = {0};
  for (int32_t i = 0; i < count; i++) wide[i] = (int16_t)(from[i] - zero);
  return wide;
}

/// Four columns, `stride` apart, of which `columns` (at most 4) exist: their next values along K,
/// `count` of them, as four steps.
static inline quad load_columns_of_bytes(const int8_t *from, ptrdiff_t stride, int32_t columns,
                                         int32_t count) {
  quad q;
  for (int32_t i = 0; i < 4; i++) {
    q.of[i] = (ints4)load_bytes16(from + i * stride, i < columns ? count : 0);
  }
  return transposed(q);
}

static inline quad load_columns_of_shorts(const int8_t *from, ptrdiff_t stride, int32_t columns,
                                          int32_t count, int16_t zero) {
  quad q;
  for (int32_t i = 0; i < 4; i++) {
    q.of[i] = (ints4)load_shorts8(from + i * stride, i < columns ? count : 0, zero);
  }
  return transposed(q);
}

/// One step of four blocks: 16 columns, of which `columns` exist, of `count` (at most 4) rows,
/// `stride` apart.
static inline quad load_rows_of_bytes(const int8_t *from, ptrdiff_t stride, int32_t columns,
                                      int32_t count) {
  bytes16 r[4];
  for (int32_t i = 0; i < 4; i++) {
    r[i] = load_bytes16(from + i * stride, i < count ? columns : 0);
  }
#define INTERLEAVED_BYTES(a, b, first)                                                        \
  (shorts8) __builtin_shufflevector(a, b, first, first + 16, first + 1, first + 17, first + 2, \
                                    first + 18, first + 3, first + 19, first + 4, first + 20,  \
                                    first + 5, first + 21, first + 6, first + 22, first + 7,   \
                                    first + 23)
#define INTERLEAVED_SHORTS(a, b, first)                                                        \
  (ints4) __builtin_shufflevector(a, b, first, first + 8, first + 1, first + 9, first + 2,     \
                                  first + 10, first + 3, first + 11)
  const shorts8 low01 = INTERLEAVED_BYTES(r[0], r[1], 0), high01 = INTERLEAVED_BYTES(r[0], r[1], 8);
  const shorts8 low23 = INTERLEAVED_BYTES(r[2], r[3], 0), high23 = INTERLEAVED_BYTES(r[2], r[3], 8);
  return (quad){{INTERLEAVED_SHORTS(low01, low23, 0), INTERLEAVED_SHORTS(low01, low23, 4),
                 INTERLEAVED_SHORTS(high01, high23, 0), INTERLEAVED_SHORTS(high01, high23, 4)}};
}

/// One step of two blocks: 8 columns, of which `columns` exist, of `count` (at most 2) rows; the
/// other two of the result are zeros.
static inline quad load_rows_of_shorts(const int8_t *from, ptrdiff_t stride, int32_t columns,
                                       int32_t count, int16_t zero) {
  const shorts8 r0 = load_shorts8(from, columns, zero);
  const shorts8 r1 = load_shorts8(from + stride, count > 1 ? columns : 0, zero);
  return (quad){{INTERLEAVED_SHORTS(r0, r1, 0), INTERLEAVED_SHORTS(r0, r1, 4)}};
}

#undef INTERLEAVED_BYTES
#undef INTERLEAVED_SHORTS

/// In each 16-bit lane the sum of its two int8.
static inline shorts8 pair_sums(ints4 bytes) {
  const shorts8 v = (shorts8)bytes;
  return ((shorts8)(v << 8) >> 8) + (v >> 8);
}

/// In each 32-bit lane the sum of its two int16.
static inline ints4 lane_sums(shorts8 pairs) {
  const ints4 v = (ints4)pairs;
  return ((ints4)(v << 16) >> 16) + (v >> 16);
}

#endif
