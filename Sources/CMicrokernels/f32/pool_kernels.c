// The list of the average pooling kernels.

#include "pool_kernels.h"

const struct mnv4_average_pool_kernel *mnv4_average_pool_kernel_at(int32_t index) {
  static const struct mnv4_average_pool_kernel *const kernels[] = {
#if defined(__x86_64__)
      &mnv4_average_pool_avx512,
      &mnv4_average_pool_avx2,
#endif
      &mnv4_average_pool_portable,
  };
  const int32_t count = sizeof kernels / sizeof kernels[0];
  return index >= 0 && index < count ? kernels[index] : 0;
}
