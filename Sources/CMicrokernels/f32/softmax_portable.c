// Softmax in vectors of four lanes, on any architecture.

#include "softmax_kernels.h"

#include "simd_portable.h"
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

/// Four bytes are read, whatever `count`.
VEC_INLINE vec vec_from_bytes(const uint8_t *p, ptrdiff_t count, int is_signed, int32_t zero) {
  (void)count;
  vec x;
  for (int i = 0; i < VEC_LANES; i++) {
    x[i] = (float)((is_signed ? (int8_t)p[i] : (int32_t)p[i]) - zero);
  }
  return x;
}

VEC_INLINE void vec_store_bytes(uint8_t *p, vec steps, int32_t zero, ptrdiff_t count) {
  // Added to a number below 2²² it leaves the nearest integer in the low bits.
  const vec_unsigned bits = (vec_unsigned)vec_add(steps, vec_set(0x1.8p23f));
  const vec_unsigned integers = bits + (uint32_t)zero;
  const ptrdiff_t lanes = count < VEC_LANES ? count : VEC_LANES;
  for (ptrdiff_t i = 0; i < lanes; i++) p[i] = (uint8_t)integers[i];
}

#include "softmax_template.h"

const struct mnv4_softmax_kernel mnv4_softmax_portable = {"softmax_portable", 0, softmax_run};
