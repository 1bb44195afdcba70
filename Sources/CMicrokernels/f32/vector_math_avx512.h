// What vector_math.h asks of sixteen lanes of AVX-512. Included after simd_avx512.h.

VEC_INLINE vec vec_abs(vec x) { return _mm512_abs_ps(x); }
/// -|x|
VEC_INLINE vec vec_negative_abs(vec x) { return _mm512_or_ps(x, _mm512_set1_ps(-0.0f)); }

/// x >= 0 ? a : b
VEC_INLINE vec vec_where_not_negative(vec x, vec a, vec b) {
  return _mm512_mask_mov_ps(
      b, _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GE_OQ), a);
}

/// x · 2ⁿ, rounded once; n = shifted - 1.5 · 2²³ lies within -151 ... 130.
VEC_INLINE vec vec_scaled(vec x, vec shifted, vec n) {
  (void)shifted;
  return _mm512_scalef_ps(x, n);
}
