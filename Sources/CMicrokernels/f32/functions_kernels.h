// The kernels of float32 functions, one of each instruction set.
#ifndef MNV4_F32_FUNCTIONS_KERNELS_H
#define MNV4_F32_FUNCTIONS_KERNELS_H

#include "f32_functions.h"

#if defined(__x86_64__)
extern const struct mnv4_f32_function_kernel mnv4_f32_functions_avx512;
extern const struct mnv4_f32_function_kernel mnv4_f32_functions_avx2;
#endif
extern const struct mnv4_f32_function_kernel mnv4_f32_functions_portable;

#endif
