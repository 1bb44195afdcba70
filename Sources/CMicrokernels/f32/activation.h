// The activations on vectors. Included after one of the simd_*.h headers.

#include "f32_epilogue.h"

/// clamp(x + 3, 0, 6) · float(1/6)
VEC_INLINE vec vec_hard_sigmoid(vec x) {
  const vec raised = vec_raise(vec_add(x, vec_set(3)), vec_set(0));
  return vec_mul(vec_lower(raised, vec_set(6)), vec_set(1.0f / 6.0f));
}

/// `activation` is best a constant.
VEC_INLINE vec vec_activate(vec x, enum mnv4_f32_activation activation, vec low, vec high) {
  switch (activation) {
  case MNV4_F32_CLAMP:
    return vec_lower(vec_raise(x, low), high);
  case MNV4_F32_HARD_SWISH:
    return vec_mul(x, vec_hard_sigmoid(x));
  case MNV4_F32_HARD_SIGMOID:
    return vec_hard_sigmoid(x);
  }
  return x;
}

/// Whether the activation leaves all as it is.
VEC_INLINE int activation_is_identity(const struct mnv4_f32_epilogue *epilogue) {
  return epilogue->activation == MNV4_F32_CLAMP && epilogue->low == -__builtin_inff() &&
         epilogue->high == __builtin_inff();
}

/// Applies the epilogue's activation to `count` vectors, best a constant.
VEC_INLINE void vec_activate_all(
    vec *sums, const int count, const struct mnv4_f32_epilogue *epilogue) {
  const vec low = vec_set(epilogue->low), high = vec_set(epilogue->high);
  switch (epilogue->activation) {
  case MNV4_F32_CLAMP:
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) sums[i] = vec_activate(sums[i], MNV4_F32_CLAMP, low, high);
    break;
  case MNV4_F32_HARD_SWISH:
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) {
      sums[i] = vec_activate(sums[i], MNV4_F32_HARD_SWISH, low, high);
    }
    break;
  case MNV4_F32_HARD_SIGMOID:
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) {
      sums[i] = vec_activate(sums[i], MNV4_F32_HARD_SIGMOID, low, high);
    }
    break;
  }
}
