#ifndef MNV4_COPY_H
#define MNV4_COPY_H

#include <stddef.h>

/// Copies `runs` runs of `count` bytes, at least 1, which begin `source_stride` and `target_stride`
/// bytes apart. Nothing is aligned; source and target do not overlap; nothing is read or written
/// outside the runs. Runs may be as short as a byte: it is made for channels of a few dozen.
void mnv4_copy_runs(
    const void *source, ptrdiff_t source_stride, void *target, ptrdiff_t target_stride,
    ptrdiff_t count, ptrdiff_t runs);

#endif
