// float32 functions in vectors of four lanes, on any architecture.
#include "functions_kernels.h"

#include "simd_portable.h"
#include "vector_math_portable.h"
#define VEC_MATH_FUSED 0
#include "vector_math.h"
#include "functions_template.h"

const struct mnv4_f32_function_kernel mnv4_f32_functions_portable = {
    "portable", 0, functions_apply};
