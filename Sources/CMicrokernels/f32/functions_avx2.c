// float32 functions in AVX2.
#include "functions_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "simd_avx2.h"
#include "vector_math_avx2.h"
#define VEC_MATH_FUSED 1
#include "vector_math.h"
#include "functions_template.h"

#pragma clang attribute pop

const struct mnv4_f32_function_kernel mnv4_f32_functions_avx2 = {
    "avx2", MNV4_CPU_AVX2, functions_apply};

#endif
