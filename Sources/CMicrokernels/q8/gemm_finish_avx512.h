// Template: makes outputs of accumulators with AVX-512 F, BW, VL and DQ. Two vectors a row hold
// their channels in the order of gemm_layout.h, one vector in natural order. The including file
// defines
//
//     add_products(sums, x, y)     adds products of neighbouring int16, in 32-bit lanes
//
// Integers go by way of int16: packs saturate, so that sums far outside stay outside. Outputs are
// made as int8, those of rectified layers as uint8, and become the other type by flipping their upper
// bits.
//
// Sums of a rectified layer (q8_gemm_is_rectified) start at the bits of the float 2^23. Those of a
// sum from 0 to 2^23 are then those of 2^23 + sum, and one fused multiply-add makes of them
// sum * scale, rounded once, for 2^23 * scale is exact. A sum below gives a product below.

/// Constants of the last conversion, to int8, and of an addition.
typedef struct {
  __m512i zero, minimum, maximum;
  /// Puts the 64-bit halves of the packs' 128-bit lanes in order.
  __m512i order;
  /// Bounds of the product, less its zero point.
  __m512i product_minimum, product_maximum;
  /// Pairs of multipliers (product, addend): bits 11 and up, and the lower eleven.
  __m512i upper, lower;
  /// 2^(shift-1) without its lower eleven bits, which are zeros.
  __m512i half;
  __m512i shift, addend_zero;
  bool addend_is_uint8;
  /// What bits are flipped with.
  __m512i flip;
  /// Whether bits are to be flipped, or the bounds of the type do not suffice.
  bool adjusts;
  bool rectified, adds;
} finish_constants;

static finish_constants finish_constants_of(const mnv4_q8_gemm_problem *p,
                                            const q8_gemm_header *header) {
  const mnv4_q8_gemm_addition *a = p->addition;
  const int32_t zero = a ? a->zero_point : p->output_zero_point;
  const int32_t minimum = a ? a->minimum : p->output_minimum;
  const int32_t maximum = a ? a->maximum : p->output_maximum;
  const bool rectified = q8_gemm_is_rectified(p, header);
  const int32_t least = p->output_type == MNV4_Q8_GEMM_UINT8 ? 0 : INT8_MIN;
  // What the type that outputs are made as has for the output's zero.
  const int32_t offset = rectified ? least : least - INT8_MIN;
  const bool flips = rectified == (least < 0);
  finish_constants c = {
      .zero = _mm512_set1_epi16((int16_t)(zero - offset)),
      .minimum = _mm512_set1_epi8((int8_t)(minimum - offset)),
      .maximum = _mm512_set1_epi8((int8_t)(maximum - offset)),
      .order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7),
      .flip = _mm512_set1_epi8(flips ? INT8_MIN : 0),
      .adjusts = flips || minimum > least || maximum < least + 255,
      .rectified = rectified,
      .adds = a != NULL,
  };
  if (!a) return c;
  c.product_minimum = _mm512_set1_epi16((int16_t)(p->output_minimum - p->output_zero_point));
  c.product_maximum = _mm512_set1_epi16((int16_t)(p->output_maximum - p->output_zero_point));
  c.upper = _mm512_set1_epi32((a->m1 >> 11) | (a->m2 >> 11 << 16));
  c.lower = _mm512_set1_epi32((a->m1 & 2047) | (a->m2 & 2047) << 16);
  c.half = _mm512_set1_epi32(1 << (a->shift - 12));
  c.shift = _mm512_set1_epi32(a->shift);
  c.addend_zero = _mm512_set1_epi16((int16_t)a->addend_zero_point);
  c.addend_is_uint8 = a->addend_is_uint8;
  return c;
}

/// Where sums start, beside their start values: the bits of 2^23.
static int32_t sum_offset(const finish_constants *c) { return c->rectified ? 0x4b000000 : 0; }

/// How sums become products.
typedef enum { SCALE_ANY, SCALE_FITTING, SCALE_RECTIFIED } scaling;

/// What a vector of channels is scaled with.
typedef struct {
  __m512 scales;
  /// Of a rectified layer: -2^23 * scales.
  __m512 offsets;
} scale_vector;

