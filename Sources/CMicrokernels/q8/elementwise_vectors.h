// The body of the SIMD kernels of additions, products, functions and means, included once by each
// instruction set's file.
//
// Bytes become 32-bit lanes by interleaving them twice within their 16 bytes, and bytes again by
// two packs, which restores their order.
//
// The including file defines, beside the target attribute of everything here:
//   MNV4_WIDTH            bytes of a vector
//   MNV4_NAME(name)       public name of a function
//   integers, floats      vector types
//   V(name), I(name)      intrinsics by their element type, and those of whole registers
//   load_first(bytes, count, others)   `count` (0 or more) bytes, the others of a vector those of
//                         `others`; reads nothing beyond them
//   store_first(bytes, count, vector)  the first `count` (1 or more) bytes
//   exclusive_or(a, b, c)
//   sixteen_bytes(bytes)  in every 16 bytes of a vector

#define MNV4_INLINE static inline __attribute__((always_inline))
#define MNV4_UNROLL _Pragma("clang loop unroll(full)")

/// How lanes become elements of an output, which are computed as unsigned bytes.
typedef struct finish {
  integers zero, lower, upper, flip;
} finish;

MNV4_INLINE finish make_finish(const mnv4_q8_elements *output) {
  const int32_t move = mnv4_q8_move(output->is_signed);
  return (finish){
      V(set1_epi16)((int16_t)(output->zero_point + move)),
      V(set1_epi8)((int8_t)(output->lower + move)),
      V(set1_epi8)((int8_t)(output->upper + move)), V(set1_epi8)((int8_t)move)};
}

/// Four vectors of steps → a vector of elements.
MNV4_INLINE integers finish_lanes(const finish *f, const integers steps[4]) {
  const integers low = V(adds_epi16)(V(packs_epi32)(steps[0], steps[1]), f->zero);
  const integers high = V(adds_epi16)(V(packs_epi32)(steps[2], steps[3]), f->zero);
  const integers bytes = V(packus_epi16)(low, high);
  return I(xor)(V(min_epu8)(V(max_epu8)(bytes, f->lower), f->upper), f->flip);
}

/// Steps to the nearest integers, ties to even. Large ones stay in the range of conversions; far
/// below it conversions give −2³¹.
MNV4_INLINE integers rounded_lanes(floats steps) {
  return V(cvtps_epi32)(V(min_ps)(steps, V(set1_ps)(65536)));
}

MNV4_INLINE integers load_bytes(const uint8_t *bytes) {
  return I(loadu)((const void *)bytes);
}

/// The multipliers of two operands in halves of 16 bits, and what is added to their products with
/// unsigned bytes.
typedef struct addition_vectors {
  integers high, low, start, shift, flip;
  finish finish;
} addition_vectors;

/// The multipliers' lower bits that are apart.
enum { low_bit_count = 11 };

MNV4_INLINE addition_vectors make_addition(const mnv4_q8_addition *a) {
  const uint32_t first = (uint32_t)a->first_multiplier;
  const uint32_t second = (uint32_t)a->second_multiplier;
  const uint32_t mask = (1u << low_bit_count) - 1;
  const uint32_t move = (uint32_t)mnv4_q8_move(a->output.is_signed);
  const uint32_t start = (1u << (a->shift - 1))
      - first * ((uint32_t)a->first_zero_point + move)
      - second * ((uint32_t)a->second_zero_point + move);
  return (addition_vectors){
      V(set1_epi32)((int32_t)(first >> low_bit_count | second >> low_bit_count << 16)),
      V(set1_epi32)((int32_t)((first & mask) | (second & mask) << 16)),
      V(set1_epi32)((int32_t)start), V(set1_epi32)(a->shift), V(set1_epi8)((int8_t)move),
      make_finish(&a->output)};
}

