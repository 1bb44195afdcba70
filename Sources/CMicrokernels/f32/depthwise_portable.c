// float32 depthwise convolutions in vectors of four lanes, on any architecture.

#include "simd_portable.h"
#define TILE_ROWS 2
#include "depthwise_tile.h"
#include "depthwise_driver.h"

void mnv4_f32_depthwise_portable(
    const struct mnv4_f32_depthwise *problem, struct mnv4_f32_depthwise_range range) {
  depthwise_range(problem, range);
}
