// 8-bit integers as four lanes of any architecture. Included after simd_portable.h.

#include <stdint.h>

/// float32(integer - zero) of as many bytes as lanes; lanes past `count` are any number. Four
/// bytes are read, whatever `count`.
VEC_INLINE vec vec_from_bytes(const uint8_t *p, ptrdiff_t count, int is_signed, int32_t zero) {
  (void)count;
  vec x;
  for (int i = 0; i < VEC_LANES; i++) {
    x[i] = (float)((is_signed ? (int8_t)p[i] : (int32_t)p[i]) - zero);
  }
  return x;
}

/// The first `count` lanes, rounded to nearest even and moved to the zero point, as bytes; they are
/// within the bounds of a byte.
VEC_INLINE void vec_store_bytes(uint8_t *p, vec steps, int32_t zero, ptrdiff_t count) {
  // Added to a number below 2²² it leaves the nearest integer in the low bits.
  const vec_bits bits = (vec_bits)vec_add(steps, vec_set(0x1.8p23f));
  const vec_bits integers = (bits & 0x3FFFFF) + zero;
  const ptrdiff_t lanes = count < VEC_LANES ? count : VEC_LANES;
  for (ptrdiff_t i = 0; i < lanes; i++) p[i] = (uint8_t)integers[i];
}