__attribute__((always_inline)) static inline scale_vector load_scales(const float *from,
                                                                      const scaling how) {
  scale_vector s = {.scales = _mm512_loadu_ps(from)};
  if (how == SCALE_RECTIFIED) s.offsets = _mm512_mul_ps(s.scales, _mm512_set1_ps(-0x1p23f));
  return s;
}

/// round(sums * scales) in 32-bit lanes. The conversion gives INT_MIN above 2^31: where products
/// might not fit, a limit far outside all outputs keeps them below.
__attribute__((always_inline)) static inline __m512i scaled(__m512i sums, const scale_vector *s,
                                                            const scaling how) {
  if (how == SCALE_RECTIFIED) {
    return _mm512_cvtps_epi32(_mm512_fmadd_ps(_mm512_castsi512_ps(sums), s->scales, s->offsets));
  }
  __m512 product = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), s->scales);
  if (how == SCALE_ANY) product = _mm512_min_ps(product, _mm512_set1_ps(0x1p20f));
  return _mm512_cvtps_epi32(product);
}

/// The two vectors of a row's panel, scaled, in 16-bit lanes: 32 channels.
__attribute__((always_inline)) static inline __m512i scaled_pair(const __m512i *row,
                                                                 const scale_vector *s,
                                                                 const scaling how) {
  return _mm512_packs_epi32(scaled(row[0], &s[0], how), scaled(row[1], &s[1], how));
}

/// The same vector of two rows, scaled, in 16-bit lanes: 16 channels each, one row after the other.
__attribute__((always_inline)) static inline __m512i scaled_rows(__m512i row0, __m512i row1,
                                                                 const scale_vector *s,
                                                                 const scaling how, __m512i order) {
  const __m512i lanes = _mm512_packs_epi32(scaled(row0, s, how), scaled(row1, s, how));
  return _mm512_permutexvar_epi64(order, lanes);
}

/// The lower `count` lanes: 0 to 32.
static inline __mmask32 first_lanes(int32_t count) {
  return count == 0 ? 0 : UINT32_MAX >> (32 - count);
}

/// Adds the zero point, narrows and clamps: the bytes of `low`, then those of `high`.
__attribute__((always_inline)) static inline __m512i narrowed(__m512i low, __m512i high,
                                                              const bool rectified, __m512i order,
                                                              const finish_constants *c) {
  __m512i bytes;
  if (rectified) {
    // The zero point is the least of all: as uint8, 0.
    bytes = _mm512_packus_epi16(low, high);
  } else {
    bytes = _mm512_packs_epi16(_mm512_adds_epi16(low, c->zero), _mm512_adds_epi16(high, c->zero));
  }
  if (__builtin_expect(c->adjusts, false)) {
    if (rectified) {
      bytes = _mm512_min_epu8(_mm512_max_epu8(bytes, c->minimum), c->maximum);
    } else {
      bytes = _mm512_min_epi8(_mm512_max_epi8(bytes, c->minimum), c->maximum);
    }
    bytes = _mm512_xor_si512(bytes, c->flip);
  }
  return _mm512_permutexvar_epi64(order, bytes);
}

/// Stores two rows of up to 32 bytes.
static inline void store_pair(char *to0, char *to1, __mmask32 mask, __m512i bytes) {
  if (__builtin_expect(mask == UINT32_MAX, true)) {
    _mm256_storeu_si256((__m256i *)(void *)to0, _mm512_castsi512_si256(bytes));
    _mm256_storeu_si256((__m256i *)(void *)to1, _mm512_extracti64x4_epi64(bytes, 1));
  } else {
    _mm256_mask_storeu_epi8(to0, mask, _mm512_castsi512_si256(bytes));
    _mm256_mask_storeu_epi8(to1, mask, _mm512_extracti64x4_epi64(bytes, 1));
  }
}

