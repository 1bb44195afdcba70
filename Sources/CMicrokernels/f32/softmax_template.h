// Softmax. Included after softmax_kernels.h, functions.h and, by each instruction set,
//
//     vec_greatest_of(acc, x, lanes)     the greater lane by lane, acc in lanes outside the mask
//                                        and where x is NaN
//     vec_greatest(x)                    the greatest lane, none of them NaN
//     vec_from_bytes(p, count, is_signed, zero)     float32(integer - zero) of as many bytes as
//                                        lanes; lanes past `count` are any number
//     vec_store_bytes(p, steps, zero, count)   the first `count` lanes, rounded to nearest even and
//                                        moved to the zero point, as bytes

/// Where `index` is an element of a row, `left` of which follow.
VEC_INLINE vec softmax_load(
    const struct mnv4_softmax *s, const void *row, ptrdiff_t index, ptrdiff_t left,
    const enum mnv4_softmax_type type) {
  if (type == MNV4_SOFTMAX_FLOAT32) {
    const float *p = (const float *)row + index;
    return left >= VEC_LANES ? vec_load(p) : vec_load_masked(p, vec_first(left));
  }
  const vec steps = vec_from_bytes(
      (const uint8_t *)row + index, left, type == MNV4_SOFTMAX_INT8, s->input_zero_point);
  return vec_mul(steps, vec_set(s->input_scale));
}

/// The sum of `count` floats in the order that docs/quantization.md gives.
VEC_INLINE float softmax_sum(const float *p, ptrdiff_t count) {
  typedef float octet __attribute__((vector_size(32)));
  octet c = {0};
  ptrdiff_t i = 0;
  for (; i + 8 <= count; i += 8) {
    octet next;
    memcpy(&next, p + i, sizeof next);
    c += next;
  }
  float sum = ((c[0] + c[4]) + (c[2] + c[6])) + ((c[1] + c[5]) + (c[3] + c[7]));
  for (; i < count; i++) sum += p[i];
  return sum;
}

/// How quotients become integers.
struct softmax_steps {
  vec factor, lower, upper;
  /// Whether `factor` is 1 / scale, which is exact, or the scale itself.
  int multiplies;
};

VEC_INLINE struct softmax_steps softmax_steps_of(const struct mnv4_softmax *s) {
  uint32_t bits;
  memcpy(&bits, &s->output_scale, sizeof bits);
  const uint32_t exponent = bits >> 23 & 255;
  const int32_t lowest = s->output_type == MNV4_SOFTMAX_INT8 ? INT8_MIN : 0;
  struct softmax_steps steps;
  steps.multiplies = (bits & 0x7FFFFF) == 0 && exponent >= 2 && exponent <= 252;
  steps.factor = vec_set(steps.multiplies ? 1 / s->output_scale : s->output_scale);
  steps.lower = vec_set((float)(lowest - s->output_zero_point));
  steps.upper = vec_set((float)(lowest + 255 - s->output_zero_point));
  return steps;
}

VEC_INLINE void softmax_row(
    const struct mnv4_softmax *s, const void *from, void *to, float *scratch,
    const struct softmax_steps *steps, const enum mnv4_softmax_type input_type,
    const enum mnv4_softmax_type output_type) {
  const ptrdiff_t length = s->length;
  vec greatest = vec_set(-__builtin_inff());
  for (ptrdiff_t i = 0; i < length; i += VEC_LANES) {
    const vec x = softmax_load(s, from, i, length - i, input_type);
    greatest = vec_greatest_of(greatest, x, vec_first(length - i));
  }
  const vec shift = vec_set(vec_greatest(greatest));
  for (ptrdiff_t i = 0; i < length; i += VEC_LANES) {
    const vec x = softmax_load(s, from, i, length - i, input_type);
    vec_store(scratch + i, vec_exponential(vec_sub(x, shift)));
  }
  const float sum = softmax_sum(scratch, length);
  const vec sums = vec_set(sum);
  if (output_type == MNV4_SOFTMAX_FLOAT32) {
    float *const row = to;
    ptrdiff_t i = 0;
    for (; i + VEC_LANES <= length; i += VEC_LANES) {
      vec_store(row + i, vec_div(vec_load(scratch + i), sums));
    }
    if (i < length) {
      vec_store_masked(row + i, vec_div(vec_load(scratch + i), sums), vec_first(length - i));
    }
    return;
  }
  if (sum != sum) {
    memset(to, s->output_zero_point, (size_t)length);
    return;
  }
  for (ptrdiff_t i = 0; i < length; i += VEC_LANES) {
    const vec quotient = vec_div(vec_load(scratch + i), sums);
    vec y = steps->multiplies ? vec_mul(quotient, steps->factor)
                              : vec_div(quotient, steps->factor);
    y = vec_lower(vec_raise(y, steps->lower), steps->upper);
    vec_store_bytes((uint8_t *)to + i, y, s->output_zero_point, length - i);
  }
}

VEC_INLINE void softmax_rows(
    const struct mnv4_softmax *s, ptrdiff_t row_begin, ptrdiff_t row_end, float *scratch,
    const enum mnv4_softmax_type input_type, const enum mnv4_softmax_type output_type) {
  const ptrdiff_t from_stride = s->length * (input_type == MNV4_SOFTMAX_FLOAT32 ? 4 : 1);
  const ptrdiff_t to_stride = s->length * (output_type == MNV4_SOFTMAX_FLOAT32 ? 4 : 1);
  const struct softmax_steps steps = softmax_steps_of(s);
  for (ptrdiff_t row = row_begin; row < row_end; row++) {
    softmax_row(
        s, (const char *)s->input + row * from_stride, (char *)s->output + row * to_stride,
        scratch, &steps, input_type, output_type);
  }
}

VEC_INLINE void softmax_to(
    const struct mnv4_softmax *s, ptrdiff_t row_begin, ptrdiff_t row_end, float *scratch,
    const enum mnv4_softmax_type output_type) {
  switch (s->input_type) {
  case MNV4_SOFTMAX_FLOAT32:
    softmax_rows(s, row_begin, row_end, scratch, MNV4_SOFTMAX_FLOAT32, output_type);
    break;
  case MNV4_SOFTMAX_INT8:
    softmax_rows(s, row_begin, row_end, scratch, MNV4_SOFTMAX_INT8, output_type);
    break;
  case MNV4_SOFTMAX_UINT8:
    softmax_rows(s, row_begin, row_end, scratch, MNV4_SOFTMAX_UINT8, output_type);
    break;
  }
}

static void softmax_run(
    const struct mnv4_softmax *s, ptrdiff_t row_begin, ptrdiff_t row_end, void *scratch) {
  if (s->output_type == MNV4_SOFTMAX_FLOAT32) {
    softmax_to(s, row_begin, row_end, scratch, MNV4_SOFTMAX_FLOAT32);
  } else {
    // The bytes of int8 and uint8 differ in bounds and zero point alone.
    softmax_to(s, row_begin, row_end, scratch, MNV4_SOFTMAX_INT8);
  }
}
