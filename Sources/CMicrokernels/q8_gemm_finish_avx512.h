// Template: makes outputs of accumulators with AVX-512 F, BW, VL and DQ. Two vectors a row hold
// their channels in the order of q8_gemm_layout.h, one vector in natural order.
//
// Integers go by way of int16: packs saturate, so that sums far outside stay outside. Outputs are
// made as int8 and become uint8 by flipping their upper bits.

/// Constants of the last conversion, to int8.
typedef struct {
  __m512i zero, minimum, maximum, flip;
} integer_bounds;

static integer_bounds integer_bounds_of(const mnv4_q8_gemm_problem *p, int32_t zero,
                                        int32_t minimum, int32_t maximum) {
  const int32_t offset = p->output_type == MNV4_Q8_GEMM_UINT8 ? 128 : 0;
  return (integer_bounds){
      .zero = _mm512_set1_epi16((int16_t)(zero - offset)),
      .minimum = _mm512_set1_epi8((int8_t)(minimum - offset)),
      .maximum = _mm512_set1_epi8((int8_t)(maximum - offset)),
      .flip = _mm512_set1_epi8(offset ? INT8_MIN : 0),
  };
}

static inline __m512i scaled(const int32_t *accumulators, __m512 scale) {
  const __m512 product =
      _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_load_si512(accumulators)), scale);
  return _mm512_cvtps_epi32(product);
}

/// The conversion gives INT_MIN above 2^31: `limit`, at least the largest output's distance from
/// the zero point, keeps products below.
static inline __m512i scaled_below(const int32_t *accumulators, __m512 scale, __m512 limit) {
  const __m512 product =
      _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_load_si512(accumulators)), scale);
  return _mm512_cvtps_epi32(_mm512_min_ps(product, limit));
}

/// One row of 32 channels, in 16-bit lanes.
static inline __m512i scaled_row(const int32_t *accumulators, const float *scales, bool fit) {
  const __m512 s0 = _mm512_loadu_ps(scales), s1 = _mm512_loadu_ps(scales + 16);
  if (fit) return _mm512_packs_epi32(scaled(accumulators, s0), scaled(accumulators + 16, s1));
  const __m512 limit = _mm512_set1_ps(0x1p20f);
  return _mm512_packs_epi32(scaled_below(accumulators, s0, limit),
                            scaled_below(accumulators + 16, s1, limit));
}

/// Two rows of 16 channels, one after the other, in 16-bit lanes.
static inline __m512i scaled_row_pair(const int32_t *row0, const int32_t *row1,
                                      const float *scales, bool fit) {
  const __m512 s = _mm512_loadu_ps(scales);
  const __m512 limit = _mm512_set1_ps(fit ? INFINITY : 0x1p20f);
  const __m512i lanes =
      _mm512_packs_epi32(scaled_below(row0, s, limit), scaled_below(row1, s, limit));
  return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), lanes);
}

/// Adds the zero point, narrows and clamps two vectors; the 256 bits of `low` come first.
static inline __m512i narrowed(__m512i low, __m512i high, const integer_bounds *b) {
  __m512i bytes =
      _mm512_packs_epi16(_mm512_adds_epi16(low, b->zero), _mm512_adds_epi16(high, b->zero));
  bytes = _mm512_min_epi8(_mm512_max_epi8(bytes, b->minimum), b->maximum);
  bytes = _mm512_xor_si512(bytes, b->flip);
  return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), bytes);
}

static inline void store_row(char *to, __mmask32 mask, __m256i bytes) {
  if (_cvtmask32_u32(mask) == UINT32_MAX) {
    _mm256_storeu_si256((__m256i *)(void *)to, bytes);
  } else {
    _mm256_mask_storeu_epi8(to, mask, bytes);
  }
}

/// The lower `count` lanes: 1 to 32.
static inline __mmask32 first_lanes(int32_t count) {
  return _cvtu32_mask32(UINT32_MAX >> (32 - count));
}

