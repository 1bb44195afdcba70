// The step from scaled sums to integers, element by element.
#ifndef MNV4_Q8_ROUNDING_H
#define MNV4_Q8_ROUNDING_H

#include <stdint.h>
#include <string.h>

/// The nearest integer, ties to even; ±65536, where every bound of 8-bit elements has been reached,
/// for numbers beyond it. `steps` is not NaN.
static inline int32_t mnv4_q8_rounded(float steps) {
  steps = steps < 65536 ? steps : 65536;
  steps = steps > -65536 ? steps : -65536;
  // Added to a number below 2²² it leaves the nearest integer in the low bits.
  const float rounder = 0x1.8p23f;
  const float sum = steps + rounder;
  int32_t bits, rounder_bits;
  memcpy(&bits, &sum, sizeof bits);
  memcpy(&rounder_bits, &rounder, sizeof rounder_bits);
  return bits - rounder_bits;
}

#endif
