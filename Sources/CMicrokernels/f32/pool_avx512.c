// Average pooling in AVX-512.
#include "pool_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)

#include "simd_avx512.h"
#include "bytes_avx512.h"
#include "pool_template.h"

#pragma clang attribute pop

const struct mnv4_average_pool_kernel mnv4_average_pool_avx512 = {
    "avx512", MNV4_CPU_AVX512, pool_run};

#endif