__attribute__((always_inline)) static inline void quantize(const q8_gemm_outputs *o, int vectors,
                                                           bool fit) {
  const mnv4_q8_gemm_problem *p = o->problem;
  const integer_bounds bounds =
      integer_bounds_of(p, p->output_zero_point, p->output_minimum, p->output_maximum);
  const int32_t *sums = o->accumulators, *const last = sums + (o->rows - 1) * vectors * 16;
  const float *const scales = o->scales;
  const ptrdiff_t stride = p->output_pixel_stride;
  const __mmask32 mask = first_lanes(o->channel_count);
  char *to = q8_gemm_output_row(o, 0, 1);
  // Two rows at a time; the last of an odd number is computed and stored twice.
  for (; sums <= last; sums += 2 * vectors * 16, to += 2 * stride) {
    const bool pair = sums < last;
    const int32_t *next = pair ? sums + vectors * 16 : sums;
    char *to_next = pair ? to + stride : to;
    if (vectors == 2) {
      const __m512i bytes =
          narrowed(scaled_row(sums, scales, fit), scaled_row(next, scales, fit), &bounds);
      store_row(to, mask, _mm512_castsi512_si256(bytes));
      store_row(to_next, mask, _mm512_extracti64x4_epi64(bytes, 1));
    } else {
      const __m512i lanes = scaled_row_pair(sums, next, scales, fit);
      const __m256i bytes = _mm512_castsi512_si256(narrowed(lanes, lanes, &bounds));
      _mm_mask_storeu_epi8(to, (__mmask16)mask, _mm256_castsi256_si128(bytes));
      _mm_mask_storeu_epi8(to_next, (__mmask16)mask, _mm256_extracti128_si256(bytes, 1));
    }
  }
}

static void finish_quantized(const q8_gemm_outputs *o, int vectors) {
  if (vectors == 2) {
    quantize(o, 2, true);
  } else {
    quantize(o, 1, true);
  }
}

static void finish_quantized_large(const q8_gemm_outputs *o, int vectors) {
  if (vectors == 2) {
    quantize(o, 2, false);
  } else {
    quantize(o, 1, false);
  }
}

/// Constants of an addition.
typedef struct {
  __m512i zero, minimum, maximum;
  /// Pairs of multipliers (product, addend): bits 11 and up, and the lower eleven.
  __m512i upper, lower;
  __m512i term;
  __m128i shift;
  __m256i addend_flip;
  __m512i addend_zero;
} addition_constants;

static addition_constants addition_constants_of(const mnv4_q8_gemm_problem *p) {
  const mnv4_q8_gemm_addition *a = p->addition;
  const int32_t flipped = a->addend_is_uint8 ? 128 : 0;
  const int32_t addend_zero = a->addend_zero_point - flipped;
  return (addition_constants){
      .zero = _mm512_set1_epi16((int16_t)p->output_zero_point),
      .minimum = _mm512_set1_epi16((int16_t)p->output_minimum),
      .maximum = _mm512_set1_epi16((int16_t)p->output_maximum),
      .upper = _mm512_set1_epi32((a->m1 >> 11) | (a->m2 >> 11 << 16)),
      .lower = _mm512_set1_epi32((a->m1 & 2047) | (a->m2 & 2047) << 16),
      .term = _mm512_set1_epi32(q8_gemm_addition_term(p, addend_zero)),
      .shift = _mm_cvtsi32_si128(a->shift),
      .addend_flip = _mm256_set1_epi8(flipped ? INT8_MIN : 0),
      .addend_zero = _mm512_set1_epi16((int16_t)addend_zero),
  };
}

static inline __m512i shifted_sum(__m512i pairs, const addition_constants *a) {
  __m512i sum = _mm512_slli_epi32(_mm512_madd_epi16(pairs, a->upper), 11);
  sum = _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, a->lower));
  return _mm512_sra_epi32(_mm512_add_epi32(sum, a->term), a->shift);
}

/// Adds 32 elements of the addend, of which those outside the mask are zero points, to products.
static inline __m512i added(__m512i product, __m256i addend, __mmask32 mask,
                            const addition_constants *a) {
  const __m512i x = _mm512_mask_cvtepi8_epi16(a->addend_zero, mask,
                                              _mm256_xor_si256(addend, a->addend_flip));
  __m512i y = _mm512_adds_epi16(product, a->zero);
  y = _mm512_min_epi16(_mm512_max_epi16(y, a->minimum), a->maximum);
  return _mm512_packs_epi32(shifted_sum(_mm512_unpacklo_epi16(y, x), a),
                            shifted_sum(_mm512_unpackhi_epi16(y, x), a));
}

