// Wide tiles: up to 6 pixels by two panels of two vectors each. They load 10 vectors for 24 products, where 14
// pixels of one panel load 16 for 28: processors that load two vectors a step wait for them less. Included
// after gemm_tile.h.

enum { WIDE_ROWS = 6 };

/// A tile of the panel of `first` and the one after it.
typedef struct {
  /// Its outputs are those of the first panel.
  q8_gemm_tile first;
  /// Bytes from one panel to the next.
  ptrdiff_t panel_step;
  const q8_gemm_outputs *second_outputs;
  /// The rows of the tile after it.
  const value *rows_ahead;
} q8_gemm_wide_tile;

/// `count` steps along K. Each sum stays in its place: compilers would else load several steps' weights first
/// and spill sums.
__attribute__((always_inline)) static inline void multiply_wide_steps(
    vector (*sums)[WIDE_ROWS][2], const value **base, ptrdiff_t stride, const char **weights,
    ptrdiff_t panel_step, const int count, const int rows) {
  UNROLLED for (int i = 0; i < count; i++) {
    vector w[2][2];
    UNROLLED for (int v = 0; v < 4; v++) {
      const char *from = *weights + v / 2 * panel_step;
      w[v / 2][v % 2] = load_vector(from + (i * 2 + v % 2) * (int)sizeof(vector));
    }
    UNROLLED for (int r = 0; r < rows; r++) {
      const vector x = broadcast_group(base[r / 3] + r % 3 * stride + i * GROUP);
      UNROLLED for (int v = 0; v < 4; v++) {
        vector *const sum = &sums[v / 2][r][v % 2];
        *sum = multiply_add(*sum, x, w[v / 2][v % 2]);
        __asm__ volatile("" : "+v"(*sum) : : "memory");
      }
    }
  }
  *weights += count * 2 * (int)sizeof(vector);
  UNROLLED for (int r = 0; r < rows; r += 3) {
    base[r / 3] += count * GROUP;
    __asm__("" : "+r"(base[r / 3]));
  }
}

__attribute__((always_inline)) static inline void multiply_wide(const q8_gemm_wide_tile *wide,
                                                                const int rows) {
  const q8_gemm_tile *t = &wide->first;
  vector sums[2][WIDE_ROWS][2];
  UNROLLED for (int v = 0; v < 4; v++) {
    const char *starts = (const char *)t->starts + v / 2 * wide->panel_step;
    const vector start = add_lanes(load_vector(starts + v % 2 * sizeof(vector)), t->sum_offset);
    UNROLLED for (int r = 0; r < rows; r++) {
      sums[v / 2][r][v % 2] = t->row_terms ? add_lanes(start, t->row_terms[r]) : start;
    }
  }
  const char *weights = t->weights, *ahead = t->ahead;
  const value *rows_ahead = wide->rows_ahead;
  const ptrdiff_t stride = t->row_stride;
  for (int32_t s = 0; s < t->segment_count; s++) {
    const value *base[2];
    UNROLLED for (int r = 0; r < rows; r += 3) {
      base[r / 3] = t->input + t->offsets[s] + r * stride;
    }
    int32_t k = t->step_count;
    for (; k >= STEPS; k -= STEPS) {
      multiply_wide_steps(sums, base, stride, &weights, wide->panel_step, STEPS, rows);
      UNROLLED for (int i = 0; i < AHEAD_LINES; i++) __builtin_prefetch(ahead + i * 64, 0, 2);
      ahead += t->ahead_step;
      // As much as the steps take of rows that follow one another, up to 96 bytes; what is left of a third line the
      // next steps fetch.
      UNROLLED for (int i = 0; i < 2; i++) __builtin_prefetch(rows_ahead + i * 64);
      rows_ahead += rows * STEPS * GROUP;
    }
    for (; k > 0; k--) multiply_wide_steps(sums, base, stride, &weights, wide->panel_step, 1, rows);
  }
  int32_t *const accumulators = t->accumulators;
  if (!accumulators) {
    finish_in_registers(t->outputs, sums[0], rows, 2);
    finish_in_registers(wide->second_outputs, sums[1], rows, 2);
    return;
  }
  UNROLLED for (int v = 0; v < 4; v++) {
    UNROLLED for (int r = 0; r < rows; r++) {
      const int place = (v / 2 * rows + r) * 2 + v % 2;
      store_vector(accumulators + place * VECTOR_LANES, sums[v / 2][r][v % 2]);
    }
  }
}

typedef void (*multiply_wide_function)(const q8_gemm_wide_tile *);

#define MULTIPLY_WIDE(ROW_COUNT)                                                    \
  static void multiply_wide_##ROW_COUNT(const q8_gemm_wide_tile *t) { multiply_wide(t, ROW_COUNT); }
#define MULTIPLY_WIDE_ENTRY(ROW_COUNT) multiply_wide_##ROW_COUNT,
#define EACH_WIDE_ROW_COUNT(X) X(1) X(2) X(3) X(4) X(5) X(6)

EACH_WIDE_ROW_COUNT(MULTIPLY_WIDE)

/// By pixels - 1.
static const multiply_wide_function multiply_wide_functions[WIDE_ROWS] = {
    EACH_WIDE_ROW_COUNT(MULTIPLY_WIDE_ENTRY)};

/// How many wide tiles of about equal heights so many pixels make.
static inline int32_t wide_count(int32_t rows) { return (rows + WIDE_ROWS - 1) / WIDE_ROWS; }
