// The softmax kernels, one of each instruction set.
#ifndef MNV4_SOFTMAX_KERNELS_H
#define MNV4_SOFTMAX_KERNELS_H

#include <string.h>

#include "softmax.h"

#if defined(__x86_64__)
extern const struct mnv4_softmax_kernel mnv4_softmax_avx512;
extern const struct mnv4_softmax_kernel mnv4_softmax_avx2;
#endif
extern const struct mnv4_softmax_kernel mnv4_softmax_portable;

#endif
