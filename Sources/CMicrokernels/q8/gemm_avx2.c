// q8_gemm with AVX2: activations and weights less their zero points, as int16, two exact products
// a lane and instruction.
#include "gemm_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(                                                        \
    __attribute__((target("avx2,fma"))), apply_to = function)

#include <immintrin.h>
#include <string.h>

#include "gemm_layout.h"
#include "gemm_outputs.h"

#define ROWS 6
#define VECTOR_LANES 8
#define MOST_SUMS 12
#define PREFETCH_DISTANCE 3072
#define LAYOUT ((q8_gemm_layout){.vector_lanes = VECTOR_LANES, .group = 2})
#define EIGHT_BIT_INPUT 0

typedef int16_t value;
typedef __m256i vector;

static inline vector load_vector(const void *p) { return _mm256_loadu_si256(p); }

static inline void store_vector(void *p, vector v) { _mm256_store_si256(p, v); }

static inline vector add_vectors(vector a, vector b) { return _mm256_add_epi32(a, b); }

static inline vector add_lanes(vector v, int32_t term) {
  return _mm256_add_epi32(v, _mm256_set1_epi32(term));
}

static inline vector broadcast_group(const value *p) {
  int32_t group;
  memcpy(&group, p, sizeof group);
  return _mm256_set1_epi32(group);
}

static inline vector multiply_add(vector sums, vector x, vector w) {
  return _mm256_add_epi32(sums, _mm256_madd_epi16(x, w));
}

#include "gemm_finish_avx2.h"
#define WIDE 0
#define FETCHES_AHEAD 0
#include "gemm_tile.h"

static inline void copy_values(value *to, const uint8_t *from, ptrdiff_t count, int32_t flip,
                               int32_t zero) {
  const __m128i mask = _mm_set1_epi8((int8_t)flip);
  const __m256i zeros = _mm256_set1_epi16((int16_t)zero);
  for (ptrdiff_t i = 0; i < count; i += 16) {
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(from + i));
    const __m256i wide = _mm256_cvtepi8_epi16(_mm_xor_si128(bytes, mask));
    _mm256_storeu_si256((__m256i *)(void *)(to + i), _mm256_sub_epi16(wide, zeros));
  }
}

#include "gemm_band.h"
#include "gemm_run.h"

const mnv4_q8_gemm_kernel mnv4_q8_gemm_avx2 = {
    .name = "q8_gemm_avx2",
    .features = MNV4_CPU_AVX2,
    .pixel_step = ROWS,
    .channel_step = 2 * VECTOR_LANES,
    .packed_byte_count = packed_byte_count,
    .pack = pack,
    .scratch_byte_count = scratch_byte_count,
    .run = run,
};

#pragma clang attribute pop

#endif
