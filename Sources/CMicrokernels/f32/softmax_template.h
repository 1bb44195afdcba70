// Softmax. Included after softmax_kernels.h, bytes_*.h, vector_math.h and, by each instruction set,
//
//     vec_greatest_of(acc, x, lanes)     the greater lane by lane, acc in lanes outside the mask
//                                        and where x is NaN
//     vec_greatest(x)                    the greatest lane, none of them NaN

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
  /// What sums are multiplied by, so that quotients by them count steps; a power of two, which
  /// changes no digit. Or 1.
  float factor;
  /// By what quotients are divided, where it is not 1.
  vec scale;
  int divides;
  /// The upper bound, less the zero point; the lower one is not above 0, and thus never met.
  vec upper;
};

VEC_INLINE struct softmax_steps softmax_steps_of(const struct mnv4_softmax *s) {
  uint32_t bits;
  memcpy(&bits, &s->output_scale, sizeof bits);
  // From 2⁻³² on, what is lost of quotients below the normal floats is less than half a step.
  const int is_power = (bits & 0x7FFFFF) == 0 && s->output_scale >= 0x1p-32f &&
                       s->output_scale <= 0x1p32f;
  const int32_t highest = s->output_type == MNV4_SOFTMAX_INT8 ? INT8_MAX : UINT8_MAX;
  return (struct softmax_steps){
      .factor = is_power ? s->output_scale : 1,
      .scale = vec_set(s->output_scale),
      .divides = !is_power,
      .upper = vec_set((float)(highest - s->output_zero_point)),
  };
}

VEC_INLINE float softmax_greatest(
    const struct mnv4_softmax *s, const void *row, const enum mnv4_softmax_type type) {
  vec greatest = vec_set(-__builtin_inff());
  for (ptrdiff_t i = 0; i < s->length; i += VEC_LANES) {
    const vec x = softmax_load(s, row, i, s->length - i, type);
    greatest = vec_greatest_of(greatest, x, vec_first(s->length - i));
  }
  return vec_greatest(greatest);
}

/// Writes whole vectors to `to`.
VEC_INLINE void softmax_exponentials(
    const struct mnv4_softmax *s, const void *row, float greatest, float *to,
    const enum mnv4_softmax_type type) {
  const vec shift = vec_set(greatest);
  for (ptrdiff_t i = 0; i < s->length; i += VEC_LANES) {
    const vec x = softmax_load(s, row, i, s->length - i, type);
    vec_store(to + i, vec_exponential(vec_sub(x, shift)));
  }
}

VEC_INLINE void softmax_store_floats(
    const float *exponentials, float sum, float *to, ptrdiff_t length) {
  const vec sums = vec_set(sum);
  ptrdiff_t i = 0;
  for (; i + VEC_LANES <= length; i += VEC_LANES) {
    vec_store(to + i, vec_div(vec_load(exponentials + i), sums));
  }
  if (i < length) {
    vec_store_masked(to + i, vec_div(vec_load(exponentials + i), sums), vec_first(length - i));
  }
}

VEC_INLINE void softmax_store_integers(
    const float *exponentials, float sum, const struct softmax_steps *steps, int32_t zero,
    uint8_t *to, ptrdiff_t length) {
  if (sum != sum) {
    memset(to, zero, (size_t)length);
    return;
  }
  const vec sums = vec_set(sum * steps->factor);
  for (ptrdiff_t i = 0; i < length; i += VEC_LANES) {
    vec y = vec_div(vec_load(exponentials + i), sums);
    if (steps->divides) y = vec_div(y, steps->scale);
    vec_store_bytes(to + i, vec_lower(y, steps->upper), zero, length - i);
  }
}

/// Several rows at a time, so that one does not wait for the other.
VEC_INLINE void softmax_rows(
    const struct mnv4_softmax *s, ptrdiff_t row_begin, ptrdiff_t row_end, float *scratch,
    const enum mnv4_softmax_type input_type, const enum mnv4_softmax_type output_type) {
  const ptrdiff_t from_stride = s->length * (input_type == MNV4_SOFTMAX_FLOAT32 ? 4 : 1);
  const ptrdiff_t to_stride = s->length * (output_type == MNV4_SOFTMAX_FLOAT32 ? 4 : 1);
  const ptrdiff_t scratch_stride = softmax_scratch_stride(s->length);
  const ptrdiff_t most = softmax_block_rows(s->length);
  const struct softmax_steps steps = softmax_steps_of(s);
  float greatest[SOFTMAX_MOST_ROWS], sums[SOFTMAX_MOST_ROWS];
  for (ptrdiff_t row = row_begin; row < row_end; row += most) {
    const char *from = (const char *)s->input + row * from_stride;
    char *to = (char *)s->output + row * to_stride;
    const ptrdiff_t rows = row_end - row < most ? row_end - row : most;
    for (ptrdiff_t i = 0; i < rows; i++) {
      greatest[i] = softmax_greatest(s, from + i * from_stride, input_type);
    }
    for (ptrdiff_t i = 0; i < rows; i++) {
      softmax_exponentials(
          s, from + i * from_stride, greatest[i], scratch + i * scratch_stride, input_type);
    }
    for (ptrdiff_t i = 0; i < rows; i++) {
      sums[i] = softmax_sum(scratch + i * scratch_stride, s->length);
    }
    for (ptrdiff_t i = 0; i < rows; i++) {
      const float *exponentials = scratch + i * scratch_stride;
      void *target = to + i * to_stride;
      if (output_type == MNV4_SOFTMAX_FLOAT32) {
        softmax_store_floats(exponentials, sums[i], target, s->length);
      } else {
        softmax_store_integers(
            exponentials, sums[i], &steps, s->output_zero_point, target, s->length);
      }
    }
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
