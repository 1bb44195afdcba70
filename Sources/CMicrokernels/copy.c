#include "copy.h"

#include <string.h>

/// Runs of `size` to 2 · `size` bytes, as their first and their last `size`.
__attribute__((always_inline)) static inline void copy_halves(
    const char *source, ptrdiff_t source_stride, char *target, ptrdiff_t target_stride,
    ptrdiff_t count, ptrdiff_t runs, const size_t size) {
  const ptrdiff_t rest = count - (ptrdiff_t)size;
  for (; runs > 0; runs--, source += source_stride, target += target_stride) {
    memcpy(target, source, size);
    memcpy(target + rest, source + rest, size);
  }
}

/// Runs of 64 bytes or more.
static void copy_blocks(
    const char *source, ptrdiff_t source_stride, char *target, ptrdiff_t target_stride,
    ptrdiff_t count, ptrdiff_t runs) {
  for (; runs > 0; runs--, source += source_stride, target += target_stride) {
    for (ptrdiff_t i = 0; i + 64 < count; i += 64) memcpy(target + i, source + i, 64);
    memcpy(target + count - 64, source + count - 64, 64);
  }
}

void mnv4_copy_runs(
    const void *source, ptrdiff_t source_stride, void *target, ptrdiff_t target_stride,
    ptrdiff_t count, ptrdiff_t runs) {
  const char *from = source;
  char *to = target;
  if (source_stride == count && target_stride == count) {
    memcpy(to, from, (size_t)(count * runs));
  } else if (count >= 64) {
    copy_blocks(from, source_stride, to, target_stride, count, runs);
  } else if (count >= 32) {
    copy_halves(from, source_stride, to, target_stride, count, runs, 32);
  } else if (count >= 16) {
    copy_halves(from, source_stride, to, target_stride, count, runs, 16);
  } else if (count >= 8) {
    copy_halves(from, source_stride, to, target_stride, count, runs, 8);
  } else if (count >= 4) {
    copy_halves(from, source_stride, to, target_stride, count, runs, 4);
  } else if (count >= 2) {
    copy_halves(from, source_stride, to, target_stride, count, runs, 2);
  } else {
    copy_halves(from, source_stride, to, target_stride, count, runs, 1);
  }
}
