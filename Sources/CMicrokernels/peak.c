#include "peak.h"

#include <stddef.h>

#include "cpu.h"

#if defined(__x86_64__)

#include <immintrin.h>

/// Sums that do not wait for each other: more than an instruction's latency times those that begin in a
/// cycle.
#define SUMS 12

/// Defines `peak_<name>`, whose loop adds to each of the sums by `STEP(sum, factor)`, `macs`
/// multiply-accumulates each. The sums stay in registers and are not known to the compiler.
#define PEAK_LOOP(name, set, vector, zero, macs, STEP)                                      \
  __attribute__((target(set))) static int64_t peak_##name(int64_t rounds) {                 \
    vector sums[SUMS], factor = zero;                                                       \
    __asm__ volatile("" : "+v"(factor));                                                    \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < SUMS; i++) {                     \
      sums[i] = zero;                                                                       \
      __asm__ volatile("" : "+v"(sums[i]));                                                 \
    }                                                                                       \
    for (int64_t round = 0; round < rounds; round++) {                                      \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < SUMS; i++) {                   \
        sums[i] = STEP(sums[i], factor);                                                    \
      }                                                                                     \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < SUMS; i++) {                   \
        __asm__ volatile("" : "+v"(sums[i]));                                               \
      }                                                                                     \
    }                                                                                       \
    return rounds * SUMS * (macs);                                                          \
  }

#define ADD_BYTES_512(sum, x) _mm512_dpbusd_epi32(sum, x, x)
#define ADD_WORDS_512(sum, x) _mm512_add_epi32(sum, _mm512_madd_epi16(sum, x))
#define ADD_WORDS_256(sum, x) _mm256_add_epi32(sum, _mm256_madd_epi16(sum, x))
#define ADD_FLOATS_512(sum, x) _mm512_fmadd_ps(x, x, sum)
#define ADD_FLOATS_256(sum, x) _mm256_fmadd_ps(x, x, sum)

PEAK_LOOP(vpdpbusd_512, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(), 64, ADD_BYTES_512)
PEAK_LOOP(vpmaddwd_512, "avx512f,avx512bw", __m512i, _mm512_setzero_si512(), 32, ADD_WORDS_512)
PEAK_LOOP(vpmaddwd_256, "avx2", __m256i, _mm256_setzero_si256(), 16, ADD_WORDS_256)
PEAK_LOOP(vfmadd_512, "avx512f", __m512, _mm512_setzero_ps(), 16, ADD_FLOATS_512)
PEAK_LOOP(vfmadd_256, "avx2,fma", __m256, _mm256_setzero_ps(), 8, ADD_FLOATS_256)

static const mnv4_peak q8_peaks[] = {
    {"vpdpbusd zmm", MNV4_CPU_AVX512 | MNV4_CPU_AVX512VNNI, peak_vpdpbusd_512},
    {"vpmaddwd zmm", MNV4_CPU_AVX512, peak_vpmaddwd_512},
    {"vpmaddwd ymm", MNV4_CPU_AVX2, peak_vpmaddwd_256},
};

static const mnv4_peak f32_peaks[] = {
    {"vfmadd231ps zmm", MNV4_CPU_AVX512, peak_vfmadd_512},
    {"vfmadd231ps ymm", MNV4_CPU_AVX2, peak_vfmadd_256},
};

#define PEAK_AT(peaks, index) \
  ((index) >= 0 && (size_t)(index) < sizeof(peaks) / sizeof *(peaks) ? (peaks) + (index) : NULL)

const mnv4_peak *mnv4_q8_peak_at(int32_t index) { return PEAK_AT(q8_peaks, index); }
const mnv4_peak *mnv4_f32_peak_at(int32_t index) { return PEAK_AT(f32_peaks, index); }

#else

const mnv4_peak *mnv4_q8_peak_at(int32_t index) { return (void)index, NULL; }
const mnv4_peak *mnv4_f32_peak_at(int32_t index) { return (void)index, NULL; }

#endif
