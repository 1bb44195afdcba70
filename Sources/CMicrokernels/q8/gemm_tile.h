// Template: tiles of pixels and one panel of channels. Included once by every kernel, after it has
// defined
//
//     value, vector       element of a band; a register of VECTOR_LANES 32-bit lanes
//     ROWS                most pixels of a tile, at most 14
//     MOST_SUMS           most registers of sums where there is a choice
//     PREFETCH_DISTANCE   bytes of weights
//     FETCHES_AHEAD       1 where tiles of three rows and more fetch what is needed after them, no weights at
//                         that distance
//     load_vector(p), store_vector(p, v), add_vectors(v, v), add_lanes(v, int32_t)
//     broadcast_group(p)  one group of values, in all lanes
//     multiply_add(a, x, w)
//     finish_in_registers(outputs, sums, rows, vectors)
//
// Where another program has the core's other thread, instructions count, of which half as many are
// then issued a cycle, more than what they do: tiles that follow one another are computed in one
// call, and few registers hold the addresses of all rows.
//
// The loops over rows and vectors have constant bounds and are unrolled, so that the accumulators
// are registers.

#include "../row_strides.h"

enum {
  /// Values of a step.
  GROUP = 4 / sizeof(value),
  PREFETCH_DISTANCE_OF_FEW_ROWS = 2048,
  /// Steps along K that are taken at once, and lines of `ahead` that they fetch.
  STEPS = 4,
  AHEAD_LINES = 2,
};

/// Tiles of neighbouring pixels. Strides and offsets count values. Functions that compute them leave
/// what changes from tile to tile as the tiles after them need it.
typedef struct {
  /// The first pixel's first value; each next pixel is `row_stride` further. Changes.
  const value *input;
  ptrdiff_t row_stride;
  /// Where each segment of K begins, from `input`.
  const ptrdiff_t *offsets;
  int32_t segment_count, step_count;
  /// The panel's first values and weights.
  const int32_t *starts;
  /// What to add to all accumulators.
  int32_t sum_offset;
  /// How many tiles of a height.
  int32_t tile_count;
  const void *weights;
  /// What to add to all accumulators of a pixel, or NULL. Changes.
  const int32_t *row_terms;
  /// Makes outputs of sums, which are then stored at `accumulators`: [row][channels of the panel],
  /// 64-byte aligned. NULL where they are made of registers.
  finish_function finish;
  int32_t *accumulators;
  /// Changes.
  q8_gemm_outputs outputs;
  /// Where `FETCHES_AHEAD`: what is needed after these tiles. Every `STEPS` steps fetch there, the next ones
  /// `ahead_step` bytes further. Changes.
  const char *ahead;
  ptrdiff_t ahead_step;
} q8_gemm_tiles;

/// Moves an address, and keeps it apart from others.
__attribute__((always_inline)) static inline void move_on(const value **base, const int count) {
  *base += count;
  __asm__("" : "+r"(*base));
}

/// The `at`th of the next steps along K: a group of each row times a vector of weights of each.
__attribute__((always_inline)) static inline void multiply_step(vector (*sums)[2],
                                                                const value *const *base,
                                                                row_strides strides,
                                                                const char *weights, const int at,
                                                                const int rows,
                                                                const int vectors) {
  vector w[2];
  UNROLLED for (int v = 0; v < vectors; v++) {
    const char *from = weights + (at * vectors + v) * (int)sizeof(vector);
    w[v] = load_vector(from);
    if (v * sizeof(vector) % 64 == 0 && (rows <= 2 || !FETCHES_AHEAD)) {
      // One or two rows pass weights as fast as memory gives them, of which nothing else comes between.
      __builtin_prefetch(from + (rows > 2 ? PREFETCH_DISTANCE : PREFETCH_DISTANCE_OF_FEW_ROWS));
    }
  }
  UNROLLED for (int r = 0; r < rows; r++) {
    const value *row = base[row_base(rows, r)] + row_offset(strides, rows, r);
    const vector x = broadcast_group(row + at * GROUP);
    UNROLLED for (int v = 0; v < vectors; v++) sums[r][v] = multiply_add(sums[r][v], x, w[v]);
  }
}

/// `count` steps, which add to as many sums or to the same.
__attribute__((always_inline)) static inline void multiply_steps(vector (*sums)[ROWS][2],
                                                                 const value **base,
                                                                 row_strides strides,
                                                                 const char **weights,
                                                                 const int count, const int ways,
                                                                 const int rows,
                                                                 const int vectors) {
  UNROLLED for (int i = 0; i < count; i++) {
    multiply_step(sums[i % ways], base, strides, *weights, i, rows, vectors);
  }
  *weights += count * vectors * (int)sizeof(vector);
  UNROLLED for (int i = 0; i <= row_base(rows, rows - 1); i++) move_on(&base[i], count * GROUP);
}

