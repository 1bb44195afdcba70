// The kernels that the list of q8_gemm is made of.
#ifndef MNV4_Q8_GEMM_KERNELS_H
#define MNV4_Q8_GEMM_KERNELS_H

#include "cpu.h"
#include "q8_gemm.h"

extern const mnv4_q8_gemm_kernel mnv4_q8_gemm_scalar;
#if defined(__x86_64__)
extern const mnv4_q8_gemm_kernel mnv4_q8_gemm_avx512vnni, mnv4_q8_gemm_avx512vnni_wide;
extern const mnv4_q8_gemm_kernel mnv4_q8_gemm_avx512, mnv4_q8_gemm_avx2;
#endif

#endif
