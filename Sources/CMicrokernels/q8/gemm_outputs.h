// What a tile's accumulators become: shared by the kernels of q8_gemm.
#ifndef MNV4_Q8_GEMM_OUTPUTS_H
#define MNV4_Q8_GEMM_OUTPUTS_H

#include "gemm_layout.h"

/// The outputs of a tile.
typedef struct {
  const mnv4_q8_gemm_problem *problem;
  /// The kernel's own constants, made once a call.
  const void *constants;
  /// [lane of the panel].
  const float *scales;
  /// The first pixel's first element, of the output and of the addend.
  char *to;
  const char *from;
  int32_t rows;
  /// How many of the panel's channels are outputs, and how many of these the addend has.
  int32_t channel_count, addend_count;
} q8_gemm_outputs;

/// Whether outputs are integers from the least of their type on, which stands for zero, and sums
/// neither have more bits than a float holds nor are added to.
static inline bool q8_gemm_is_rectified(const mnv4_q8_gemm_problem *p, const q8_gemm_header *h) {
  const int32_t least = p->output_type == MNV4_Q8_GEMM_UINT8 ? 0 : INT8_MIN;
  return h->products_fit && h->sums_fit && !p->addition &&
         p->output_type != MNV4_Q8_GEMM_FLOAT32 && p->output_zero_point == least;
}

/// Makes outputs of accumulators: [row][lane of the panel], 64-byte aligned, `vectors` (1 or 2) a
/// row.
typedef void (*finish_function)(const q8_gemm_outputs *outputs, const int32_t *accumulators,
                                int vectors);

/// Points `o` to the outputs from `pixel` and `channel` on, of `channel_count` channels.
static inline void q8_gemm_locate(q8_gemm_outputs *o, int64_t pixel, int32_t channel,
                                  int32_t channel_count) {
  const mnv4_q8_gemm_problem *p = o->problem;
  const ptrdiff_t bytes = p->output_type == MNV4_Q8_GEMM_FLOAT32 ? sizeof(float) : 1;
  o->to = (char *)p->output + pixel * p->output_pixel_stride + channel * bytes;
  o->channel_count = channel_count;
  const mnv4_q8_gemm_addition *a = p->addition;
  if (!a) return;
  const int32_t left = a->addend_channels - channel;
  o->addend_count = left < 0 ? 0 : left < channel_count ? left : channel_count;
  o->from = (const char *)a->addend + pixel * a->addend_pixel_stride + channel;
}

#endif
