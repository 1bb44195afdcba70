#include "depthwise_tiles.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define MNV4_WIDTH 32
#define MNV4_CELL 2
#define MNV4_RUN mnv4_q8_depthwise_rows_avx2
#define MNV4_REGISTER "+x"
#define MNV4_MASKS 0
#define V(name) _mm256_##name
#define I(name) _mm256_##name##_si256
typedef __m256i integers;
typedef __m256 floats;

static inline __attribute__((always_inline)) __m256 as_floats(__m256i bits) {
  return _mm256_castsi256_ps(bits);
}

static inline __attribute__((always_inline)) __m256i multiply_add(
    __m256i sums, __m256i group, __m256i weights) {
  return _mm256_add_epi32(sums, _mm256_madd_epi16(group, weights));
}

/// Two pixels of 32 channels → lanes of two 16-bit integers.
static inline __attribute__((always_inline)) void interleave(
    const __m256i pixels[2], uint8_t *cell) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i low = _mm256_unpacklo_epi8(pixels[0], pixels[1]);
  const __m256i high = _mm256_unpackhi_epi8(pixels[0], pixels[1]);
  __m256i *const vectors = (__m256i *)cell;
  _mm256_store_si256(vectors, _mm256_unpacklo_epi8(low, zero));
  _mm256_store_si256(vectors + 1, _mm256_unpackhi_epi8(low, zero));
  _mm256_store_si256(vectors + 2, _mm256_unpacklo_epi8(high, zero));
  _mm256_store_si256(vectors + 3, _mm256_unpackhi_epi8(high, zero));
}

static inline __attribute__((always_inline)) __m256i change_bytes(
    __m256i keep, __m256i bytes, __m256i change) {
  return _mm256_xor_si256(_mm256_and_si256(bytes, keep), change);
}

static inline __attribute__((always_inline)) __m256i gather(
    const uint8_t *const pixels[4], int32_t segments) {
  if (segments == 1) return _mm256_loadu_si256((const __m256i *)pixels[0]);
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)pixels[0])),
      _mm_loadu_si128((const __m128i *)pixels[1]), 1);
}

/// The first `count` (1 to 31) bytes.
static inline __attribute__((always_inline)) void store_first(
    uint8_t *pixel, const uint8_t *bytes, int32_t count) {
  int32_t i = 0;
  if (count >= 16) {
    _mm_storeu_si128((__m128i *)pixel, _mm_loadu_si128((const __m128i *)bytes));
    i = 16;
  }
  for (; i < count; ++i) pixel[i] = bytes[i];
}

static inline __attribute__((always_inline)) void store_segments(
    uint8_t *pixel, ptrdiff_t step, __m256i bytes, int32_t column, const int32_t columns[4],
    int32_t segments, int32_t count) {
  _Alignas(32) uint8_t lanes[32];
  _mm256_store_si256((__m256i *)lanes, bytes);
  if (column < columns[0]) store_first(pixel, lanes, count);
  if (segments == 2 && column < columns[1]) store_first(pixel + step, lanes + 16, count);
}

#include "depthwise_rows.h"

#pragma clang attribute pop

#endif
