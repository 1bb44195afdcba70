// float32 matrix products in AVX-512: tiles of 14 rows × 32 columns, or 6 × 64.
#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)

#include "simd_avx512.h"

#define TILE_ROWS 14
#include "gemm_tile.h"
#include "gemm_driver.h"
#include "strassen_driver.h"
#include "winograd_driver.h"

void mnv4_f32_gemm_14x32_avx512(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range) {
  gemm_range(gemm, range, 0);
}

void mnv4_f32_gemm_6x64_avx512(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range) {
  gemm_range(gemm, range, 1);
}

void mnv4_f32_conv_14x32_avx512(
    const struct mnv4_f32_conv *conv, struct mnv4_f32_gemm_range range, void *scratch) {
  conv_range(conv, range, scratch, 0);
}

void mnv4_f32_conv_6x64_avx512(
    const struct mnv4_f32_conv *conv, struct mnv4_f32_gemm_range range, void *scratch) {
  conv_range(conv, range, scratch, 1);
}

void mnv4_f32_strassen_14x32_avx512(
    const struct mnv4_f32_gemm *product, struct mnv4_f32_strassen_range range, void *scratch) {
  strassen_range(product, range, scratch);
}

void mnv4_f32_winograd_14x32_avx512(
    const struct mnv4_f32_winograd *problem, struct mnv4_f32_winograd_range range, void *scratch) {
  winograd_range(problem, range, scratch);
}

#pragma clang attribute pop

#endif
