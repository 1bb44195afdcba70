#include "depthwise_tiles.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)

#define MNV4_WIDTH 64
#define MNV4_CELL 4
#define MNV4_RUN mnv4_q8_depthwise_rows_avx512vnni
#include "depthwise_avx512.h"

static inline __attribute__((always_inline)) __m512i multiply_add(
    __m512i sums, __m512i group, __m512i weights) {
  return _mm512_dpbusd_epi32(sums, group, weights);
}

/// Four pixels of 64 channels → lanes of four bytes.
static inline __attribute__((always_inline)) void interleave(
    const __m512i pixels[4], uint8_t *cell) {
  const __m512i low01 = _mm512_unpacklo_epi8(pixels[0], pixels[1]);
  const __m512i low23 = _mm512_unpacklo_epi8(pixels[2], pixels[3]);
  const __m512i high01 = _mm512_unpackhi_epi8(pixels[0], pixels[1]);
  const __m512i high23 = _mm512_unpackhi_epi8(pixels[2], pixels[3]);
  _mm512_store_si512(cell, _mm512_unpacklo_epi16(low01, low23));
  _mm512_store_si512(cell + 64, _mm512_unpackhi_epi16(low01, low23));
  _mm512_store_si512(cell + 128, _mm512_unpacklo_epi16(high01, high23));
  _mm512_store_si512(cell + 192, _mm512_unpackhi_epi16(high01, high23));
}

#include "depthwise_rows.h"

#pragma clang attribute pop

#endif
