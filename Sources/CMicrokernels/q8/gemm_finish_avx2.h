// Template: makes outputs of accumulators with AVX2. Two vectors a row hold their channels in the
// order of gemm_layout.h, one vector in natural order. Integers go by way of saturating int16,
// and outputs are made as int8, as in gemm_finish_avx512.h.

/// Constants of the last conversion, to int8, and of an addition.
typedef struct {
  __m256i zero, minimum, maximum, flip;
  /// Bounds of the product, less its zero point.
  __m256i product_minimum, product_maximum;
  /// Pairs of multipliers (product, addend): bits 11 and up, and the lower eleven.
  __m256i upper, lower;
  /// 2^(shift-1).
  __m256i half;
  __m256i shift, addend_zero;
  __m128i addend_flip, addend_bytes;
} finish_constants;

static finish_constants finish_constants_of(const mnv4_q8_gemm_problem *p,
                                            const q8_gemm_header *header) {
  (void)header;
  const mnv4_q8_gemm_addition *a = p->addition;
  const int32_t zero = a ? a->zero_point : p->output_zero_point;
  const int32_t minimum = a ? a->minimum : p->output_minimum;
  const int32_t maximum = a ? a->maximum : p->output_maximum;
  const int32_t offset = p->output_type == MNV4_Q8_GEMM_UINT8 ? 128 : 0;
  finish_constants c = {
      .zero = _mm256_set1_epi16((int16_t)(zero - offset)),
      .minimum = _mm256_set1_epi8((int8_t)(minimum - offset)),
      .maximum = _mm256_set1_epi8((int8_t)(maximum - offset)),
      .flip = _mm256_set1_epi8(offset ? INT8_MIN : 0),
  };
  if (!a) return c;
  const int32_t flipped = a->addend_is_uint8 ? 128 : 0;
  c.product_minimum = _mm256_set1_epi16((int16_t)(p->output_minimum - p->output_zero_point));
  c.product_maximum = _mm256_set1_epi16((int16_t)(p->output_maximum - p->output_zero_point));
  c.upper = _mm256_set1_epi32((a->m1 >> 11) | (a->m2 >> 11 << 16));
  c.lower = _mm256_set1_epi32((a->m1 & 2047) | (a->m2 & 2047) << 16);
  c.half = _mm256_set1_epi32(1 << (a->shift - 1));
  c.shift = _mm256_set1_epi32(a->shift);
  c.addend_zero = _mm256_set1_epi16((int16_t)(a->addend_zero_point - flipped));
  c.addend_flip = _mm_set1_epi8(flipped ? INT8_MIN : 0);
  c.addend_bytes = _mm_set1_epi8((int8_t)a->addend_zero_point);
  return c;
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
static inline __m256i narrowed(__m256i low, __m256i high, const finish_constants *c) {
  __m256i bytes =
      _mm256_packs_epi16(_mm256_adds_epi16(low, c->zero), _mm256_adds_epi16(high, c->zero));
  bytes = _mm256_min_epi8(_mm256_max_epi8(bytes, c->minimum), c->maximum);
  return _mm256_permute4x64_epi64(_mm256_xor_si256(bytes, c->flip), 0xd8);
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

static inline __m256i shifted_sum(__m256i pairs, const finish_constants *c) {
  __m256i sum = _mm256_slli_epi32(_mm256_madd_epi16(pairs, c->upper), 11);
  sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, c->lower));
  return _mm256_srav_epi32(_mm256_add_epi32(sum, c->half), c->shift);
}

/// Adds 16 elements of the addend to products, which are clamped first.
static inline __m256i added(__m256i product, __m128i addend, const finish_constants *c) {
  const __m256i x = _mm256_sub_epi16(_mm256_cvtepi8_epi16(_mm_xor_si128(addend, c->addend_flip)),
                                     c->addend_zero);
  const __m256i y =
      _mm256_min_epi16(_mm256_max_epi16(product, c->product_minimum), c->product_maximum);
  return _mm256_packs_epi32(shifted_sum(_mm256_unpacklo_epi16(y, x), c),
                            shifted_sum(_mm256_unpackhi_epi16(y, x), c));
}

