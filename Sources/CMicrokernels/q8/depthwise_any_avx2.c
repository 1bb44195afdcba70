#include "depthwise_any.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define MNV4_RUN mnv4_q8_depthwise_any_avx2
#define MNV4_LANES 8
#define V(name) _mm256_##name
#define I(name) _mm256_##name##_si256
typedef __m256i integers;
typedef __m256 floats;

static inline __attribute__((always_inline)) __m256i widen(const uint8_t *bytes, int32_t flip) {
  const __m128i vector = _mm_loadl_epi64((const __m128i *)bytes);
  return _mm256_cvtepu8_epi32(_mm_xor_si128(vector, _mm_set1_epi8((int8_t)flip)));
}

static inline __attribute__((always_inline)) void store_bytes(
    __m256i lanes, int32_t flip, uint8_t *output, int32_t count) {
  const __m128i words =
      _mm_packus_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
  const __m128i bytes =
      _mm_xor_si128(_mm_packus_epi16(words, words), _mm_set1_epi8((int8_t)flip));
  if (count == 8) {
    _mm_storel_epi64((__m128i *)output, bytes);
    return;
  }
  uint64_t rest = (uint64_t)_mm_cvtsi128_si64(bytes);
  for (int32_t i = 0; i < count; ++i, rest >>= 8) output[i] = (uint8_t)rest;
}

#include "depthwise_any_vectors.h"

#pragma clang attribute pop

#endif
