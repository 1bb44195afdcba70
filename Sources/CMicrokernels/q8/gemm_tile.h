// Template: the accumulators of a tile of pixels and one panel of channels. Included once by every
// kernel, after it has defined
//
//     value, vector       element of a band; a register of VECTOR_LANES 32-bit lanes
//     ROWS                most pixels of a tile, at most 15
//     MOST_SUMS           most registers of sums where there is a choice
//     PREFETCH_DISTANCE   bytes of weights
//     FETCHES_AHEAD       1 where tiles of three rows and more fetch what is needed after them, no weights at
//                         that distance
//     load_vector(p), store_vector(p, v), add_vectors(v, v), add_lanes(v, int32_t)
//     broadcast_group(p)  one group of values, in all lanes
//     multiply_add(a, x, w)
//     finish_in_registers(outputs, sums, rows, vectors)
//
// The loops over rows and vectors have constant bounds and are unrolled, so that the accumulators
// are registers.

enum {
  /// Values of a step.
  GROUP = 4 / sizeof(value),
  PREFETCH_DISTANCE_OF_FEW_ROWS = 2048,
  /// Steps along K that are taken at once, and lines of `ahead` that they fetch.
  STEPS = 4,
  AHEAD_LINES = 2,
};

/// What the multiplication of a tile needs. Strides and offsets count values.
typedef struct {
  /// The first pixel's first value; each next pixel is `row_stride` further.
  const value *input;
  ptrdiff_t row_stride;
  /// Where each segment of K begins, from `input`.
  const ptrdiff_t *offsets;
  int32_t segment_count, step_count;
  /// The panel's first values and weights.
  const int32_t *starts;
  /// What to add to all accumulators.
  int32_t sum_offset;
  const void *weights;
  /// What to add to all accumulators of a row, or NULL.
  const int32_t *row_terms;
  /// Where the sums go, [row][channels of the panel], 64-byte aligned; or NULL, and outputs are
  /// made of them at once.
  int32_t *accumulators;
  const q8_gemm_outputs *outputs;
  /// Where `FETCHES_AHEAD`: what is needed after these tiles. Every `STEPS` steps fetch there, the next ones
  /// `ahead_step` bytes further.
  const char *ahead;
  ptrdiff_t ahead_step;
} q8_gemm_tile;

/// The `at`th of the next steps along K: a group of each row times a vector of weights of each.
__attribute__((always_inline)) static inline void multiply_step(vector (*sums)[2],
                                                                const value *const *base,
                                                                ptrdiff_t stride,
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
    const vector x = broadcast_group(base[r / 3] + r % 3 * stride + at * GROUP);
    UNROLLED for (int v = 0; v < vectors; v++) sums[r][v] = multiply_add(sums[r][v], x, w[v]);
  }
}

/// `count` steps, which add to as many sums or to the same.
__attribute__((always_inline)) static inline void multiply_steps(vector (*sums)[ROWS][2],
                                                                 const value **base,
                                                                 ptrdiff_t stride,
                                                                 const char **weights,
                                                                 const int count, const int ways,
                                                                 const int rows,
                                                                 const int vectors) {
  UNROLLED for (int i = 0; i < count; i++) {
    multiply_step(sums[i % ways], base, stride, *weights, i, rows, vectors);
  }
  *weights += count * vectors * (int)sizeof(vector);
  UNROLLED for (int r = 0; r < rows; r += 3) {
    base[r / 3] += count * GROUP;
    // Kept apart: compilers would else keep a pointer a row, or derive each from the last.
    __asm__("" : "+r"(base[r / 3]));
  }
}

__attribute__((always_inline)) static inline void multiply(const q8_gemm_tile *t, const int rows,
                                                           const int vectors) {
  // Additions to one register wait for each other: few rows are summed in several places.
  const int ways = rows * vectors * 4 <= MOST_SUMS ? 4 : rows * vectors * 2 <= MOST_SUMS ? 2 : 1;
  vector sums[4][ROWS][2];
  UNROLLED for (int v = 0; v < vectors; v++) {
    const vector start = add_lanes(load_vector(t->starts + v * VECTOR_LANES), t->sum_offset);
    UNROLLED for (int r = 0; r < rows; r++) {
      sums[0][r][v] = start;
      UNROLLED for (int i = 1; i < ways; i++) sums[i][r][v] = (vector){0};
    }
  }
  if (t->row_terms) {
    UNROLLED for (int r = 0; r < rows; r++) {
      UNROLLED for (int v = 0; v < vectors; v++) {
        sums[0][r][v] = add_lanes(sums[0][r][v], t->row_terms[r]);
      }
    }
  }

  const char *weights = t->weights, *ahead = t->ahead;
  const ptrdiff_t stride = t->row_stride;
  for (int32_t s = 0; s < t->segment_count; s++) {
    // Every third row has a pointer: the others are one and two strides from it.
    const value *base[5];
    UNROLLED for (int r = 0; r < rows; r += 3) {
      base[r / 3] = t->input + t->offsets[s] + r * stride;
    }
    int32_t k = t->step_count;
    for (; k >= STEPS; k -= STEPS) {
      multiply_steps(sums, base, stride, &weights, STEPS, ways, rows, vectors);
      if (rows > 2 && FETCHES_AHEAD) {
        UNROLLED for (int i = 0; i < AHEAD_LINES; i++) __builtin_prefetch(ahead + i * 64, 0, 2);
        ahead += t->ahead_step;
      }
    }
    for (; k > 0; k--) multiply_steps(sums, base, stride, &weights, 1, 1, rows, vectors);
  }
  UNROLLED for (int i = 1; i < ways; i++) {
    UNROLLED for (int r = 0; r < rows; r++) {
      UNROLLED for (int v = 0; v < vectors; v++) {
        sums[0][r][v] = add_vectors(sums[0][r][v], sums[i][r][v]);
      }
    }
  }

  int32_t *const accumulators = t->accumulators;
  if (!accumulators) {
    finish_in_registers(t->outputs, sums[0], rows, vectors);
    return;
  }
  UNROLLED for (int r = 0; r < rows; r++) {
    UNROLLED for (int v = 0; v < vectors; v++) {
      store_vector(accumulators + (r * vectors + v) * VECTOR_LANES, sums[0][r][v]);
    }
  }
}

typedef void (*multiply_function)(const q8_gemm_tile *);

#define MULTIPLY(ROW_COUNT)                                                                \
  static void multiply_##ROW_COUNT##x1(const q8_gemm_tile *t) { multiply(t, ROW_COUNT, 1); } \
  static void multiply_##ROW_COUNT##x2(const q8_gemm_tile *t) { multiply(t, ROW_COUNT, 2); }
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
