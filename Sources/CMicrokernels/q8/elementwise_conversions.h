// The body of the SIMD kernels of conversions from and to float32, included once by each instruction
// set's file after elementwise_vectors.h.
//
// The including file defines besides:
//   zero_unless_number(v)    floats, those that are NaN as zeros
//   divisor, divisor_of(scale), divide(x, divisor, quotients)   four vectors over a scale, each quotient
//                            such that it rounds to the same integer, or such beyond the type, as the
//                            float nearest to it
//   natural_order(bytes)     what packs of four vectors of lanes in natural order give → bytes in
//                            natural order
//   lanes_of_bytes(bytes, is_signed)   as many bytes as a vector has 32-bit lanes → integers

enum { conversion_lanes = MNV4_WIDTH / 4 };

MNV4_INLINE integers quantized(const finish *f, const divisor *scale, const float *input) {
  floats x[4], quotients[4];
  MNV4_UNROLL for (int32_t i = 0; i < 4; ++i) x[i] = V(loadu_ps)(input + i * conversion_lanes);
  divide(x, scale, quotients);
  integers steps[4];
  MNV4_UNROLL for (int32_t i = 0; i < 4; ++i) steps[i] = rounded_lanes(zero_unless_number(quotients[i]));
  return natural_order(finish_lanes(f, steps));
}

void MNV4_NAME(quantize)(
    const mnv4_q8_quantization *quantization, const float *input, void *output, ptrdiff_t count) {
  const finish f = make_finish(&quantization->output);
  const divisor scale = divisor_of(quantization->scale);
  uint8_t *bytes = output;
  ptrdiff_t i = 0;
  for (; i + MNV4_WIDTH <= count; i += MNV4_WIDTH) {
    I(storeu)((void *)(bytes + i), quantized(&f, &scale, input + i));
  }
  if (i < count) {
    float rest[MNV4_WIDTH] = {0};
    memcpy(rest, input + i, (size_t)(count - i) * sizeof *rest);
    store_first(bytes + i, count - i, quantized(&f, &scale, rest));
  }
}

void MNV4_NAME(dequantize)(
    const mnv4_q8_dequantization *dequantization, const void *input, float *output,
    ptrdiff_t count) {
  const integers zero = V(set1_epi32)(dequantization->zero_point);
  const floats scale = V(set1_ps)(dequantization->scale);
  const uint8_t *bytes = input;
  for (ptrdiff_t i = 0; i < count; i += conversion_lanes) {
    uint8_t rest[conversion_lanes] = {0};
    float numbers[conversion_lanes];
    const ptrdiff_t left = count - i;
    const bool is_whole = left >= conversion_lanes;
    if (!is_whole) memcpy(rest, bytes + i, (size_t)left);
    const integers x =
        lanes_of_bytes(is_whole ? bytes + i : rest, dequantization->is_signed);
    const floats y = V(mul_ps)(V(cvtepi32_ps)(V(sub_epi32)(x, zero)), scale);
    V(storeu_ps)(is_whole ? output + i : numbers, y);
    if (!is_whole) memcpy(output + i, numbers, (size_t)left * sizeof *numbers);
  }
}
