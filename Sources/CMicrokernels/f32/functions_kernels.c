// The list of the kernels of float32 functions.

#include "functions_kernels.h"

const struct mnv4_f32_function_kernel *mnv4_f32_function_kernel_at(int32_t index) {
  static const struct mnv4_f32_function_kernel *const kernels[] = {
#if defined(__x86_64__)
      &mnv4_f32_functions_avx512,
      &mnv4_f32_functions_avx2,
#endif
      &mnv4_f32_functions_portable,
  };
  const int32_t count = sizeof kernels / sizeof kernels[0];
  return index >= 0 && index < count ? kernels[index] : 0;
}
