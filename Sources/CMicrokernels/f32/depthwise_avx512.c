// float32 depthwise convolutions in AVX-512.
#if defined(__x86_64__)

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)

#include "simd_avx512.h"
#define TILE_ROWS 3
#include "depthwise_tile.h"
#include "depthwise_driver.h"

void mnv4_f32_depthwise_avx512(
    const struct mnv4_f32_depthwise *problem, struct mnv4_f32_depthwise_range range) {
  depthwise_range(problem, range);
}

#pragma clang attribute pop

#endif
