// float32 matrix products in vectors of four lanes, on any architecture: tiles of 6 rows ×
// 8 columns.

#include "simd_portable.h"

#define TILE_ROWS 6
#include "gemm_tile.h"
#include "gemm_driver.h"
#include "strassen_driver.h"
#include "winograd_driver.h"

void mnv4_f32_gemm_6x8_portable(
    const struct mnv4_f32_gemm *gemm, struct mnv4_f32_gemm_range range) {
  gemm_range(gemm, range, 0);
}

void mnv4_f32_conv_6x8_portable(
    const struct mnv4_f32_conv *conv, struct mnv4_f32_gemm_range range, void *scratch) {
  conv_range(conv, range, scratch, 0);
}

void mnv4_f32_strassen_6x8_portable(
    const struct mnv4_f32_gemm *product, struct mnv4_f32_strassen_range range, void *scratch) {
  strassen_range(product, range, scratch);
}

void mnv4_f32_winograd_6x8_portable(
    const struct mnv4_f32_winograd *problem, struct mnv4_f32_winograd_range range, void *scratch) {
  winograd_range(problem, range, scratch);
}