MNV4_INLINE integers added(const addition_vectors *a, integers first, integers second) {
  const integers none = V(set1_epi8)(0);
  first = I(xor)(first, a->flip);
  second = I(xor)(second, a->flip);
  const integers low = V(unpacklo_epi8)(first, second);
  const integers high = V(unpackhi_epi8)(first, second);
  const integers pairs[4] = {
      V(unpacklo_epi8)(low, none), V(unpackhi_epi8)(low, none), V(unpacklo_epi8)(high, none),
      V(unpackhi_epi8)(high, none)};
  integers steps[4];
  MNV4_UNROLL for (int32_t q = 0; q < 4; ++q) {
    const integers highs = V(slli_epi32)(V(madd_epi16)(pairs[q], a->high), low_bit_count);
    const integers lows = V(add_epi32)(V(madd_epi16)(pairs[q], a->low), a->start);
    steps[q] = V(srav_epi32)(V(add_epi32)(highs, lows), a->shift);
  }
  return finish_lanes(&a->finish, steps);
}

/// The longest row that additions to parts of rows make a mask for.
enum { mask_length = 2048 };

/// Rows that lie one after another as one: `rest` is added where a row's end is left as it is.
MNV4_INLINE void add_to_parts(
    const addition_vectors *a, integers rest, ptrdiff_t added_length, const mnv4_q8_rows *rows) {
  const ptrdiff_t length = rows->row_length;
  // Begins with a row, and goes on so that a vector may begin anywhere in it.
  uint8_t is_added[mask_length + MNV4_WIDTH];
  const ptrdiff_t end = length + MNV4_WIDTH;
  memset(is_added, 0, (size_t)end);
  for (ptrdiff_t row = 0; row < end; row += length) {
    memset(is_added + row, 0xFF, (size_t)(added_length < end - row ? added_length : end - row));
  }
  const uint8_t *first = rows->first;
  const uint8_t *second = rows->second;
  uint8_t *output = rows->output;
  const ptrdiff_t count = rows->row_count * length;
  ptrdiff_t channel = 0;
  for (ptrdiff_t i = 0; i < count; i += MNV4_WIDTH) {
    const integers mask = load_bytes(is_added + channel);
    const integers other =
        I(or)(I(and)(mask, load_bytes(second + i)), I(andnot)(mask, rest));
    const integers result = added(a, load_bytes(first + i), other);
    if (count - i >= MNV4_WIDTH) {
      I(storeu)((void *)(output + i), result);
    } else {
      store_first(output + i, count - i, result);
    }
    channel += MNV4_WIDTH;
    while (channel >= length) channel -= length;
  }
}

/// Whether an element that zero is added to stays as it is.
MNV4_INLINE bool leaves_rest(const mnv4_q8_addition *a) {
  const mnv4_q8_elements *output = &a->output;
  return a->first_multiplier == 1 << a->shift && a->first_zero_point == output->zero_point
      && output->lower == (output->is_signed ? INT8_MIN : 0)
      && output->upper == (output->is_signed ? INT8_MAX : UINT8_MAX);
}

void MNV4_NAME(add)(const mnv4_q8_addition *addition, const mnv4_q8_rows *rows) {
  const addition_vectors a = make_addition(addition);
  const integers rest = V(set1_epi8)((int8_t)addition->second_zero_point);
  const ptrdiff_t length = rows->row_length;
  // What is computed of a row; the others are the first operand's.
  const ptrdiff_t end = leaves_rest(addition) ? addition->added_length : length;
  if (end == length && rows->row_count > 1 && length <= mask_length && length % MNV4_WIDTH != 0
      && rows->second_stride == length) {
    add_to_parts(&a, rest, addition->added_length, rows);
    return;
  }
  for (ptrdiff_t row = 0; row < rows->row_count; ++row) {
    const uint8_t *first = (const uint8_t *)rows->first + row * length;
    const uint8_t *second = (const uint8_t *)rows->second + row * rows->second_stride;
    uint8_t *output = (uint8_t *)rows->output + row * length;
    ptrdiff_t i = 0;
    for (; i + MNV4_WIDTH <= addition->added_length; i += MNV4_WIDTH) {
      I(storeu)((void *)(output + i), added(&a, load_bytes(first + i), load_bytes(second + i)));
    }
    for (; i < end; i += MNV4_WIDTH) {
      const ptrdiff_t left = addition->added_length - i;
      const integers other = left > 0 ? load_first(second + i, left, rest) : rest;
      const integers result = added(&a, load_bytes(first + i), other);
      if (end - i >= MNV4_WIDTH) {
        I(storeu)((void *)(output + i), result);
      } else {
        store_first(output + i, end - i, result);
      }
    }
    if (end < length && output != first) memcpy(output + end, first + end, (size_t)(length - end));
  }
}

