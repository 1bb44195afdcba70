// Average pooling in vectors of four lanes, on any architecture.
#include "pool_kernels.h"

#include "simd_portable.h"
#include "bytes_portable.h"
#include "pool_template.h"

const struct mnv4_average_pool_kernel mnv4_average_pool_portable = {"portable", 0, pool_run};
