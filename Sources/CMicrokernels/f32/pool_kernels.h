// The average pooling kernels, one of each instruction set.
#ifndef MNV4_POOL_KERNELS_H
#define MNV4_POOL_KERNELS_H

#include "average_pool.h"

#if defined(__x86_64__)
extern const struct mnv4_average_pool_kernel mnv4_average_pool_avx512;
extern const struct mnv4_average_pool_kernel mnv4_average_pool_avx2;
#endif
extern const struct mnv4_average_pool_kernel mnv4_average_pool_portable;

#endif
