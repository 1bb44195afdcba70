#include "q8_depthwise_tiles.h"
#include "q8_depthwise_any.h"

#include "include/cpu.h"

#if defined(__x86_64__)

void mnv4_q8_depthwise_rows_avx512vnni(const mnv4_q8_depthwise_call *call);

static size_t quads_512_packed(const mnv4_q8_depthwise_layer *layer) {
  return mnv4_q8dw_packed_byte_count((mnv4_q8dw_form){64, 4}, layer);
}
static size_t quads_512_scratch(const mnv4_q8_depthwise_layer *layer) {
  return mnv4_q8dw_scratch_byte_count((mnv4_q8dw_form){64, 4}, layer);
}
static void quads_512_pack(
    const mnv4_q8_depthwise_layer *layer, const mnv4_q8_depthwise_constants *constants,
    void *packed) {
  mnv4_q8dw_pack((mnv4_q8dw_form){64, 4}, layer, constants, packed);
}

#endif

static const mnv4_q8_depthwise_kernel kernels[] = {
#if defined(__x86_64__)
    {
        .name = "q8_depthwise_rows_avx512vnni",
        .features = MNV4_CPU_AVX512 | MNV4_CPU_AVX512VNNI,
        .supports = mnv4_q8dw_supports,
        .least_weight = -128,
        .greatest_weight = 127,
        .packed_byte_count = quads_512_packed,
        .pack = quads_512_pack,
        .scratch_byte_count = quads_512_scratch,
        .run = mnv4_q8_depthwise_rows_avx512vnni,
    },
#endif
    {
        .name = "q8_depthwise_scalar",
        .features = 0,
        .supports = mnv4_q8dw_any_supports,
        .least_weight = -255,
        .greatest_weight = 255,
        .packed_byte_count = mnv4_q8dw_any_packed_byte_count,
        .pack = mnv4_q8dw_any_pack,
        .scratch_byte_count = mnv4_q8dw_any_scratch_byte_count,
        .run = mnv4_q8_depthwise_scalar,
    },
};

const mnv4_q8_depthwise_kernel *mnv4_q8_depthwise_kernels(void) { return kernels; }

int32_t mnv4_q8_depthwise_kernel_count(void) {
  return (int32_t)(sizeof kernels / sizeof *kernels);
}
