// What vector_math.h asks of four lanes of any architecture. Included after simd_portable.h.

typedef uint32_t vec_unsigned __attribute__((vector_size(16)));

VEC_INLINE vec vec_abs(vec x) { return (vec)((vec_bits)x & 0x7FFFFFFF); }
/// -|x|
VEC_INLINE vec vec_negative_abs(vec x) { return (vec)((vec_bits)x | INT32_MIN); }

/// x >= 0 ? a : b
VEC_INLINE vec vec_where_not_negative(vec x, vec a, vec b) {
  return vec_select(x >= vec_set(0), a, b);
}

/// x · 2ⁿ, rounded once; n = shifted - 1.5 · 2²³ lies within -151 ... 130. In two steps, so that
/// neither factor leaves the range of a float.
VEC_INLINE vec vec_scaled(vec x, vec shifted, vec n) {
  (void)n;
  const vec_bits whole = (vec_bits)((vec_unsigned)shifted - 0x4B400000u);
  const vec_bits half = whole >> 1;
  const vec first = (vec)(((vec_unsigned)half + 127u) << 23);
  const vec second = (vec)(((vec_unsigned)whole - (vec_unsigned)half + 127u) << 23);
  return vec_mul(vec_mul(x, first), second);
}
