// The list of the kernels of Strassen's method, and what they share.

#include <string.h>

#include "strassen_layout.h"

static const struct mnv4_f32_strassen_kernel kernels[] = {
#if defined(__x86_64__)
    {"f32_strassen_14x32_avx512", MNV4_CPU_AVX512, 14, mnv4_f32_strassen_14x32_avx512},
    {"f32_strassen_6x16_avx2", MNV4_CPU_AVX2, 6, mnv4_f32_strassen_6x16_avx2},
#endif
    {"f32_strassen_6x8_portable", 0, 6, mnv4_f32_strassen_6x8_portable},
};

const struct mnv4_f32_strassen_kernel *mnv4_f32_strassen_kernel_at(int32_t index) {
  const int32_t count = sizeof kernels / sizeof kernels[0];
  return index >= 0 && index < count ? &kernels[index] : 0;
}

ptrdiff_t mnv4_f32_strassen_strips(ptrdiff_t columns) {
  const struct strassen_strips strips = strassen_strips_of(columns);
  return strips.narrow + strips.wide + (strips.rest > 0);
}

ptrdiff_t mnv4_f32_strassen_packed_count(ptrdiff_t depth, ptrdiff_t columns) {
  const struct strassen_strips strips = strassen_strips_of(columns);
  return strips.narrow * strassen_strip_count(depth, STRASSEN_NARROW) +
         strips.wide * strassen_strip_count(depth, STRASSEN_WIDE) +
         (strips.rest > 0) * strassen_strip_count(depth, 0);
}

ptrdiff_t mnv4_f32_strassen_scratch_bytes(ptrdiff_t pairs, ptrdiff_t depth, ptrdiff_t columns) {
  const struct strassen_block block = strassen_block_of(pairs, depth, columns);
  return 4 * block.pairs * block.stride * (ptrdiff_t)sizeof(float);
}

/// A layer's weights `[columns][depth]`, and its bias or null.
struct layer {
  const float *weights, *bias;
  ptrdiff_t depth, columns;
};

/// The power of two that a column of weights is about as large as: its greatest element is at least
/// that and less than twice. From 2^-63, which zeros get, to 2^63, which what is not finite gets.
static float column_scale(const float *weights, ptrdiff_t depth) {
  uint32_t greatest = 0;
  for (ptrdiff_t k = 0; k < depth; k++) {
    uint32_t bits;
    memcpy(&bits, weights + k, sizeof bits);
    bits &= 0x7FFFFFFF;
    if (bits > greatest) greatest = bits;
  }
  const uint32_t exponent = greatest >> 23;
  const uint32_t scale = (exponent < 64 ? 64 : exponent > 190 ? 190 : exponent) << 23;
  float result;
  memcpy(&result, &scale, sizeof result);
  return result;
}

static void pack_strip(
    const struct layer *layer, struct strassen_strip strip, float *packed) {
  const ptrdiff_t half = strip.half, middle = layer->depth / 2;
  float *const biases = packed, *const scales = packed + 2 * half;
  float *const products = packed + 4 * half;
  for (ptrdiff_t i = 0; i < 2 * half && strip.first + i < layer->columns; i++) {
    biases[i] = layer->bias ? layer->bias[strip.first + i] : 0;
    scales[i] = column_scale(layer->weights + (strip.first + i) * layer->depth, layer->depth);
  }
  for (ptrdiff_t lane = 0; lane < half; lane++) {
    const float *const left = layer->weights + (strip.first + lane) * layer->depth;
    const float left_scale = 1 / scales[lane];
    const int has_right = strip.first + half + lane < layer->columns;
    const float *const right = has_right ? left + half * layer->depth : left;
    const float right_scale = has_right ? 1 / scales[half + lane] : 0;
    for (ptrdiff_t k = 0; k < middle; k++) {
      const float b11 = left[k] * left_scale, b21 = left[middle + k] * left_scale;
      const float b12 = has_right ? right[k] * right_scale : 0;
      const float b22 = has_right ? right[middle + k] * right_scale : 0;
      const float t1 = b12 - b11, t2 = b22 - t1;
      // In the order of the products.
      const float quarters[STRASSEN_PRODUCTS] = {b11, b21, t2, b22 - b12, b21 - t2, t1, b22};
      for (ptrdiff_t i = 0; i < STRASSEN_PRODUCTS; i++) {
        products[(i * middle + k) * half + lane] = quarters[i];
      }
    }
  }
}

void mnv4_f32_strassen_pack(
    const float *weights, const float *bias, ptrdiff_t depth, ptrdiff_t columns, float *packed) {
  const struct layer layer = {weights, bias, depth, columns};
  const ptrdiff_t count = mnv4_f32_strassen_strips(columns);
  for (ptrdiff_t i = 0; i < count; i++) {
    const struct strassen_strip strip = strassen_strip_at(columns, depth, i);
    float *const place = packed + strip.offset;
    if (strip.half) {
      pack_strip(&layer, strip, place);
      continue;
    }
    const ptrdiff_t left = columns - strip.first;
    if (bias) memcpy(place, bias + strip.first, (size_t)left * sizeof(float));
    mnv4_f32_gemm_pack(weights + strip.first * depth, depth, left, place + MNV4_F32_PANEL);
  }
}
