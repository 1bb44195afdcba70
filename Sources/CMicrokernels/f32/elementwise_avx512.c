// float32 elementwise operations and global pooling in AVX-512.
#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)

#include "simd_avx512.h"
#include "elementwise_template.h"

#pragma clang attribute pop

const struct mnv4_f32_elementwise_kernel mnv4_f32_elementwise_avx512 =
    ELEMENTWISE_KERNEL("f32_elementwise_avx512", MNV4_CPU_AVX512);

#endif
