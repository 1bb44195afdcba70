// q8_gemm with AVX-512 VNNI in tiles of 4 to 8 pixels by 48 to 96 channels, where there are so many.
#include "gemm_kernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(                                                        \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), apply_to = function)

#define WIDE 1
#define FETCHES_AHEAD 1

#include "gemm_avx512vnni.h"

const mnv4_q8_gemm_kernel mnv4_q8_gemm_avx512vnni_wide = {
    .name = "q8_gemm_avx512vnni_wide",
    .features = MNV4_CPU_AVX512 | MNV4_CPU_AVX512VNNI,
    .pixel_step = WIDE_BAND_ROWS,
    .channel_step = 4 * VECTOR_LANES,
    .packed_byte_count = packed_byte_count,
    .pack = pack,
    .scratch_byte_count = scratch_byte_count,
    .run = run,
};

#pragma clang attribute pop

#endif