typedef struct product_vectors {
  integers first_zero, second_zero, flip;
  floats scale;
  finish finish;
} product_vectors;

/// 32-bit products of 16-bit integers, scaled and rounded: two vectors.
MNV4_INLINE void multiplied(
    const product_vectors *p, integers first, integers second, integers steps[2]) {
  first = V(sub_epi16)(first, p->first_zero);
  second = V(sub_epi16)(second, p->second_zero);
  const integers low = V(mullo_epi16)(first, second);
  const integers high = V(mulhi_epi16)(first, second);
  const integers products[2] = {V(unpacklo_epi16)(low, high), V(unpackhi_epi16)(low, high)};
  MNV4_UNROLL for (int32_t i = 0; i < 2; ++i) {
    steps[i] = rounded_lanes(V(mul_ps)(V(cvtepi32_ps)(products[i]), p->scale));
  }
}

MNV4_INLINE integers product_bytes(const product_vectors *p, integers first, integers second) {
  const integers none = V(set1_epi8)(0);
  first = I(xor)(first, p->flip);
  second = I(xor)(second, p->flip);
  integers steps[4];
  multiplied(p, V(unpacklo_epi8)(first, none), V(unpacklo_epi8)(second, none), steps);
  multiplied(p, V(unpackhi_epi8)(first, none), V(unpackhi_epi8)(second, none), steps + 2);
  return finish_lanes(&p->finish, steps);
}

void MNV4_NAME(multiply)(const mnv4_q8_product *product, const mnv4_q8_rows *rows) {
  const int32_t move = mnv4_q8_move(product->output.is_signed);
  const product_vectors p = {
      V(set1_epi16)((int16_t)(product->first_zero_point + move)),
      V(set1_epi16)((int16_t)(product->second_zero_point + move)), V(set1_epi8)((int8_t)move),
      V(set1_ps)(product->scale), make_finish(&product->output)};
  const ptrdiff_t length = rows->row_length;
  for (ptrdiff_t row = 0; row < rows->row_count; ++row) {
    const uint8_t *first = (const uint8_t *)rows->first + row * length;
    const uint8_t *second = (const uint8_t *)rows->second + row * rows->second_stride;
    uint8_t *output = (uint8_t *)rows->output + row * length;
    ptrdiff_t i = 0;
    for (; i + MNV4_WIDTH <= length; i += MNV4_WIDTH) {
      I(storeu)(
          (void *)(output + i),
          product_bytes(&p, load_bytes(first + i), load_bytes(second + i)));
    }
    if (i < length) {
      const integers result = product_bytes(&p, load_bytes(first + i), load_bytes(second + i));
      store_first(output + i, length - i, result);
    }
  }
}

