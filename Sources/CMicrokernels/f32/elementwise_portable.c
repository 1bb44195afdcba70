// float32 elementwise operations and global pooling in vectors of four lanes, on any architecture.

#include "simd_portable.h"
#include "elementwise_template.h"

const struct mnv4_f32_elementwise_kernel mnv4_f32_elementwise_portable =
    ELEMENTWISE_KERNEL("f32_elementwise_portable", 0);
