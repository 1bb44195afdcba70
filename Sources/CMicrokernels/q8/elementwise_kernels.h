// The functions that the table of elementwise kernels names.
#ifndef MNV4_Q8_ELEMENTWISE_FUNCTIONS_H
#define MNV4_Q8_ELEMENTWISE_FUNCTIONS_H

#include "q8_elementwise.h"

#define MNV4_ELEMENTWISE_FUNCTIONS(set) \
  void mnv4_q8_add_##set(const mnv4_q8_addition *addition, const mnv4_q8_rows *rows); \
  void mnv4_q8_multiply_##set(const mnv4_q8_product *product, const mnv4_q8_rows *rows); \
  void mnv4_q8_lookup_##set( \
      const uint8_t table[256], const void *input, void *output, ptrdiff_t count); \
  void mnv4_q8_mean_##set(const mnv4_q8_mean *mean); \
  void mnv4_q8_quantize_##set( \
      const mnv4_q8_quantization *quantization, const float *input, void *output, \
      ptrdiff_t count); \
  void mnv4_q8_dequantize_##set( \
      const mnv4_q8_dequantization *dequantization, const void *input, float *output, \
      ptrdiff_t count);

MNV4_ELEMENTWISE_FUNCTIONS(scalar)
#if defined(__x86_64__)
MNV4_ELEMENTWISE_FUNCTIONS(avx2)
MNV4_ELEMENTWISE_FUNCTIONS(avx512)
#endif

/// What is added to an element to make it an unsigned byte, and its bits are changed by.
static inline int32_t mnv4_q8_move(bool is_signed) { return is_signed ? 128 : 0; }

#endif
