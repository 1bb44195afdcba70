// The list of q8_gemm's kernels.
#include "q8_gemm.h"

#include "gemm_kernels.h"

const mnv4_q8_gemm_kernel *mnv4_q8_gemm_kernel_at(int32_t index) {
  static const mnv4_q8_gemm_kernel *const kernels[] = {
#if defined(__x86_64__)
      // The first two change places where the second is the faster one.
      &mnv4_q8_gemm_avx512vnni, &mnv4_q8_gemm_avx512vnni_wide,
      &mnv4_q8_gemm_avx512, &mnv4_q8_gemm_avx2,
#endif
      &mnv4_q8_gemm_scalar,
  };
  const int32_t count = sizeof kernels / sizeof kernels[0];
#if defined(__x86_64__)
  if (index >= 0 && index < 2 && !mnv4_cpu_is_zen()) index = 1 - index;
#endif
  return index >= 0 && index < count ? kernels[index] : NULL;
}
