// What a tile's accumulators become: shared by the kernels of q8_gemm.
#ifndef MNV4_Q8_GEMM_OUTPUTS_H
#define MNV4_Q8_GEMM_OUTPUTS_H

#include "q8_gemm.h"

/// A tile of one panel.
typedef struct {
  const mnv4_q8_gemm_problem *problem;
  /// [row][lane of the panel], 64-byte aligned.
  const int32_t *accumulators;
  /// [lane of the panel].
  const float *scales;
  /// The first row's output pixel; the others follow.
  int64_t pixel;
  int32_t rows;
  /// The panel's first channel and how many of its channels are outputs.
  int32_t channel, channel_count;
} q8_gemm_outputs;

/// `vectors`: 1 or 2 a row.
typedef void (*finish_function)(const q8_gemm_outputs *outputs, int vectors);

static inline char *q8_gemm_output_row(const q8_gemm_outputs *o, int32_t row,
                                       size_t element_bytes) {
  const mnv4_q8_gemm_problem *p = o->problem;
  return (char *)p->output + (o->pixel + row) * p->output_pixel_stride +
         (ptrdiff_t)o->channel * (ptrdiff_t)element_bytes;
}

/// Channels of the panel that the addend has.
static inline int32_t q8_gemm_addend_channels(const q8_gemm_outputs *o) {
  const int32_t left = o->problem->addition->addend_channels - o->channel;
  return left < 0 ? 0 : left < o->channel_count ? left : o->channel_count;
}

static inline const char *q8_gemm_addend_row(const q8_gemm_outputs *o, int32_t row) {
  const mnv4_q8_gemm_addition *a = o->problem->addition;
  return (const char *)a->addend + (o->pixel + row) * a->addend_pixel_stride + o->channel;
}

/// The sum of an addition's constant terms, modulo 2^32:
/// m1 * product + m2 * addend + this, shifted, is the rounded sum.
static inline int32_t q8_gemm_addition_term(const mnv4_q8_gemm_problem *p, int32_t addend_zero) {
  const mnv4_q8_gemm_addition *a = p->addition;
  return (int32_t)((UINT32_C(1) << (a->shift - 1)) -
                   (uint32_t)a->m1 * (uint32_t)p->output_zero_point -
                   (uint32_t)a->m2 * (uint32_t)addend_zero);
}

#endif
