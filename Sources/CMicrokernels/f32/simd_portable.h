// Four float32 lanes in the compiler's vector types: SSE2, NEON, or scalars where there is neither.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef float vec __attribute__((vector_size(16)));
typedef int32_t vec_bits __attribute__((vector_size(16)));

#if defined(__aarch64__)
enum { VEC_LANES = 4, VEC_REGISTERS = 32 };
#else
enum { VEC_LANES = 4, VEC_REGISTERS = 16 };
#endif

#define VEC_INLINE static inline __attribute__((always_inline, unused))

VEC_INLINE vec vec_set(float x) { return (vec){x, x, x, x}; }
VEC_INLINE vec vec_load(const float *p) {
  vec x;
  memcpy(&x, p, sizeof x);
  return x;
}
VEC_INLINE void vec_store(float *p, vec x) { memcpy(p, &x, sizeof x); }
VEC_INLINE vec vec_add(vec a, vec b) { return a + b; }
VEC_INLINE vec vec_sub(vec a, vec b) { return a - b; }
VEC_INLINE vec vec_mul(vec a, vec b) { return a * b; }
VEC_INLINE vec vec_div(vec a, vec b) { return a / b; }

/// Elsewhere keeps the order of sums; here compilers may choose.
VEC_INLINE void vec_keep_order(vec *sum) { (void)sum; }

/// a · b + c, rounded once on arm64 and twice elsewhere.
VEC_INLINE vec vec_fma(vec a, vec b, vec c) {
#if defined(__aarch64__)
  return __builtin_elementwise_fma(a, b, c);
#else
#pragma STDC FP_CONTRACT OFF
  return a * b + c;
#endif
}

/// a where the mask has ones, b elsewhere
VEC_INLINE vec vec_select(vec_bits mask, vec a, vec b) {
  return (vec)((mask & (vec_bits)a) | (~mask & (vec_bits)b));
}

/// bound > x ? bound : x, so NaN and -0 of x stay.
VEC_INLINE vec vec_raise(vec x, vec bound) { return vec_select(bound > x, bound, x); }
/// bound < x ? bound : x
VEC_INLINE vec vec_lower(vec x, vec bound) { return vec_select(bound < x, bound, x); }

/// Lanes 0 ..< min(count, 4); none where count is negative.
typedef ptrdiff_t vec_mask;
VEC_INLINE vec_mask vec_first(ptrdiff_t count) { return count >= 4 ? 4 : count <= 0 ? 0 : count; }
/// Zeros in the other lanes, of which nothing is read.
VEC_INLINE vec vec_load_masked(const float *p, vec_mask lanes) {
  if (lanes == VEC_LANES) return vec_load(p);
  vec x = vec_set(0);
  for (ptrdiff_t i = 0; i < lanes; i++) x[i] = p[i];
  return x;
}
VEC_INLINE void vec_store_masked(float *p, vec x, vec_mask lanes) {
  if (lanes == VEC_LANES) return vec_store(p, x);
  for (ptrdiff_t i = 0; i < lanes; i++) p[i] = x[i];
}
/// x + p in the lanes, of which alone is read; x in the others.
VEC_INLINE vec vec_add_masked(vec x, const float *p, vec_mask lanes) {
  const vec_bits numbers = {0, 1, 2, 3};
  const int32_t count = (int32_t)lanes;
  const vec_bits chosen = numbers < (vec_bits){count, count, count, count};
  return vec_select(chosen, x + vec_load_masked(p, lanes), x);
}
