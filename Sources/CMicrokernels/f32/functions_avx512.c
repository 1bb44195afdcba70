// float32 functions in AVX-512.
#include "functions_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)

#include "simd_avx512.h"
#include "vector_math_avx512.h"
#define VEC_MATH_FUSED 1
#include "vector_math.h"
#include "functions_template.h"

#pragma clang attribute pop

const struct mnv4_f32_function_kernel mnv4_f32_functions_avx512 = {
    "avx512", MNV4_CPU_AVX512, functions_apply};

#endif
