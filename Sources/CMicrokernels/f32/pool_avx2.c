// Average pooling in AVX2.
#include "pool_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "simd_avx2.h"
#include "bytes_avx2.h"
#include "pool_template.h"

#pragma clang attribute pop

const struct mnv4_average_pool_kernel mnv4_average_pool_avx2 = {"avx2", MNV4_CPU_AVX2, pool_run};

#endif