/// Elements of a table by their indices. A shuffle gives zero where an index is negative and else
/// looks at its low four bits; `steps` are the exclusive ors of every sixteen entries with the
/// sixteen before, of each half of the table. Indices that sink below zero so pick, by exclusive or
/// of all that they passed, their own sixteen.
MNV4_INLINE integers looked_up(const integers steps[16], integers indices) {
  const integers sixteen = V(set1_epi8)(16);
  integers low = indices;
  integers high = I(xor)(indices, V(set1_epi8)(-128));
  integers result = I(xor)(V(shuffle_epi8)(steps[0], low), V(shuffle_epi8)(steps[8], high));
  MNV4_UNROLL for (int32_t i = 1; i < 8; ++i) {
    low = V(subs_epi8)(low, sixteen);
    high = V(subs_epi8)(high, sixteen);
    result = exclusive_or(
        result, V(shuffle_epi8)(steps[i], low), V(shuffle_epi8)(steps[8 + i], high));
  }
  return result;
}

void MNV4_NAME(lookup)(
    const uint8_t table[256], const void *input, void *output, ptrdiff_t count) {
  integers steps[16];
  MNV4_UNROLL for (int32_t i = 0; i < 16; ++i) steps[i] = sixteen_bytes(table + 16 * i);
  MNV4_UNROLL for (int32_t i = 15; i > 0; --i) {
    if (i != 8) steps[i] = I(xor)(steps[i], steps[i - 1]);
  }
  const uint8_t *source = input;
  uint8_t *target = output;
  ptrdiff_t i = 0;
  for (; i + MNV4_WIDTH <= count; i += MNV4_WIDTH) {
    I(storeu)((void *)(target + i), looked_up(steps, load_bytes(source + i)));
  }
  if (i < count) {
    store_first(target + i, count - i, looked_up(steps, load_bytes(source + i)));
  }
}

/// Sums of unsigned bytes of one vector of channels over pixels.
MNV4_INLINE void sum_pixels(
    const uint8_t *pixel, ptrdiff_t stride, ptrdiff_t count, integers flip, integers sums[4]) {
  const integers none = V(set1_epi8)(0);
  MNV4_UNROLL for (int32_t q = 0; q < 4; ++q) sums[q] = none;
  while (count > 0) {
    // 16 bits hold as many.
    const ptrdiff_t part = count < 257 ? count : 257;
    integers low = none, high = none;
    for (ptrdiff_t i = 0; i < part; ++i, pixel += stride) {
      const integers bytes = I(xor)(load_bytes(pixel), flip);
      low = V(add_epi16)(low, V(unpacklo_epi8)(bytes, none));
      high = V(add_epi16)(high, V(unpackhi_epi8)(bytes, none));
    }
    sums[0] = V(add_epi32)(sums[0], V(unpacklo_epi16)(low, none));
    sums[1] = V(add_epi32)(sums[1], V(unpackhi_epi16)(low, none));
    sums[2] = V(add_epi32)(sums[2], V(unpacklo_epi16)(high, none));
    sums[3] = V(add_epi32)(sums[3], V(unpackhi_epi16)(high, none));
    count -= part;
  }
}

void MNV4_NAME(mean)(const mnv4_q8_mean *mean) {
  const int32_t move = mnv4_q8_move(mean->output.is_signed);
  const finish f = make_finish(&mean->output);
  const floats scale = V(set1_ps)(mean->scale);
  const uint32_t zero = (uint32_t)(mean->input_zero_point + move);
  const integers zeros = V(set1_epi32)((int32_t)((uint32_t)mean->pixel_count * zero));
  for (ptrdiff_t i = mean->channel_begin; i < mean->channel_end; i += MNV4_WIDTH) {
    integers sums[4];
    sum_pixels(
        (const uint8_t *)mean->input + i, mean->channels, mean->pixel_count,
        V(set1_epi8)((int8_t)move), sums);
    MNV4_UNROLL for (int32_t q = 0; q < 4; ++q) {
      const floats exact = V(cvtepi32_ps)(V(sub_epi32)(sums[q], zeros));
      sums[q] = rounded_lanes(V(mul_ps)(exact, scale));
    }
    const ptrdiff_t left = mean->channel_end - i;
    store_first(
        (uint8_t *)mean->means + i, left < MNV4_WIDTH ? left : MNV4_WIDTH,
        finish_lanes(&f, sums));
  }
}
