// float32 matrix products in AVX2: tiles of 6 rows × 16 columns.
#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx2,fma"))), apply_to = function)

#include "simd_avx2.h"

#define TILE_ROWS 6
#include "gemm_tile.h"
#include "gemm_driver.h"
#include "strassen_driver.h"
#include "winograd_driver.h"

void mnv4_f32_gemm_6x16_avx2(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range) {
  gemm_range(gemm, range, 0);
}

void mnv4_f32_conv_6x16_avx2(
    const struct mnv4_f32_conv *conv, struct mnv4_f32_gemm_range range, void *scratch) {
  conv_range(conv, range, scratch, 0);
}

void mnv4_f32_strassen_6x16_avx2(
    const struct mnv4_f32_gemm *product, struct mnv4_f32_strassen_range range, void *scratch) {
  strassen_range(product, range, scratch);
}

void mnv4_f32_winograd_6x16_avx2(
    const struct mnv4_f32_winograd *problem, struct mnv4_f32_winograd_range range, void *scratch) {
  winograd_range(problem, range, scratch);
}

#pragma clang attribute pop

#endif
