// Elementwise operations and global pooling. Included after one of the simd_*.h headers.

#include "activation.h"
#include "elementwise_kernels.h"

enum elementwise_kind { ELEMENTWISE_ADD, ELEMENTWISE_MULTIPLY, ELEMENTWISE_FIRST };

VEC_INLINE vec elementwise_combine(vec a, vec b, const enum elementwise_kind kind) {
  switch (kind) {
  case ELEMENTWISE_ADD:
    return vec_add(a, b);
  case ELEMENTWISE_MULTIPLY:
    return vec_mul(a, b);
  case ELEMENTWISE_FIRST:
    return a;
  }
  return a;
}

/// `count` elements of a row.
VEC_INLINE void elementwise_run(
    const float *first, const float *second, float *output, ptrdiff_t count, vec low, vec high,
    const enum elementwise_kind kind, const enum mnv4_f32_activation activation) {
  ptrdiff_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES) {
    const vec a = vec_load(first + i);
    const vec b = kind == ELEMENTWISE_FIRST ? a : vec_load(second + i);
    vec_store(output + i, vec_activate(elementwise_combine(a, b, kind), activation, low, high));
  }
  if (i < count) {
    const vec_mask lanes = vec_first(count - i);
    const vec a = vec_load_masked(first + i, lanes);
    const vec b = kind == ELEMENTWISE_FIRST ? a : vec_load_masked(second + i, lanes);
    vec_store_masked(
        output + i, vec_activate(elementwise_combine(a, b, kind), activation, low, high), lanes);
  }
}

VEC_INLINE void elementwise_rows(
    const struct mnv4_f32_elementwise *problem, ptrdiff_t row_begin, ptrdiff_t row_end,
    const enum elementwise_kind kind, const enum mnv4_f32_activation activation) {
  const vec low = vec_set(problem->low), high = vec_set(problem->high);
  const ptrdiff_t channels = problem->channels;
  const ptrdiff_t combined = kind == ELEMENTWISE_ADD ? problem->second_channels : channels;
  const float *first = problem->first + row_begin * problem->first_stride;
  const float *second = kind == ELEMENTWISE_FIRST
                            ? first
                            : problem->second + row_begin * problem->second_stride;
  float *output = problem->output + row_begin * problem->output_stride;
  const int is_flat =
      problem->first_stride == channels && problem->output_stride == channels &&
      (kind == ELEMENTWISE_FIRST || (problem->second_stride == channels && combined == channels));
  if (is_flat) {
    // Rows without gaps are one row.
    const ptrdiff_t count = row_end > row_begin ? (row_end - row_begin) * channels : 0;
    elementwise_run(first, second, output, count, low, high, kind, activation);
    return;
  }
  for (ptrdiff_t row = row_begin; row < row_end; row++) {
    elementwise_run(first, second, output, combined, low, high, kind, activation);
    if (combined < channels) {
      elementwise_run(
          first + combined, first, output + combined, channels - combined, low, high,
          ELEMENTWISE_FIRST, activation);
    }
    first += problem->first_stride;
    if (kind != ELEMENTWISE_FIRST) second += problem->second_stride;
    output += problem->output_stride;
  }
}

VEC_INLINE void elementwise_range(
    const struct mnv4_f32_elementwise *problem, ptrdiff_t row_begin, ptrdiff_t row_end,
    const enum elementwise_kind kind) {
  switch (problem->activation) {
  case MNV4_F32_CLAMP:
    elementwise_rows(problem, row_begin, row_end, kind, MNV4_F32_CLAMP);
    break;
  case MNV4_F32_HARD_SWISH:
    elementwise_rows(problem, row_begin, row_end, kind, MNV4_F32_HARD_SWISH);
    break;
  case MNV4_F32_HARD_SIGMOID:
    elementwise_rows(problem, row_begin, row_end, kind, MNV4_F32_HARD_SIGMOID);
    break;
  }
}

static void elementwise_add(
    const struct mnv4_f32_elementwise *problem, ptrdiff_t row_begin, ptrdiff_t row_end) {
  elementwise_range(problem, row_begin, row_end, ELEMENTWISE_ADD);
}

static void elementwise_multiply(
    const struct mnv4_f32_elementwise *problem, ptrdiff_t row_begin, ptrdiff_t row_end) {
  elementwise_range(problem, row_begin, row_end, ELEMENTWISE_MULTIPLY);
}

static void elementwise_activate(
    const struct mnv4_f32_elementwise *problem, ptrdiff_t row_begin, ptrdiff_t row_end) {
  elementwise_range(problem, row_begin, row_end, ELEMENTWISE_FIRST);
}

enum {
  /// Vectors of channels whose sums grow side by side, which hides the latency of one.
  POOL_VECTORS = 8,
};

static void global_pool(
    const struct mnv4_f32_global_pool *problem, ptrdiff_t channel_begin, ptrdiff_t channel_end) {
  const vec count = vec_set((float)problem->pixels);
  ptrdiff_t channel = channel_begin;
  for (; channel + POOL_VECTORS * VEC_LANES <= channel_end;
       channel += POOL_VECTORS * VEC_LANES) {
    vec sums[POOL_VECTORS];
#pragma clang loop unroll(full)
    for (int i = 0; i < POOL_VECTORS; i++) sums[i] = vec_set(0);
    const float *pixel = problem->input + channel;
    for (ptrdiff_t p = problem->pixels; p > 0; p--, pixel += problem->input_stride) {
#pragma clang loop unroll(full)
      for (int i = 0; i < POOL_VECTORS; i++) {
        sums[i] = vec_add(sums[i], vec_load(pixel + i * VEC_LANES));
      }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < POOL_VECTORS; i++) {
      vec_store(problem->output + channel + i * VEC_LANES, vec_div(sums[i], count));
    }
  }
  for (; channel < channel_end; channel += VEC_LANES) {
    const vec_mask lanes = vec_first(channel_end - channel);
    vec sum = vec_set(0);
    const float *pixel = problem->input + channel;
    for (ptrdiff_t p = problem->pixels; p > 0; p--, pixel += problem->input_stride) {
      sum = vec_add(sum, vec_load_masked(pixel, lanes));
    }
    vec_store_masked(problem->output + channel, vec_div(sum, count), lanes);
  }
}

#define ELEMENTWISE_KERNEL(name, features)                                        \
  {name, features, elementwise_add, elementwise_multiply, elementwise_activate, global_pool}