/// Not chosen: outputs are always made from memory.
static inline void finish_in_registers(const q8_gemm_outputs *o, __m256i (*sums)[2], int rows,
                                       int vectors) {
  (void)o, (void)sums, (void)rows, (void)vectors;
}

__attribute__((always_inline)) static inline void finish(const q8_gemm_outputs *o,
                                                         const int32_t *sums, int vectors,
                                                         bool adds) {
  const finish_constants c = *(const finish_constants *)o->constants;
  const int32_t *const last = sums + (o->rows - 1) * vectors * 8;
  const float *const scales = o->scales;
  const int32_t count = o->channel_count, reached = adds ? o->addend_count : 0;
  const ptrdiff_t stride = o->problem->output_pixel_stride;
  const ptrdiff_t addend_stride = adds ? o->problem->addition->addend_pixel_stride : 0;
  const char *from = o->from;
  char *to = o->to;
  // Two rows at a time; the last of an odd number is computed and stored twice. Both rows of the
  // addend are read before outputs are written, which may be the same bytes.
  for (; sums <= last; sums += 2 * vectors * 8, to += 2 * stride) {
    const bool pair = sums < last;
    const int32_t *next = pair ? sums + vectors * 8 : sums;
    char *to_next = pair ? to + stride : to;
    __m128i x0 = _mm_setzero_si128(), x1 = x0;
    if (adds) {
      x0 = load_bytes(from, reached, c.addend_bytes);
      x1 = load_bytes(pair ? from + addend_stride : from, reached, c.addend_bytes);
      from += 2 * addend_stride;
    }
    __m256i bytes;
    if (vectors == 2) {
      __m256i row0 = scaled_row(sums, scales), row1 = scaled_row(next, scales);
      if (adds) {
        row0 = added(row0, x0, &c);
        row1 = added(row1, x1, &c);
      }
      bytes = narrowed(row0, row1, &c);
    } else {
      __m256i lanes = scaled_row_pair(sums, next, scales);
      if (adds) lanes = added(lanes, _mm_unpacklo_epi64(x0, x1), &c);
      // Rows of 8 bytes: to the lower halves of the 128-bit lanes.
      bytes = _mm256_permute4x64_epi64(narrowed(lanes, lanes, &c), 0xd8);
    }
    store_bytes(to, count, _mm256_castsi256_si128(bytes));
    store_bytes(to_next, count, _mm256_extracti128_si256(bytes, 1));
  }
}

static void finish_quantized(const q8_gemm_outputs *o, const int32_t *sums, int vectors) {
  if (vectors == 2) {
    finish(o, sums, 2, false);
  } else {
    finish(o, sums, 1, false);
  }
}

static void finish_added(const q8_gemm_outputs *o, const int32_t *sums, int vectors) {
  if (vectors == 2) {
    finish(o, sums, 2, true);
  } else {
    finish(o, sums, 1, true);
  }
}

static void finish_float(const q8_gemm_outputs *o, const int32_t *sums, int vectors) {
  const mnv4_q8_gemm_problem *p = o->problem;
  for (int32_t r = 0; r < o->rows; r++, sums += vectors * 8) {
    float *to = (float *)(void *)(o->to + r * p->output_pixel_stride);
    for (int32_t i = 0; i < o->channel_count; i++) {
      const int32_t lane = vectors == 1 ? i : i / 8 * 4 + i / 4 % 2 * 8 + i % 4;
      float y = (float)sums[lane] * o->scales[lane];
      y = y < p->float_minimum ? p->float_minimum : y;
      to[i] = y > p->float_maximum ? p->float_maximum : y;
    }
  }
}

static int32_t sum_offset(const finish_constants *c) {
  (void)c;
  return 0;
}

static finish_function finish_function_for(const mnv4_q8_gemm_problem *p, bool products_fit) {
  (void)products_fit;
  if (p->output_type == MNV4_Q8_GEMM_FLOAT32) return finish_float;
  return p->addition ? finish_added : finish_quantized;
}
