// Template: makes outputs of accumulators with AVX2. Two vectors a row hold their channels in the
// order of q8_gemm_layout.h, one vector in natural order. Integers go by way of saturating int16,
// and outputs are made as int8, as in q8_gemm_finish_avx512.h.

/// Constants of the last conversion, to int8.
typedef struct {
  __m256i zero, minimum, maximum, flip;
} integer_bounds;

static integer_bounds integer_bounds_of(const mnv4_q8_gemm_problem *p, int32_t zero,
                                        int32_t minimum, int32_t maximum) {
  const int32_t offset = p->output_type == MNV4_Q8_GEMM_UINT8 ? 128 : 0;
  return (integer_bounds){
      .zero = _mm256_set1_epi16((int16_t)(zero - offset)),
      .minimum = _mm256_set1_epi8((int8_t)(minimum - offset)),
      .maximum = _mm256_set1_epi8((int8_t)(maximum - offset)),
      .flip = _mm256_set1_epi8(offset ? INT8_MIN : 0),
  };
}

/// The conversion gives INT_MIN above 2^31: the limit, far outside all outputs, keeps products
/// below.
static inline __m256i scaled(const int32_t *sums, const float *scales) {
  const __m256 sum = _mm256_cvtepi32_ps(_mm256_load_si256((const __m256i *)(const void *)sums));
  const __m256 product = _mm256_mul_ps(sum, _mm256_loadu_ps(scales));
  return _mm256_cvtps_epi32(_mm256_min_ps(product, _mm256_set1_ps(0x1p20f)));
}

/// One row of 16 channels, in 16-bit lanes.
static inline __m256i scaled_row(const int32_t *sums, const float *scales) {
  return _mm256_packs_epi32(scaled(sums, scales), scaled(sums + 8, scales + 8));
}

/// Two rows of 8 channels, one after the other, in 16-bit lanes.
static inline __m256i scaled_row_pair(const int32_t *row0, const int32_t *row1,
                                      const float *scales) {
  return _mm256_permute4x64_epi64(_mm256_packs_epi32(scaled(row0, scales), scaled(row1, scales)),
                                  0xd8);
}

/// Adds the zero point, narrows and clamps two vectors; the 128 bits of `low` come first.
static inline __m256i narrowed(__m256i low, __m256i high, const integer_bounds *b) {
  __m256i bytes =
      _mm256_packs_epi16(_mm256_adds_epi16(low, b->zero), _mm256_adds_epi16(high, b->zero));
  bytes = _mm256_min_epi8(_mm256_max_epi8(bytes, b->minimum), b->maximum);
  return _mm256_permute4x64_epi64(_mm256_xor_si256(bytes, b->flip), 0xd8);
}

/// Stores the lower `count` bytes: 1 to 16.
static inline void store_bytes(char *to, int32_t count, __m128i bytes) {
  if (count == 16) {
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
    return;
  }
  char buffer[16];
  _mm_storeu_si128((__m128i *)(void *)buffer, bytes);
  for (int32_t i = 0; i < count; i++) to[i] = buffer[i];
}

/// Loads `count` bytes, 0 to 16, and `others` above them.
static inline __m128i load_bytes(const char *from, int32_t count, __m128i others) {
  if (count == 16) return _mm_loadu_si128((const __m128i *)(const void *)from);
  char buffer[16];
  _mm_storeu_si128((__m128i *)(void *)buffer, others);
  for (int32_t i = 0; i < count; i++) buffer[i] = from[i];
  return _mm_loadu_si128((const __m128i *)(const void *)buffer);
}

/// Constants of an addition.
typedef struct {
  __m256i zero, minimum, maximum;
  /// Pairs of multipliers (product, addend): bits 11 and up, and the lower eleven.
  __m256i upper, lower;
  __m256i term;
  __m128i shift;
  __m128i addend_flip, addend_zero;
} addition_constants;

static addition_constants addition_constants_of(const mnv4_q8_gemm_problem *p) {
  const mnv4_q8_gemm_addition *a = p->addition;
  const int32_t flipped = a->addend_is_uint8 ? 128 : 0;
  return (addition_constants){
      .zero = _mm256_set1_epi16((int16_t)p->output_zero_point),
      .minimum = _mm256_set1_epi16((int16_t)p->output_minimum),
      .maximum = _mm256_set1_epi16((int16_t)p->output_maximum),
      .upper = _mm256_set1_epi32((a->m1 >> 11) | (a->m2 >> 11 << 16)),
      .lower = _mm256_set1_epi32((a->m1 & 2047) | (a->m2 & 2047) << 16),
      .term = _mm256_set1_epi32(q8_gemm_addition_term(p, a->addend_zero_point - flipped)),
      .shift = _mm_cvtsi32_si128(a->shift),
      .addend_flip = _mm_set1_epi8(flipped ? INT8_MIN : 0),
      .addend_zero = _mm_set1_epi8((int8_t)a->addend_zero_point),
  };
}

