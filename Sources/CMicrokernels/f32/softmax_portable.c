// Softmax in vectors of four lanes, on any architecture.

#include "softmax_kernels.h"

#include "simd_portable.h"
#include "bytes_portable.h"
#include "vector_math_portable.h"
#define VEC_MATH_FUSED 0
#include "vector_math.h"

VEC_INLINE vec vec_greatest_of(vec acc, vec x, vec_mask lanes) {
  for (ptrdiff_t i = 0; i < lanes; i++) acc[i] = x[i] > acc[i] ? x[i] : acc[i];
  return acc;
}

VEC_INLINE float vec_greatest(vec x) {
  float greatest = x[0];
  for (int i = 1; i < VEC_LANES; i++) greatest = x[i] > greatest ? x[i] : greatest;
  return greatest;
}

#include "softmax_template.h"

const struct mnv4_softmax_kernel mnv4_softmax_portable = {"softmax_portable", 0, softmax_run};
