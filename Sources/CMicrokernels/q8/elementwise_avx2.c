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

#include "elementwise_vectors.h"

#pragma clang attribute pop

#endif
