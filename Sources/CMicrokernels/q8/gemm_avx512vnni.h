// The body of the kernels with AVX-512 VNNI: activations as uint8, weights as int8, four products a lane and
// instruction. Included inside their target attribute, after
//
//     WIDE               1 where tiles take several panels at once (gemm_wide.h)
//     FETCHES_AHEAD      see gemm_tile.h

#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "gemm_layout.h"
#include "gemm_outputs.h"

#define ROWS 14
#define VECTOR_LANES 16
#define MOST_SUMS 16
#define PREFETCH_DISTANCE 8192
#define LAYOUT ((q8_gemm_layout){.vector_lanes = VECTOR_LANES, .group = 4})
#define EIGHT_BIT_INPUT 1

typedef uint8_t value;

#include "gemm_vectors_avx512.h"

static inline vector multiply_add(vector sums, vector x, vector w) {
  return _mm512_dpbusd_epi32(sums, x, w);
}

/// Adds products of neighbouring int16.
static inline vector add_products(vector sums, vector x, vector y) {
  return _mm512_dpwssd_epi32(sums, x, y);
}

#include "gemm_finish_avx512.h"
#include "gemm_tile.h"
#if WIDE
#include "gemm_wide.h"
#endif

static inline void copy_values(value *to, const uint8_t *from, ptrdiff_t count, int32_t flip,
                               int32_t zero) {
  (void)zero;
  const __m512i mask = _mm512_set1_epi8((int8_t)flip);
  for (ptrdiff_t i = 0; i < count; i += 64) {
    _mm512_storeu_si512(to + i, _mm512_xor_si512(_mm512_loadu_si512(from + i), mask));
  }
}

#include "gemm_band.h"

static int32_t row_sum(const q8_gemm_call *c, const value *row) {
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i sums = _mm512_setzero_si512();
  for (int32_t s = 0; s < c->k.count; s++) {
    const value *from = row + c->offsets[s];
    for (int32_t i = 0; i < c->k.values; i += 64) {
      const int32_t left = c->k.values - i;
      const __mmask64 mask = _cvtu64_mask64(left >= 64 ? UINT64_MAX : UINT64_MAX >> (64 - left));
      sums = _mm512_dpbusd_epi32(sums, _mm512_maskz_loadu_epi8(mask, from + i), ones);
    }
  }
  return _mm512_reduce_add_epi32(sums);
}

#include "gemm_run.h"
