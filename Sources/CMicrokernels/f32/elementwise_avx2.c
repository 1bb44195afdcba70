// float32 elementwise operations and global pooling in AVX2.
#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx2,fma"))), apply_to = function)

#include "simd_avx2.h"
#include "elementwise_template.h"

#pragma clang attribute pop

const struct mnv4_f32_elementwise_kernel mnv4_f32_elementwise_avx2 =
    ELEMENTWISE_KERNEL("f32_elementwise_avx2", MNV4_CPU_AVX2);

#endif