/// Outputs of sums in registers, where products fit and nothing is added.
__attribute__((always_inline)) static inline void finish_rows(const q8_gemm_outputs *o,
                                                              __m512i (*sums)[2], const int rows,
                                                              const int vectors,
                                                              const scaling how) {
  const finish_constants *c = o->constants;
  const bool rectified = how == SCALE_RECTIFIED;
  const __m512i order = c->order;
  const ptrdiff_t stride = o->problem->output_pixel_stride;
  const __mmask32 mask = first_lanes(o->channel_count);
  scale_vector s[2];
  UNROLLED for (int v = 0; v < vectors; v++) s[v] = load_scales(o->scales + 16 * v, how);
  char *to = o->to;
  UNROLLED for (int r = 0; r < rows; r += 2) {
    const int next = r + 1 < rows ? 1 : 0;
    char *const to_next = to + next * stride;
    if (vectors == 2) {
      const __m512i row0 = scaled_pair(sums[r], s, how);
      const __m512i row1 = scaled_pair(sums[r + next], s, how);
      store_pair(to, to_next, mask, narrowed(row0, row1, rectified, order, c));
    } else {
      const __m512i both = scaled_rows(sums[r][0], sums[r + next][0], s, how, order);
      const __m256i bytes = _mm512_castsi512_si256(narrowed(both, both, rectified, order, c));
      _mm_mask_storeu_epi8(to, (__mmask16)mask, _mm256_castsi256_si128(bytes));
      _mm_mask_storeu_epi8(to_next, (__mmask16)mask, _mm256_extracti128_si256(bytes, 1));
    }
    to += 2 * stride;
  }
}

__attribute__((always_inline)) static inline void finish_in_registers(const q8_gemm_outputs *o,
                                                                      __m512i (*sums)[2],
                                                                      const int rows,
                                                                      const int vectors) {
  const finish_constants *c = o->constants;
  if (c->rectified) {
    finish_rows(o, sums, rows, vectors, SCALE_RECTIFIED);
  } else {
    finish_rows(o, sums, rows, vectors, SCALE_FITTING);
  }
}

/// One row's sums, from memory.
static inline void load_row(const int32_t *sums, int vectors, __m512i *row) {
  row[0] = _mm512_load_si512(sums);
  if (vectors == 2) row[1] = _mm512_load_si512(sums + 16);
}

/// Adds an addend's elements to two rows of products, which are clamped first.
static inline __m512i added(__m512i product, __m256i addend, __mmask32 mask,
                            const finish_constants *c) {
  const __m512i wide =
      c->addend_is_uint8 ? _mm512_cvtepu8_epi16(addend) : _mm512_cvtepi8_epi16(addend);
  const __m512i x = _mm512_maskz_sub_epi16(mask, wide, c->addend_zero);
  const __m512i y =
      _mm512_min_epi16(_mm512_max_epi16(product, c->product_minimum), c->product_maximum);
  const __m512i pairs[2] = {_mm512_unpacklo_epi16(y, x), _mm512_unpackhi_epi16(y, x)};
  __m512i sums[2];
  UNROLLED for (int i = 0; i < 2; i++) {
    const __m512i upper = _mm512_slli_epi32(add_products(c->half, pairs[i], c->upper), 11);
    sums[i] = _mm512_srav_epi32(add_products(upper, pairs[i], c->lower), c->shift);
  }
  return _mm512_packs_epi32(sums[0], sums[1]);
}

