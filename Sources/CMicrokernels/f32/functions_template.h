// Functions of rows of elements. Included after functions_kernels.h and vector_math.h.

VEC_INLINE vec function_of(vec x, const enum mnv4_f32_function function) {
  switch (function) {
  case MNV4_F32_SIGMOID:
    return vec_sigmoid(x);
  case MNV4_F32_SILU:
    return vec_mul(x, vec_sigmoid(x));
  case MNV4_F32_GELU:
    return vec_gaussian_error_linear(x);
  }
  return x;
}

VEC_INLINE void function_run(
    const float *input, float *output, ptrdiff_t count, const enum mnv4_f32_function function) {
  ptrdiff_t i = 0;
  for (; i + VEC_LANES <= count; i += VEC_LANES) {
    vec_store(output + i, function_of(vec_load(input + i), function));
  }
  if (i < count) {
    const vec_mask lanes = vec_first(count - i);
    vec_store_masked(output + i, function_of(vec_load_masked(input + i, lanes), function), lanes);
  }
}

VEC_INLINE void function_rows(
    const struct mnv4_f32_function_rows *rows, const enum mnv4_f32_function function) {
  if (rows->input_stride == rows->columns && rows->output_stride == rows->columns) {
    // Rows without gaps are one row.
    function_run(rows->input, rows->output, rows->rows * rows->columns, function);
    return;
  }
  for (ptrdiff_t row = 0; row < rows->rows; row++) {
    function_run(
        rows->input + row * rows->input_stride, rows->output + row * rows->output_stride,
        rows->columns, function);
  }
}

static void functions_apply(
    enum mnv4_f32_function function, const struct mnv4_f32_function_rows *rows) {
  switch (function) {
  case MNV4_F32_SIGMOID:
    function_rows(rows, MNV4_F32_SIGMOID);
    break;
  case MNV4_F32_SILU:
    function_rows(rows, MNV4_F32_SILU);
    break;
  case MNV4_F32_GELU:
    function_rows(rows, MNV4_F32_GELU);
    break;
  }
}
