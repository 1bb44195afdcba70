#include "elementwise_kernels.h"

#include "cpu.h"

#define MNV4_SET(set, needed) \
  { \
    .name = #set, .features = needed, .add = mnv4_q8_add_##set, \
    .multiply = mnv4_q8_multiply_##set, .lookup = mnv4_q8_lookup_##set, \
    .mean = mnv4_q8_mean_##set, .quantize = mnv4_q8_quantize_##set, \
    .dequantize = mnv4_q8_dequantize_##set, \
  }

static const mnv4_q8_elementwise_set sets[] = {
#if defined(__x86_64__)
    MNV4_SET(avx512, MNV4_CPU_AVX512),
    MNV4_SET(avx2, MNV4_CPU_AVX2),
#endif
    MNV4_SET(scalar, 0),
};

const mnv4_q8_elementwise_set *mnv4_q8_elementwise_sets(void) { return sets; }

int32_t mnv4_q8_elementwise_set_count(void) {
  return (int32_t)(sizeof sets / sizeof *sets);
}
