// What a processor multiplies and adds on registers alone: the limit that kernels are measured against.
#ifndef MNV4_PEAK_H
#define MNV4_PEAK_H

#include <stdint.h>

/// The loop of an instruction set and element type.
typedef struct mnv4_peak {
  /// The instruction, for instance "vpdpbusd zmm".
  const char *name;
  /// Bits of cpu.h.
  uint32_t features;
  /// Multiplies and adds, in as many rounds; returns how many multiply-accumulates that were.
  int64_t (*run)(int64_t rounds);
} mnv4_peak;

/// The loops of 8-bit integers, and those of float32, of this architecture by index from 0, the fastest
/// first; NULL beyond the last. There may be none.
const mnv4_peak *mnv4_q8_peak_at(int32_t index);
const mnv4_peak *mnv4_f32_peak_at(int32_t index);

#endif
