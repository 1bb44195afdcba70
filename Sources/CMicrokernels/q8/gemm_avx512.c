// q8_gemm with AVX-512 but without VNNI: activations and weights less their zero points, as int16,
// two exact products a lane and instruction.
#include "gemm_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(                                                        \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)

#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "gemm_layout.h"
#include "gemm_outputs.h"

#define ROWS 14
#define VECTOR_LANES 16
#define MOST_SUMS 16
#define PREFETCH_DISTANCE 3072
#define LAYOUT ((q8_gemm_layout){.vector_lanes = VECTOR_LANES, .group = 2})
#define EIGHT_BIT_INPUT 0

typedef int16_t value;

#include "gemm_vectors_avx512.h"

static inline vector multiply_add(vector sums, vector x, vector w) {
  return _mm512_add_epi32(sums, _mm512_madd_epi16(x, w));
}

/// Adds products of neighbouring int16.
static inline vector add_products(vector sums, vector x, vector y) {
  return _mm512_add_epi32(sums, _mm512_madd_epi16(x, y));
}

#include "gemm_finish_avx512.h"
#define WIDE 0
#define FETCHES_AHEAD 0
#include "gemm_tile.h"

static inline void copy_values(value *to, const uint8_t *from, ptrdiff_t count, int32_t flip,
                               int32_t zero) {
  const __m256i mask = _mm256_set1_epi8((int8_t)flip);
  const __m512i zeros = _mm512_set1_epi16((int16_t)zero);
  for (ptrdiff_t i = 0; i < count; i += 32) {
    const __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(from + i));
    const __m512i wide = _mm512_cvtepi8_epi16(_mm256_xor_si256(bytes, mask));
    _mm512_storeu_si512(to + i, _mm512_sub_epi16(wide, zeros));
  }
}

#include "gemm_band.h"
#include "gemm_run.h"

const mnv4_q8_gemm_kernel mnv4_q8_gemm_avx512 = {
    .name = "q8_gemm_avx512",
    .features = MNV4_CPU_AVX512,
    .pixel_step = ROWS,
    .channel_step = 2 * VECTOR_LANES,
    .packed_byte_count = packed_byte_count,
    .pack = pack,
    .scratch_byte_count = scratch_byte_count,
    .run = run,
};

#pragma clang attribute pop

#endif
