// The list of the softmax kernels, and what they share.

#include "softmax_kernels.h"

const struct mnv4_softmax_kernel *mnv4_softmax_kernel_at(int32_t index) {
  static const struct mnv4_softmax_kernel *const kernels[] = {
#if defined(__x86_64__)
      &mnv4_softmax_avx512,
      &mnv4_softmax_avx2,
#endif
      &mnv4_softmax_portable,
  };
  const int32_t count = sizeof kernels / sizeof kernels[0];
  return index >= 0 && index < count ? kernels[index] : 0;
}

ptrdiff_t mnv4_softmax_scratch_bytes(ptrdiff_t length) {
  return softmax_block_rows(length) * softmax_scratch_stride(length) * (ptrdiff_t)sizeof(float);
}
