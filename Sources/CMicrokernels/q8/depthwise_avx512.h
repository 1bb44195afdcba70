// What kernels with AVX-512 have in common: see depthwise_rows.h.

#define V(name) _mm512_##name
#define I(name) _mm512_##name##_si512
#define MNV4_REGISTER "+v"
#define MNV4_MASKS 1
typedef __m512i integers;
typedef __m512 floats;

static inline __attribute__((always_inline)) __m512 as_floats(__m512i bits) {
  return _mm512_castsi512_ps(bits);
}

static inline __attribute__((always_inline)) __m512i change_bytes(
    __m512i keep, __m512i bytes, __m512i change) {
  return _mm512_ternarylogic_epi32(keep, change, bytes, 0x6c);
}

static inline __attribute__((always_inline)) __m512i gather(
    const uint8_t *const pixels[4], int32_t segments) {
  if (segments == 1) return _mm512_loadu_si512(pixels[0]);
  if (segments == 2) {
    return _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)pixels[0])),
        _mm256_loadu_si256((const __m256i *)pixels[1]), 1);
  }
  const __m256i low = _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)pixels[0])),
      _mm_loadu_si128((const __m128i *)pixels[1]), 1);
  const __m256i high = _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)pixels[2])),
      _mm_loadu_si128((const __m128i *)pixels[3]), 1);
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

static inline __attribute__((always_inline)) void store_segments(
    uint8_t *pixel, ptrdiff_t step, __m512i bytes, int32_t column, const int32_t columns[4],
    int32_t segments, int32_t count) {
  const __mmask64 mask = ~(__mmask64)0 >> (64 - count);
  if (segments == 1) {
    if (column < columns[0]) _mm512_mask_storeu_epi8(pixel, mask, bytes);
    return;
  }
  const __m256i low = _mm512_castsi512_si256(bytes);
  const __m256i high = _mm512_extracti64x4_epi64(bytes, 1);
  if (segments == 2) {
    if (count == 32) {
      if (column < columns[0]) _mm256_storeu_si256((__m256i *)pixel, low);
      if (column < columns[1]) _mm256_storeu_si256((__m256i *)(pixel + step), high);
    } else {
      if (column < columns[0]) _mm256_mask_storeu_epi8(pixel, (__mmask32)mask, low);
      if (column < columns[1]) _mm256_mask_storeu_epi8(pixel + step, (__mmask32)mask, high);
    }
    return;
  }
  const __m128i quarters[4] = {
      _mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1),
      _mm256_castsi256_si128(high), _mm256_extracti128_si256(high, 1)};
  for (int32_t i = 0; i < 4; ++i, pixel += step) {
    if (column < columns[i]) _mm_mask_storeu_epi8(pixel, (__mmask16)mask, quarters[i]);
  }
}
