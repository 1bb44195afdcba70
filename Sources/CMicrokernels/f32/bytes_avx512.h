// 8-bit integers as sixteen lanes of AVX-512. Included after simd_avx512.h.

#include <stdint.h>

/// float32(integer - zero) of as many bytes as lanes; lanes past `count` are any number.
VEC_INLINE vec vec_from_bytes(const uint8_t *p, ptrdiff_t count, int is_signed, int32_t zero) {
  const __m128i bytes = _mm_maskz_loadu_epi8(vec_first(count), p);
  const __m512i wide = is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
  return _mm512_cvtepi32_ps(_mm512_sub_epi32(wide, _mm512_set1_epi32(zero)));
}

/// The first `count` lanes, rounded to nearest even and moved to the zero point, as bytes; they are
/// within the bounds of a byte.
VEC_INLINE void vec_store_bytes(uint8_t *p, vec steps, int32_t zero, ptrdiff_t count) {
  const __m512i integers = _mm512_add_epi32(_mm512_cvtps_epi32(steps), _mm512_set1_epi32(zero));
  const __m128i bytes = _mm512_cvtepi32_epi8(integers);
  if (count >= VEC_LANES) {
    _mm_storeu_si128((__m128i *)(void *)p, bytes);
  } else {
    _mm_mask_storeu_epi8(p, vec_first(count), bytes);
  }
}
