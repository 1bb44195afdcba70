#include "depthwise_any.h"
#include "depthwise_tiles.h"

#include "cpu.h"

#if defined(__x86_64__)

/// Defines what an entry of the table needs to know about a form: `<name>_packed_byte_count`,
/// `<name>_pack` and `<name>_scratch_byte_count`.
#define MNV4_FORM(name, width, rows) \
  static size_t name##_packed_byte_count(const mnv4_q8_depthwise_layer *layer) { \
    return mnv4_q8dw_packed_byte_count((mnv4_q8dw_form){width, rows}, layer); \
  } \
  static size_t name##_scratch_byte_count(const mnv4_q8_depthwise_layer *layer) { \
    return mnv4_q8dw_scratch_byte_count((mnv4_q8dw_form){width, rows}, layer); \
  } \
  static void name##_pack( \
      const mnv4_q8_depthwise_layer *layer, const mnv4_q8_depthwise_constants *constants, \
      void *packed) { \
    mnv4_q8dw_pack((mnv4_q8dw_form){width, rows}, layer, constants, packed); \
  }

MNV4_FORM(bytes_512, 64, 4)
MNV4_FORM(words_512, 64, 2)
MNV4_FORM(words_256, 32, 2)

#define MNV4_ROWS_KERNEL(set, needed, form, least, greatest) \
  { \
    .name = "q8_depthwise_rows_" #set, .features = needed, .supports = mnv4_q8dw_supports, \
    .least_weight = least, .greatest_weight = greatest, \
    .packed_byte_count = form##_packed_byte_count, .pack = form##_pack, \
    .scratch_byte_count = form##_scratch_byte_count, .run = mnv4_q8_depthwise_rows_##set, \
  }

#endif

#define MNV4_ANY_KERNEL(set, needed) \
  { \
    .name = "q8_depthwise_" #set, .features = needed, .supports = mnv4_q8dw_any_supports, \
    .least_weight = -255, .greatest_weight = 255, \
    .packed_byte_count = mnv4_q8dw_any_packed_byte_count, .pack = mnv4_q8dw_any_pack, \
    .scratch_byte_count = mnv4_q8dw_any_scratch_byte_count, .run = mnv4_q8_depthwise_##set, \
  }

static const mnv4_q8_depthwise_kernel kernels[] = {
#if defined(__x86_64__)
    MNV4_ROWS_KERNEL(
        avx512vnni, MNV4_CPU_AVX512 | MNV4_CPU_AVX512VNNI, bytes_512, INT8_MIN, INT8_MAX),
    MNV4_ROWS_KERNEL(avx512, MNV4_CPU_AVX512, words_512, -255, 255),
    MNV4_ROWS_KERNEL(avx2, MNV4_CPU_AVX2, words_256, -255, 255),
    MNV4_ANY_KERNEL(any_avx512, MNV4_CPU_AVX512),
    MNV4_ANY_KERNEL(any_avx2, MNV4_CPU_AVX2),
#endif
    MNV4_ANY_KERNEL(scalar, 0),
};

const mnv4_q8_depthwise_kernel *mnv4_q8_depthwise_kernels(void) { return kernels; }

int32_t mnv4_q8_depthwise_kernel_count(void) {
  return (int32_t)(sizeof kernels / sizeof *kernels);
}
