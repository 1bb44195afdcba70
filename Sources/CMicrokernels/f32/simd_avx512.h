// Sixteen float32 lanes of AVX-512. Included within functions' target attributes.

#include <immintrin.h>
#include <stddef.h>

typedef __m512 vec;

enum { VEC_LANES = 16, VEC_REGISTERS = 32 };

#define VEC_INLINE static inline __attribute__((always_inline, unused))

VEC_INLINE vec vec_set(float x) { return _mm512_set1_ps(x); }
VEC_INLINE vec vec_load(const float *p) { return _mm512_loadu_ps(p); }
VEC_INLINE void vec_store(float *p, vec x) { _mm512_storeu_ps(p, x); }
VEC_INLINE vec vec_add(vec a, vec b) { return _mm512_add_ps(a, b); }
VEC_INLINE vec vec_sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
VEC_INLINE vec vec_mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
VEC_INLINE vec vec_div(vec a, vec b) { return _mm512_div_ps(a, b); }

/// a · b + c
VEC_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }

/// bound > x ? bound : x, so NaN and -0 of x stay.
VEC_INLINE vec vec_raise(vec x, vec bound) { return _mm512_max_ps(bound, x); }
/// bound < x ? bound : x
VEC_INLINE vec vec_lower(vec x, vec bound) { return _mm512_min_ps(bound, x); }

/// Lanes 0 ..< min(count, 16); none where count is negative.
typedef __mmask16 vec_mask;
VEC_INLINE vec_mask vec_first(ptrdiff_t count) {
  return count >= 16 ? 0xFFFF : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}
/// Zeros in the other lanes, of which nothing is read.
VEC_INLINE vec vec_load_masked(const float *p, vec_mask lanes) {
  return _mm512_maskz_loadu_ps(lanes, p);
}
VEC_INLINE void vec_store_masked(float *p, vec x, vec_mask lanes) {
  _mm512_mask_storeu_ps(p, lanes, x);
}
/// x + p in the lanes, of which alone is read; x in the others.
VEC_INLINE vec vec_add_masked(vec x, const float *p, vec_mask lanes) {
  return _mm512_mask_add_ps(x, lanes, x, _mm512_maskz_loadu_ps(lanes, p));
}
