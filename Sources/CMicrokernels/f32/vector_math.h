// Functions of vectors of floats by the formulas of docs/quantization.md, section 2.1. Included
// after one of the simd_*.h and of the vector_math_*.h headers, with VEC_MATH_FUSED defined: 0
// rounds every operation on its own, which gives the same bits on every processor; 1 fuses products
// into sums, which is faster and within the same bounds.

#pragma STDC FP_CONTRACT OFF

#if VEC_MATH_FUSED
/// a · b + c and c - a · b in one rounding.
VEC_INLINE vec vec_mul_add_vec(vec a, vec b, vec c) { return vec_fma(a, b, c); }
VEC_INLINE vec vec_sub_mul(vec c, vec a, float b) { return vec_fma(a, vec_set(-b), c); }
#else
/// a · b + c and c - a · b in two roundings.
VEC_INLINE vec vec_mul_add_vec(vec a, vec b, vec c) { return vec_add(vec_mul(a, b), c); }
VEC_INLINE vec vec_sub_mul(vec c, vec a, float b) { return vec_sub(c, vec_mul(a, vec_set(b))); }
#endif
VEC_INLINE vec vec_mul_add(vec a, vec b, float c) { return vec_mul_add_vec(a, b, vec_set(c)); }

/// eˣ for x of at most 0, to within 2u relative plus 2⁻¹⁴⁹ for results down to the subnormals; 0
/// below -104, NaN for NaN.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; eʳ by a minimax polynomial.
VEC_INLINE vec vec_exponential(vec x) {
  const vec bounded = vec_raise(x, vec_set(-104));
  const vec rounder = vec_set(0x1.8p23f);
  const vec shifted = vec_mul_add_vec(bounded, vec_set(1.44269504f), rounder);
  const vec n = vec_sub(shifted, rounder);
  const vec r = vec_sub_mul(vec_sub_mul(bounded, n, 0.693359375f), n, -2.12194440e-4f);
  vec p = vec_mul_add(r, vec_set(0.0013901282800361514f), 0.008363144472241402f);
  p = vec_mul_add(p, r, 0.04166685417294502f);
  p = vec_mul_add(p, r, 0.16666577756404877f);
  p = vec_mul_add(p, r, 0.5f);
  p = vec_add(vec_mul_add_vec(p, vec_mul(r, r), r), vec_set(1));
  return vec_scaled(p, shifted, n);
}

/// 1 / (1 + e⁻ˣ) to within 4u relative; below 2⁻¹²⁰ to within 2⁻¹⁴² absolute.
VEC_INLINE vec vec_sigmoid(vec x) {
  const vec e = vec_exponential(vec_negative_abs(x));
  return vec_div(
      vec_where_not_negative(x, vec_set(1), e), vec_add(vec_set(1), e));
}

/// x · (1 + erf(x / √2)) / 2 to within 10u + x²·u relative where x < 0 and 10u elsewhere; below
/// 2⁻¹²⁰ to within 2⁻¹³⁶ absolute.
///
/// erfc t = e^(-t²) · z · P(z) with z = 1 / (1 + t/2) and P a minimax polynomial, which keeps the
/// left tail accurate where 1 + erf would cancel.
VEC_INLINE vec vec_gaussian_error_linear(vec x) {
  const vec t = vec_mul(vec_abs(x), vec_set(0.70710678f));
  const vec z = vec_div(vec_set(1), vec_mul_add(t, vec_set(0.5f), 1));
  vec p = vec_mul_add(z, vec_set(-0.05906921625137329f), 0.2845761775970459f);
  p = vec_mul_add(p, z, -0.4872022867202759f);
  p = vec_mul_add(p, z, 0.27806979417800903f);
  p = vec_mul_add(p, z, -0.02662738598883152f);
  p = vec_mul_add(p, z, 0.2026875615119934f);
  p = vec_mul_add(p, z, 0.24310359358787537f);
  p = vec_mul_add(p, z, 0.2823753356933594f);
  p = vec_mul_add(p, z, 0.28208640217781067f);
  const vec square = vec_mul(vec_mul(x, x), vec_set(-0.5f));
  const vec tail = vec_mul(vec_mul(vec_exponential(square), vec_mul(p, z)), vec_set(0.5f));
  return vec_mul(x, vec_where_not_negative(x, vec_sub(vec_set(1), tail), tail));
}
