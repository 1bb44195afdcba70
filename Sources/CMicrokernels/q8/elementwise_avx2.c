#include "elementwise_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define MNV4_WIDTH 32
#define MNV4_NAME(name) mnv4_q8_##name##_avx2
#define V(name) _mm256_##name
#define I(name) _mm256_##name##_si256
typedef __m256i integers;
typedef __m256 floats;

static inline __m256i load_first(const uint8_t *bytes, ptrdiff_t count, __m256i others) {
  _Alignas(32) uint8_t lanes[32];
  _mm256_store_si256((__m256i *)lanes, others);
  memcpy(lanes, bytes, count < 32 ? (size_t)count : 32);
  return _mm256_load_si256((const __m256i *)lanes);
}

static inline void store_first(uint8_t *bytes, ptrdiff_t count, __m256i vector) {
  _Alignas(32) uint8_t lanes[32];
  _mm256_store_si256((__m256i *)lanes, vector);
  memcpy(bytes, lanes, count < 32 ? (size_t)count : 32);
}

static inline __m256i exclusive_or(__m256i a, __m256i b, __m256i c) {
  return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}

static inline __m256i sixteen_bytes(const uint8_t *bytes) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)bytes));
}

static inline __m256 zero_unless_number(__m256 v) {
  return _mm256_and_ps(v, _mm256_cmp_ps(v, v, _CMP_ORD_Q));
}

typedef __m256 divisor;

static inline divisor divisor_of(float scale) { return _mm256_set1_ps(scale); }

static inline void divide(const __m256 x[4], const divisor *d, __m256 quotients[4]) {
  for (int i = 0; i < 4; ++i) quotients[i] = _mm256_div_ps(x[i], *d);
}

static inline __m256i natural_order(__m256i bytes) {
  return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

static inline __m256i lanes_of_bytes(const uint8_t *bytes, bool is_signed) {
  const __m128i packed = _mm_loadl_epi64((const __m128i *)(const void *)bytes);
  return is_signed ? _mm256_cvtepi8_epi32(packed) : _mm256_cvtepu8_epi32(packed);
}

#include "elementwise_vectors.h"

#include "elementwise_conversions.h"

#pragma clang attribute pop

#endif