/// Outputs of sums in memory, by way of an addition or not.
__attribute__((always_inline)) static inline void finish_from_memory(const q8_gemm_outputs *o,
                                                                     const int32_t *sums,
                                                                     int vectors, bool adds,
                                                                     const scaling how) {
  const finish_constants c = *(const finish_constants *)o->constants;
  const int32_t *const last = sums + (o->rows - 1) * vectors * 16;
  const ptrdiff_t stride = o->problem->output_pixel_stride;
  const ptrdiff_t addend_stride = adds ? o->problem->addition->addend_pixel_stride : 0;
  const __mmask32 mask = first_lanes(o->channel_count);
  const __mmask32 reach = adds ? first_lanes(o->addend_count) : 0;
  scale_vector s[2];
  for (int v = 0; v < vectors; v++) s[v] = load_scales(o->scales + 16 * v, how);
  const char *from = o->from;
  char *to = o->to;
  // Two rows at a time; the last of an odd number is computed and stored twice. Both rows of the
  // addend are read before outputs are written, which may be the same bytes.
  for (; sums <= last; sums += 2 * vectors * 16, to += 2 * stride) {
    const bool two = sums < last;
    char *const to_next = two ? to + stride : to;
    const char *const next = two ? from + addend_stride : from;
    __m512i row0[2], row1[2];
    load_row(sums, vectors, row0);
    load_row(two ? sums + vectors * 16 : sums, vectors, row1);
    if (vectors == 2) {
      __m512i half0 = scaled_pair(row0, s, how), half1 = scaled_pair(row1, s, how);
      if (adds) {
        half0 = added(half0, _mm256_maskz_loadu_epi8(reach, from), reach, &c);
        half1 = added(half1, _mm256_maskz_loadu_epi8(reach, next), reach, &c);
      }
      store_pair(to, to_next, mask, narrowed(half0, half1, false, c.order, &c));
    } else {
      __m512i both = scaled_rows(row0[0], row1[0], s, how, c.order);
      if (adds) {
        const __m256i x = _mm256_set_m128i(_mm_maskz_loadu_epi8((__mmask16)reach, next),
                                           _mm_maskz_loadu_epi8((__mmask16)reach, from));
        both = added(both, x, reach | reach << 16, &c);
      }
      const __m256i bytes = _mm512_castsi512_si256(narrowed(both, both, false, c.order, &c));
      _mm_mask_storeu_epi8(to, (__mmask16)mask, _mm256_castsi256_si128(bytes));
      _mm_mask_storeu_epi8(to_next, (__mmask16)mask, _mm256_extracti128_si256(bytes, 1));
    }
    from += 2 * addend_stride;
  }
}

#define FINISH(NAME, ADDS, HOW)                                                           \
  static void NAME(const q8_gemm_outputs *o, const int32_t *sums, int vectors) {          \
    vectors == 2 ? finish_from_memory(o, sums, 2, ADDS, HOW)                              \
                 : finish_from_memory(o, sums, 1, ADDS, HOW);                             \
  }

FINISH(finish_large, false, SCALE_ANY)
FINISH(finish_added, true, SCALE_FITTING)
FINISH(finish_large_added, true, SCALE_ANY)

static inline __m512 float_outputs(const int32_t *sums, const float *scales,
                                   const mnv4_q8_gemm_problem *p) {
  const __m512 product =
      _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_load_si512(sums)), _mm512_loadu_ps(scales));
  return _mm512_min_ps(_mm512_max_ps(product, _mm512_set1_ps(p->float_minimum)),
                       _mm512_set1_ps(p->float_maximum));
}

static void finish_float(const q8_gemm_outputs *o, const int32_t *sums, int vectors) {
  const mnv4_q8_gemm_problem *p = o->problem;
  const __mmask32 mask = first_lanes(o->channel_count);
  for (int32_t r = 0; r < o->rows; r++, sums += 16 * vectors) {
    float *to = (float *)(void *)(o->to + r * p->output_pixel_stride);
    const __m512 y0 = float_outputs(sums, o->scales, p);
    if (vectors == 1) {
      _mm512_mask_storeu_ps(to, (__mmask16)mask, y0);
      continue;
    }
    const __m512 y1 = float_outputs(sums + 16, o->scales + 16, p);
    const __m512i lower =
        _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const __m512i upper = _mm512_add_epi32(lower, _mm512_set1_epi32(8));
    _mm512_mask_storeu_ps(to, (__mmask16)mask, _mm512_permutex2var_ps(y0, lower, y1));
    _mm512_mask_storeu_ps(to + 16, (__mmask16)(mask >> 16),
                          _mm512_permutex2var_ps(y0, upper, y1));
  }
}

/// NULL: in registers.
static finish_function finish_function_for(const mnv4_q8_gemm_problem *p, bool products_fit) {
  if (p->output_type == MNV4_Q8_GEMM_FLOAT32) return finish_float;
  if (p->addition) return products_fit ? finish_added : finish_large_added;
  return products_fit ? NULL : finish_large;
}
