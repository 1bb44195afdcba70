// float32 depthwise convolutions in AVX2.
#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx2,fma"))), apply_to = function)

#include "simd_avx2.h"
#define TILE_ROWS 2
#include "depthwise_tile.h"
#include "depthwise_driver.h"

void mnv4_f32_depthwise_avx2(
    const struct mnv4_f32_depthwise *problem, struct mnv4_f32_depthwise_range range) {
  depthwise_range(problem, range);
}

#pragma clang attribute pop

#endif
