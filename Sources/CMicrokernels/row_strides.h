// Where a tile's rows lie: up to nine from one address on, which few registers hold. Where another program has a
// core's other thread, instructions are issued at half the rate, and those that move addresses count as much as
// products.
#ifndef MNV4_ROW_STRIDES_H
#define MNV4_ROW_STRIDES_H

#include <stddef.h>

/// A stride and its odd multiples: addresses have others of them.
typedef struct {
  ptrdiff_t once, thrice, five, seven;
} row_strides;

/// Kept apart: compilers would else keep an address a row, or derive each from the last.
__attribute__((always_inline, unused)) static inline row_strides row_strides_of(ptrdiff_t stride) {
  row_strides s = {stride, 3 * stride, 5 * stride, 7 * stride};
  __asm__("" : "+r"(s.thrice));
  __asm__("" : "+r"(s.five));
  __asm__("" : "+r"(s.seven));
  return s;
}

enum {
  /// Most rows of one address, and rows of each where there are two.
  MOST_ROWS_OF_BASE = 9,
  ROWS_OF_BASE = 7,
};

/// Which address a row of so many is counted from.
__attribute__((always_inline, unused)) static inline int row_base(const int rows, const int row) {
  return rows <= MOST_ROWS_OF_BASE ? 0 : row / ROWS_OF_BASE;
}

/// How far row 0 to 13 of so many is from its address.
__attribute__((always_inline, unused)) static inline ptrdiff_t row_offset(row_strides s, const int rows,
                                                                          const int row) {
  switch (row - ROWS_OF_BASE * row_base(rows, row)) {
    case 0: return 0;
    case 1: return s.once;
    case 2: return 2 * s.once;
    case 3: return s.thrice;
    case 4: return 4 * s.once;
    case 5: return s.five;
    case 6: return 2 * s.thrice;
    case 7: return s.seven;
    default: return 8 * s.once;
  }
}

#endif
