// q8_gemm in portable C, for every processor: activations and weights less their zero points, as
// int16. Vectors of four lanes are the compiler's own, which makes of them what the target has.
#include <string.h>

#include "gemm_kernels.h"
#include "gemm_layout.h"
#include "gemm_outputs.h"

#pragma STDC FP_CONTRACT OFF

#define ROWS 4
#define VECTOR_LANES 4
#define MOST_SUMS 8
#define PREFETCH_DISTANCE 3072
#define LAYOUT ((q8_gemm_layout){.vector_lanes = VECTOR_LANES, .group = 2})
#define EIGHT_BIT_INPUT 0

typedef int16_t value;
typedef int32_t vector __attribute__((vector_size(16)));
typedef uint32_t unsigned_vector __attribute__((vector_size(16)));

static inline vector load_vector(const void *p) {
  vector v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline void store_vector(void *p, vector v) { memcpy(p, &v, sizeof v); }

static inline vector add_vectors(vector a, vector b) {
  return (vector)((unsigned_vector)a + (unsigned_vector)b);
}

static inline vector add_lanes(vector v, int32_t term) {
  return (vector)((unsigned_vector)v + (uint32_t)term);
}

static inline vector broadcast_group(const value *p) {
  int32_t group;
  memcpy(&group, p, sizeof group);
  return (vector){group, group, group, group};
}

/// The int16 at the lower address of each lane, whichever half that is, and the other one.
static inline vector lower_half(vector v) { return (vector)((unsigned_vector)v << 16) >> 16; }
static inline vector upper_half(vector v) { return v >> 16; }

static inline vector multiply_add(vector sums, vector x, vector w) {
  const unsigned_vector lower = (unsigned_vector)(lower_half(x) * lower_half(w));
  const unsigned_vector upper = (unsigned_vector)(upper_half(x) * upper_half(w));
  return (vector)((unsigned_vector)sums + lower + upper);
}

/// Nothing is prepared.
typedef int finish_constants;

static finish_constants finish_constants_of(const mnv4_q8_gemm_problem *p,
                                            const q8_gemm_header *header) {
  (void)header;
  (void)p;
  return 0;
}

/// Not chosen: outputs are always made from memory.
static inline void finish_in_registers(const q8_gemm_outputs *o, vector (*sums)[2], int rows,
                                       int vectors) {
  (void)o, (void)sums, (void)rows, (void)vectors;
}

/// round(product) + zero, between the bounds: clamped first, to where adding 1.5 * 2^23 leaves
/// room for no fraction, and thus rounds to nearest even.
static inline int32_t quantized(float product, int32_t zero, int32_t minimum, int32_t maximum) {
  const float lower = (float)(minimum - zero), upper = (float)(maximum - zero);
  product = product < lower ? lower : product;
  product = product > upper ? upper : product;
  return (int32_t)((product + 0x1.8p23f) - 0x1.8p23f) + zero;
}

static void finish_quantized(const q8_gemm_outputs *o, const int32_t *sums, int vectors) {
  const mnv4_q8_gemm_problem *p = o->problem;
  for (int32_t r = 0; r < o->rows; r++, sums += vectors * VECTOR_LANES) {
    char *to = o->to + r * p->output_pixel_stride;
    for (int32_t i = 0; i < o->channel_count; i++) {
      to[i] = (char)quantized((float)sums[i] * o->scales[i], p->output_zero_point,
                              p->output_minimum, p->output_maximum);
    }
  }
}

static void finish_added(const q8_gemm_outputs *o, const int32_t *sums, int vectors) {
  const mnv4_q8_gemm_problem *p = o->problem;
  const mnv4_q8_gemm_addition *a = p->addition;
  for (int32_t r = 0; r < o->rows; r++, sums += vectors * VECTOR_LANES) {
    const char *from = o->from + r * a->addend_pixel_stride;
    char *to = o->to + r * p->output_pixel_stride;
    for (int32_t i = 0; i < o->channel_count; i++) {
      const int32_t y = quantized((float)sums[i] * o->scales[i], p->output_zero_point,
                                  p->output_minimum, p->output_maximum);
      int32_t x = a->addend_zero_point;
      if (i < o->addend_count) x = a->addend_is_uint8 ? (uint8_t)from[i] : (int8_t)from[i];
      const int32_t sum = a->m1 * (y - p->output_zero_point) +
                          a->m2 * (x - a->addend_zero_point) + (1 << (a->shift - 1));
      int32_t result = (sum >> a->shift) + a->zero_point;
      result = result < a->minimum ? a->minimum : result;
      to[i] = (char)(result > a->maximum ? a->maximum : result);
    }
  }
}

static void finish_float(const q8_gemm_outputs *o, const int32_t *sums, int vectors) {
  const mnv4_q8_gemm_problem *p = o->problem;
  for (int32_t r = 0; r < o->rows; r++, sums += vectors * VECTOR_LANES) {
    float *to = (float *)(void *)(o->to + r * p->output_pixel_stride);
    for (int32_t i = 0; i < o->channel_count; i++) {
      float y = (float)sums[i] * o->scales[i];
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

#define WIDE 0
#define FETCHES_AHEAD 0
#include "gemm_tile.h"

static inline void copy_values(value *to, const uint8_t *from, ptrdiff_t count, int32_t flip,
                               int32_t zero) {
  for (ptrdiff_t i = 0; i < count; i++) {
    to[i] = (int16_t)((int8_t)(from[i] ^ flip) - zero);
  }
}

#include "gemm_band.h"
#include "gemm_run.h"

const mnv4_q8_gemm_kernel mnv4_q8_gemm_scalar = {
    .name = "q8_gemm_scalar",
    .features = 0,
    .pixel_step = ROWS,
    .channel_step = 2 * VECTOR_LANES,
    .packed_byte_count = packed_byte_count,
    .pack = pack,
    .scratch_byte_count = scratch_byte_count,
    .run = run,
};