__attribute__((always_inline)) static inline void quantize_and_add(const q8_gemm_outputs *o,
                                                                   int vectors) {
  const mnv4_q8_gemm_problem *p = o->problem;
  const mnv4_q8_gemm_addition *a = p->addition;
  const addition_constants constants = addition_constants_of(p);
  const integer_bounds bounds = integer_bounds_of(p, a->zero_point, a->minimum, a->maximum);
  const int32_t *sums = o->accumulators, *const last = sums + (o->rows - 1) * vectors * 16;
  const float *const scales = o->scales;
  const ptrdiff_t stride = p->output_pixel_stride, addend_stride = a->addend_pixel_stride;
  const __mmask32 mask = first_lanes(o->channel_count);
  const int32_t reached = q8_gemm_addend_channels(o);
  const __mmask32 reach = reached == 0 ? 0 : first_lanes(reached);
  const char *from = q8_gemm_addend_row(o, 0);
  char *to = q8_gemm_output_row(o, 0, 1);
  // Both rows of the addend are read before outputs are written, which may be the same bytes.
  for (; sums <= last; sums += 2 * vectors * 16, to += 2 * stride, from += 2 * addend_stride) {
    const bool pair = sums < last;
    const int32_t *next = pair ? sums + vectors * 16 : sums;
    const char *from_next = pair ? from + addend_stride : from;
    char *to_next = pair ? to + stride : to;
    if (vectors == 2) {
      const __m512i row0 = added(scaled_row(sums, scales, false),
                                 _mm256_maskz_loadu_epi8(reach, from), reach, &constants);
      const __m512i row1 = added(scaled_row(next, scales, false),
                                 _mm256_maskz_loadu_epi8(reach, from_next), reach, &constants);
      const __m512i bytes = narrowed(row0, row1, &bounds);
      store_row(to, mask, _mm512_castsi512_si256(bytes));
      store_row(to_next, mask, _mm512_extracti64x4_epi64(bytes, 1));
    } else {
      const __m256i x = _mm256_set_m128i(_mm_maskz_loadu_epi8((__mmask16)reach, from_next),
                                         _mm_maskz_loadu_epi8((__mmask16)reach, from));
      const __m512i lanes = added(scaled_row_pair(sums, next, scales, false), x,
                                  reach | reach << 16, &constants);
      const __m256i bytes = _mm512_castsi512_si256(narrowed(lanes, lanes, &bounds));
      _mm_mask_storeu_epi8(to, (__mmask16)mask, _mm256_castsi256_si128(bytes));
      _mm_mask_storeu_epi8(to_next, (__mmask16)mask, _mm256_extracti128_si256(bytes, 1));
    }
  }
}

static void finish_added(const q8_gemm_outputs *o, int vectors) {
  if (vectors == 2) {
    quantize_and_add(o, 2);
  } else {
    quantize_and_add(o, 1);
  }
}

static inline __m512 float_outputs(const int32_t *sums, const float *scales,
                                   const mnv4_q8_gemm_problem *p) {
  const __m512 product =
      _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_load_si512(sums)), _mm512_loadu_ps(scales));
  return _mm512_min_ps(_mm512_max_ps(product, _mm512_set1_ps(p->float_minimum)),
                       _mm512_set1_ps(p->float_maximum));
}

static void finish_float(const q8_gemm_outputs *o, int vectors) {
  const int32_t n = o->channel_count;
  const __mmask16 mask0 = _cvtu32_mask16(n >= 16 ? 0xffffu : 0xffffu >> (16 - n));
  for (int32_t r = 0; r < o->rows; r++) {
    float *to = (float *)(void *)q8_gemm_output_row(o, r, sizeof(float));
    const int32_t *sums = o->accumulators + r * 16 * vectors;
    const __m512 y0 = float_outputs(sums, o->scales, o->problem);
    if (vectors == 1) {
      _mm512_mask_storeu_ps(to, mask0, y0);
      continue;
    }
    const __m512 y1 = float_outputs(sums + 16, o->scales + 16, o->problem);
    const __m512i lower =
        _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const __m512i upper = _mm512_add_epi32(lower, _mm512_set1_epi32(8));
    const __mmask16 mask1 = n > 16 ? _cvtu32_mask16(0xffffu >> (32 - n)) : 0;
    _mm512_mask_storeu_ps(to, mask0, _mm512_permutex2var_ps(y0, lower, y1));
    _mm512_mask_storeu_ps(to + 16, mask1, _mm512_permutex2var_ps(y0, upper, y1));
  }
}

static finish_function finish_function_for(const mnv4_q8_gemm_problem *p, bool products_fit) {
  if (p->output_type == MNV4_Q8_GEMM_FLOAT32) return finish_float;
  if (p->addition) return finish_added;
  return products_fit ? finish_quantized : finish_quantized_large;
}
