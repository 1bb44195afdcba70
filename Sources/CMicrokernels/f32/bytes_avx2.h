// 8-bit integers as eight lanes of AVX2. Included after simd_avx2.h.

#include <stdint.h>

/// float32(integer - zero) of as many bytes as lanes; lanes past `count` are any number. Eight
/// bytes are read, whatever `count`.
VEC_INLINE vec vec_from_bytes(const uint8_t *p, ptrdiff_t count, int is_signed, int32_t zero) {
  (void)count;
  const __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)p);
  const __m256i wide = is_signed ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes);
  return _mm256_cvtepi32_ps(_mm256_sub_epi32(wide, _mm256_set1_epi32(zero)));
}

/// The first `count` lanes, rounded to nearest even and moved to the zero point, as bytes; they are
/// within the bounds of a byte.
VEC_INLINE void vec_store_bytes(uint8_t *p, vec steps, int32_t zero, ptrdiff_t count) {
  const __m256i integers = _mm256_add_epi32(_mm256_cvtps_epi32(steps), _mm256_set1_epi32(zero));
  const __m256i low = _mm256_and_si256(integers, _mm256_set1_epi32(255));
  const __m128i shorts =
      _mm_packs_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
  const __m128i bytes = _mm_packus_epi16(shorts, shorts);
  if (count >= VEC_LANES) {
    _mm_storel_epi64((__m128i *)(void *)p, bytes);
    return;
  }
  uint8_t buffer[8];
  _mm_storel_epi64((__m128i *)(void *)buffer, bytes);
  for (ptrdiff_t i = 0; i < count; i++) p[i] = buffer[i];
}