/// Goes on to the tile after one of `rows` pixels.
__attribute__((always_inline)) static inline void pass_outputs(q8_gemm_outputs *o, const int rows) {
  o->to += rows * o->problem->output_pixel_stride;
  if (o->problem->addition) o->from += rows * o->problem->addition->addend_pixel_stride;
}

__attribute__((always_inline)) static inline void multiply(q8_gemm_tiles *t, const int rows,
                                                           const int vectors) {
  // Additions to one register wait for each other: few rows are summed in several places.
  const int ways = rows * vectors * 4 <= MOST_SUMS ? 4 : rows * vectors * 2 <= MOST_SUMS ? 2 : 1;
  const ptrdiff_t stride = t->row_stride, ahead_step = t->ahead_step;
  const row_strides strides = row_strides_of(stride);
  const int32_t *const starts = t->starts;
  const int32_t segment_count = t->segment_count, step_count = t->step_count;
  const int32_t *row_terms = t->row_terms;
  const value *input = t->input;
  const char *ahead = t->ahead;
  for (int32_t tile = t->tile_count; tile > 0; tile--) {
    vector sums[4][ROWS][2];
    UNROLLED for (int v = 0; v < vectors; v++) {
      const vector start = add_lanes(load_vector(starts + v * VECTOR_LANES), t->sum_offset);
      UNROLLED for (int r = 0; r < rows; r++) {
        sums[0][r][v] = start;
        UNROLLED for (int i = 1; i < ways; i++) sums[i][r][v] = (vector){0};
      }
    }
    if (row_terms) {
      UNROLLED for (int r = 0; r < rows; r++) {
        UNROLLED for (int v = 0; v < vectors; v++) {
          sums[0][r][v] = add_lanes(sums[0][r][v], row_terms[r]);
        }
      }
      row_terms += rows;
    }

    const char *weights = t->weights;
    for (int32_t s = 0; s < segment_count; s++) {
      const value *base[2];
      base[0] = input + t->offsets[s];
      base[1] = base[0] + ROWS_OF_BASE * stride;
      for (int32_t turns = step_count / STEPS; turns > 0; turns--) {
        multiply_steps(sums, base, strides, &weights, STEPS, ways, rows, vectors);
        if (rows > 2 && FETCHES_AHEAD) {
          UNROLLED for (int i = 0; i < AHEAD_LINES; i++) __builtin_prefetch(ahead + i * 64, 0, 2);
          ahead += ahead_step;
        }
      }
      if (step_count & 2) multiply_steps(sums, base, strides, &weights, 2, 1, rows, vectors);
      if (step_count & 1) multiply_steps(sums, base, strides, &weights, 1, 1, rows, vectors);
    }
    UNROLLED for (int i = 1; i < ways; i++) {
      UNROLLED for (int r = 0; r < rows; r++) {
        UNROLLED for (int v = 0; v < vectors; v++) {
          sums[0][r][v] = add_vectors(sums[0][r][v], sums[i][r][v]);
        }
      }
    }

    if (t->finish) {
      UNROLLED for (int r = 0; r < rows; r++) {
        UNROLLED for (int v = 0; v < vectors; v++) {
          store_vector(t->accumulators + (r * vectors + v) * VECTOR_LANES, sums[0][r][v]);
        }
      }
      t->outputs.rows = rows;
      t->finish(&t->outputs, t->accumulators, vectors);
    } else {
      finish_in_registers(&t->outputs, sums[0], rows, vectors);
    }
    pass_outputs(&t->outputs, rows);
    input += rows * stride;
  }
  t->input = input;
  t->row_terms = row_terms;
  t->ahead = ahead;
}

typedef void (*multiply_function)(q8_gemm_tiles *);

#define MULTIPLY(ROW_COUNT)                                                             \
  static void multiply_##ROW_COUNT##x1(q8_gemm_tiles *t) { multiply(t, ROW_COUNT, 1); } \
  static void multiply_##ROW_COUNT##x2(q8_gemm_tiles *t) { multiply(t, ROW_COUNT, 2); }
#define MULTIPLY_ENTRY(ROW_COUNT) {multiply_##ROW_COUNT##x1, multiply_##ROW_COUNT##x2},

#if ROWS == 14
#define EACH_ROW_COUNT(X) \
  X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#elif ROWS == 6
#define EACH_ROW_COUNT(X) X(1) X(2) X(3) X(4) X(5) X(6)
#elif ROWS == 4
#define EACH_ROW_COUNT(X) X(1) X(2) X(3) X(4)
#endif

EACH_ROW_COUNT(MULTIPLY)

/// By pixels - 1 and vectors - 1.
static const multiply_function multiply_functions[ROWS][2] = {EACH_ROW_COUNT(MULTIPLY_ENTRY)};
