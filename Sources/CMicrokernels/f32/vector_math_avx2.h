// What vector_math.h asks of eight lanes of AVX2. Included after simd_avx2.h.

VEC_INLINE vec vec_abs(vec x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
/// -|x|
VEC_INLINE vec vec_negative_abs(vec x) { return _mm256_or_ps(x, _mm256_set1_ps(-0.0f)); }

/// x >= 0 ? a : b
VEC_INLINE vec vec_where_not_negative(vec x, vec a, vec b) {
  return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GE_OQ));
}

/// x · 2ⁿ, rounded once; n = shifted - 1.5 · 2²³ lies within -151 ... 130. In two steps, so that
/// neither factor leaves the range of a float.
VEC_INLINE vec vec_scaled(vec x, vec shifted, vec n) {
  (void)n;
  const __m256i whole =
      _mm256_sub_epi32(_mm256_castps_si256(shifted), _mm256_set1_epi32(0x4B400000));
  const __m256i half = _mm256_srai_epi32(whole, 1), bias = _mm256_set1_epi32(127);
  const __m256i first = _mm256_slli_epi32(_mm256_add_epi32(half, bias), 23);
  const __m256i second =
      _mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(whole, half), bias), 23);
  return _mm256_mul_ps(
      _mm256_mul_ps(x, _mm256_castsi256_ps(first)), _mm256_castsi256_ps(second));
}
