// Eight float32 lanes of AVX2 and FMA. Included within functions' target attributes.

#include <immintrin.h>
#include <stddef.h>

typedef __m256 vec;

enum { VEC_LANES = 8, VEC_REGISTERS = 16 };

#define VEC_INLINE static inline __attribute__((always_inline, unused))

VEC_INLINE vec vec_set(float x) { return _mm256_set1_ps(x); }
VEC_INLINE vec vec_load(const float *p) { return _mm256_loadu_ps(p); }
VEC_INLINE void vec_store(float *p, vec x) { _mm256_storeu_ps(p, x); }
VEC_INLINE vec vec_add(vec a, vec b) { return _mm256_add_ps(a, b); }
VEC_INLINE vec vec_sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
VEC_INLINE vec vec_mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
VEC_INLINE vec vec_div(vec a, vec b) { return _mm256_div_ps(a, b); }

/// Keeps what comes before and after in this order, other calls of it and loads too: compilers would else
/// load far ahead of need and spill sums.
VEC_INLINE void vec_keep_order(vec *sum) { __asm__ volatile("" : "+x"(*sum) : : "memory"); }

/// a · b + c
VEC_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }

/// bound > x ? bound : x, so NaN and -0 of x stay.
VEC_INLINE vec vec_raise(vec x, vec bound) { return _mm256_max_ps(bound, x); }
/// bound < x ? bound : x
VEC_INLINE vec vec_lower(vec x, vec bound) { return _mm256_min_ps(bound, x); }

/// Lanes 0 ..< min(count, 8); none where count is negative.
typedef __m256i vec_mask;
VEC_INLINE vec_mask vec_first(ptrdiff_t count) {
  const int bounded = count >= 8 ? 8 : count <= 0 ? 0 : (int)count;
  return _mm256_cmpgt_epi32(
      _mm256_set1_epi32(bounded), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
/// Zeros in the other lanes, of which nothing is read.
VEC_INLINE vec vec_load_masked(const float *p, vec_mask lanes) {
  return _mm256_maskload_ps(p, lanes);
}
VEC_INLINE void vec_store_masked(float *p, vec x, vec_mask lanes) {
  _mm256_maskstore_ps(p, lanes, x);
}
/// x + p in the lanes, of which alone is read; x in the others.
VEC_INLINE vec vec_add_masked(vec x, const float *p, vec_mask lanes) {
  const vec sum = _mm256_add_ps(x, _mm256_maskload_ps(p, lanes));
  return _mm256_blendv_ps(x, sum, _mm256_castsi256_ps(lanes));
}
