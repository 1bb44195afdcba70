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

/// The pixels of two rows of a column, interleaved: 8 of every 16 channels in each vector.
static inline __attribute__((always_inline)) void store_halves(
    const __m512i pixels[2], uint8_t *halves) {
  _mm512_store_si512(halves, _mm512_unpacklo_epi8(pixels[0], pixels[1]));
  _mm512_store_si512(halves + 64, _mm512_unpackhi_epi8(pixels[0], pixels[1]));
}

/// Lanes of four bytes: of the lower or upper four of every 8 channels.
static inline __attribute__((always_inline)) __m512i join_lanes(
    __m512i first, __m512i second, int upper) {
  return upper ? _mm512_unpackhi_epi16(first, second) : _mm512_unpacklo_epi16(first, second);
}

static inline __attribute__((always_inline)) void interleave(
    const __m512i pixels[4], uint8_t *cell) {
  const __m512i low0 = _mm512_unpacklo_epi8(pixels[0], pixels[1]);
  const __m512i high0 = _mm512_unpackhi_epi8(pixels[0], pixels[1]);
  const __m512i low1 = _mm512_unpacklo_epi8(pixels[2], pixels[3]);
  const __m512i high1 = _mm512_unpackhi_epi8(pixels[2], pixels[3]);
  _mm512_store_si512(cell, join_lanes(low0, low1, 0));
  _mm512_store_si512(cell + 64, join_lanes(low0, low1, 1));
  _mm512_store_si512(cell + 128, join_lanes(high0, high1, 0));
  _mm512_store_si512(cell + 192, join_lanes(high0, high1, 1));
}

#include "depthwise_rows.h"

#pragma clang attribute pop

#endif
