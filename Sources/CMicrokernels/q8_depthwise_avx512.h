// What kernels with AVX-512 have in common: see q8_depthwise_rows.h.

#define V(name) _mm512_##name
#define I(name) _mm512_##name##_si512
#define MNV4_REGISTER "+v"
typedef __m512i integers;
typedef __m512 floats;

/// 64 bytes of one segment, or of `segments` segments `step` bytes apart.
static inline __attribute__((always_inline)) __m512i gather(
    const uint8_t *pixel, ptrdiff_t step, int32_t segments) {
  if (segments == 1) return _mm512_loadu_si512(pixel);
  if (segments == 2) {
    return _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)pixel)),
        _mm256_loadu_si256((const __m256i *)(pixel + step)), 1);
  }
  const __m256i low = _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)pixel)),
      _mm_loadu_si128((const __m128i *)(pixel + step)), 1);
  const __m256i high = _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(pixel + 2 * step))),
      _mm_loadu_si128((const __m128i *)(pixel + 3 * step)), 1);
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/// The first `count` bytes of a segment of `room` bytes.
static inline __attribute__((always_inline)) void store_segment(
    uint8_t *pixel, __m512i bytes, int32_t segment, int32_t room, int32_t count) {
  const __m512i first = _mm512_add_epi64(
      _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), _mm512_set1_epi64(segment * room / 8));
  const __m512i moved = _mm512_permutexvar_epi64(first, bytes);
  if (count == 32) {
    _mm256_storeu_si256((__m256i *)pixel, _mm512_castsi512_si256(moved));
  } else if (count == 16) {
    _mm_storeu_si128((__m128i *)pixel, _mm512_castsi512_si128(moved));
  } else {
    _mm512_mask_storeu_epi8(pixel, ~(__mmask64)0 >> (64 - count), moved);
  }
}
