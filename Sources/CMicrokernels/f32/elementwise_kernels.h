// The float32 elementwise kernels, one of each instruction set.
#ifndef MNV4_F32_ELEMENTWISE_KERNELS_H
#define MNV4_F32_ELEMENTWISE_KERNELS_H

#include "f32_elementwise.h"

#if defined(__x86_64__)
extern const struct mnv4_f32_elementwise_kernel mnv4_f32_elementwise_avx512;
extern const struct mnv4_f32_elementwise_kernel mnv4_f32_elementwise_avx2;
#endif
extern const struct mnv4_f32_elementwise_kernel mnv4_f32_elementwise_portable;

#endif
