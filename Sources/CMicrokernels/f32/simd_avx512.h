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

/// Keeps what comes before and after in this order, other calls of it and loads too: compilers would else
/// load far ahead of need and spill sums.
VEC_INLINE void vec_keep_order(vec *sum) { __asm__ volatile("" : "+v"(*sum) : : "memory"); }

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

/// There are registers for tiles of six rows by four vectors.
#define VEC_WIDE 1

/// Two rows may share a vector, a half each: there are `vec_load_twice`, `vec_join` and
/// `vec_second_half`.
#define VEC_JOINS 1

/// Half a vector from memory in both halves.
VEC_INLINE vec vec_load_twice(const float *p) {
  return _mm512_broadcast_f32x8(_mm256_loadu_ps(p));
}

/// The first half of `first` and the second half of `second`: a sum with -0, which changes no number.
/// Sums run beside fused products, on units of their own, where a blend would take a product's turn;
/// in assembly, as the compiler would make it one.
VEC_INLINE vec vec_join(vec first, vec second) {
  __asm__("vaddps %2, %1, %0 %{%3%}"
          : "+v"(first)
          : "v"(second), "v"(_mm512_set1_ps(-0.0f)), "Yk"((__mmask16)0xFF00));
  return first;
}

/// The second half in the place of the first; the rest is undefined.
VEC_INLINE vec vec_second_half(vec x) {
  return _mm512_castps256_ps512(_mm512_extractf32x8_ps(x, 1));
}