static inline __m256i shifted_sum(__m256i pairs, const addition_constants *a) {
  __m256i sum = _mm256_slli_epi32(_mm256_madd_epi16(pairs, a->upper), 11);
  sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, a->lower));
  return _mm256_sra_epi32(_mm256_add_epi32(sum, a->term), a->shift);
}

/// Adds 16 elements of the addend to products.
static inline __m256i added(__m256i product, __m128i addend, const addition_constants *a) {
  const __m256i x = _mm256_cvtepi8_epi16(_mm_xor_si128(addend, a->addend_flip));
  __m256i y = _mm256_adds_epi16(product, a->zero);
  y = _mm256_min_epi16(_mm256_max_epi16(y, a->minimum), a->maximum);
  return _mm256_packs_epi32(shifted_sum(_mm256_unpacklo_epi16(y, x), a),
                            shifted_sum(_mm256_unpackhi_epi16(y, x), a));
}

__attribute__((always_inline)) static inline void finish(const q8_gemm_outputs *o, int vectors,
                                                         bool adds) {
  const mnv4_q8_gemm_problem *p = o->problem;
  const mnv4_q8_gemm_addition *a = p->addition;
  const integer_bounds bounds =
      adds ? integer_bounds_of(p, a->zero_point, a->minimum, a->maximum)
           : integer_bounds_of(p, p->output_zero_point, p->output_minimum, p->output_maximum);
  addition_constants constants;
  const char *from = NULL;
  ptrdiff_t addend_stride = 0;
  int32_t reached = 0;
  if (adds) {
    constants = addition_constants_of(p);
    from = q8_gemm_addend_row(o, 0);
    addend_stride = a->addend_pixel_stride;
    reached = q8_gemm_addend_channels(o);
  }
  const int32_t *sums = o->accumulators, *const last = sums + (o->rows - 1) * vectors * 8;
  const float *const scales = o->scales;
  const int32_t count = o->channel_count;
  const ptrdiff_t stride = p->output_pixel_stride;
  char *to = q8_gemm_output_row(o, 0, 1);
  // Two rows at a time; the last of an odd number is computed and stored twice. Both rows of the
  // addend are read before outputs are written, which may be the same bytes.
  for (; sums <= last; sums += 2 * vectors * 8, to += 2 * stride, from += 2 * addend_stride) {
    const bool pair = sums < last;
    const int32_t *next = pair ? sums + vectors * 8 : sums;
    char *to_next = pair ? to + stride : to;
    __m128i x0 = _mm_setzero_si128(), x1 = x0;
    if (adds) {
      x0 = load_bytes(from, reached, constants.addend_zero);
      x1 = load_bytes(pair ? from + addend_stride : from, reached, constants.addend_zero);
    }
    __m256i bytes;
    if (vectors == 2) {
      __m256i row0 = scaled_row(sums, scales), row1 = scaled_row(next, scales);
      if (adds) {
        row0 = added(row0, x0, &constants);
        row1 = added(row1, x1, &constants);
      }
      bytes = narrowed(row0, row1, &bounds);
    } else {
      __m256i lanes = scaled_row_pair(sums, next, scales);
      if (adds) lanes = added(lanes, _mm_unpacklo_epi64(x0, x1), &constants);
      // Rows of 8 bytes: to the lower halves of the 128-bit lanes.
      bytes = _mm256_permute4x64_epi64(narrowed(lanes, lanes, &bounds), 0xd8);
    }
    store_bytes(to, count, _mm256_castsi256_si128(bytes));
    store_bytes(to_next, count, _mm256_extracti128_si256(bytes, 1));
  }
}

static void finish_quantized(const q8_gemm_outputs *o, int vectors) {
  if (vectors == 2) {
    finish(o, 2, false);
  } else {
    finish(o, 1, false);
  }
}

static void finish_added(const q8_gemm_outputs *o, int vectors) {
  if (vectors == 2) {
    finish(o, 2, true);
  } else {
    finish(o, 1, true);
  }
}

static void finish_float(const q8_gemm_outputs *o, int vectors) {
  const mnv4_q8_gemm_problem *p = o->problem;
  for (int32_t r = 0; r < o->rows; r++) {
    float *to = (float *)(void *)q8_gemm_output_row(o, r, sizeof(float));
    for (int32_t i = 0; i < o->channel_count; i++) {
      const int32_t lane = vectors == 1 ? i : i / 8 * 4 + i / 4 % 2 * 8 + i % 4;
      float y = (float)o->accumulators[r * vectors * 8 + lane] * o->scales[lane];
      y = y < p->float_minimum ? p->float_minimum : y;
      to[i] = y > p->float_maximum ? p->float_maximum : y;
    }
  }
}

static finish_function finish_function_for(const mnv4_q8_gemm_problem *p, bool products_fit) {
  (void)products_fit;
  if (p->output_type == MNV4_Q8_GEMM_FLOAT32) return finish_float;
  return p->addition ? finish_added : finish_quantized;
}
