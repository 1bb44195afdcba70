// Softmax in AVX-512.
#include "softmax_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)

#include "simd_avx512.h"
#include "bytes_avx512.h"
#include "vector_math_avx512.h"
#define VEC_MATH_FUSED 0
#include "vector_math.h"

VEC_INLINE vec vec_greatest_of(vec acc, vec x, vec_mask lanes) {
  return _mm512_mask_max_ps(acc, lanes, x, acc);
}

VEC_INLINE float vec_greatest(vec x) { return _mm512_reduce_max_ps(x); }

#include "softmax_template.h"

#pragma clang attribute pop

const struct mnv4_softmax_kernel mnv4_softmax_avx512 = {
    "softmax_avx512", MNV4_CPU_AVX512, softmax_run};

#endif
