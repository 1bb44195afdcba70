// Wide tiles: three to six vectors of channels, of two or three panels, by as many pixels as leave 24 or 25
// sums. They load 10 or 11 vectors for these, where 14 pixels of one panel load 16 for 28: they wait less for
// what is loaded, and take fewer instructions. Included after gemm_tile.h.

enum {
  LEAST_WIDE_VECTORS = 3,
  MOST_WIDE_VECTORS = 6,
  MOST_WIDE_ROWS = 8,
  /// Pixels of which bands have a whole number where there are so many: two tiles of four vectors.
  WIDE_BAND_ROWS = 12,
  /// Steps along K that are taken at once.
  WIDE_STEPS = 8,
  /// Lines of `ahead` that these fetch where more than one is to be.
  WIDE_AHEAD_LINES = 6,
};

/// Most pixels of a tile of so many vectors.
static inline int32_t wide_rows(int32_t vectors) {
  static const int8_t rows[MOST_WIDE_VECTORS + 1] = {0, 0, 0, 8, 6, 5, 4};
  return rows[vectors];
}

/// Vectors of the next tiles where `left` are: whole panels unless all, no fewer than three are left for the last,
/// and the last are not more than those before them, whose steps suffice to fetch their weights.
static inline int32_t wide_vectors(int32_t left) {
  if (left <= MOST_WIDE_VECTORS) return left;
  return left == 9 || left == 10 ? 6 : 4;
}

/// Weights of the next steps: of the panels of two vectors, and of that of one.
typedef struct {
  const char *pairs, *single;
} q8_gemm_wide_weights;

/// Tiles of several panels.
typedef struct {
  /// Its outputs are those of the first panel.
  q8_gemm_tiles tiles;
  /// Bytes from one panel of two vectors to the next.
  ptrdiff_t panel_step;
  q8_gemm_wide_weights weights;
  /// Channels of all panels that are outputs, and how many of these the addend has.
  int32_t channel_count, addend_count;
  /// Whether the rows of the tile after each are fetched, and those after the last.
  bool fetches_rows;
  const value *following;
} q8_gemm_wide_tiles;

/// `count` steps along K. Each sum stays in its place: compilers would else load several steps' weights first
/// and spill sums.
__attribute__((always_inline)) static inline void multiply_wide_steps(
    vector (*sums)[MOST_WIDE_VECTORS], const value **base, row_strides strides,
    q8_gemm_wide_weights *weights, ptrdiff_t panel_step, const int count, const int rows,
    const int vectors) {
  const int pairs = vectors / 2 * 2;
  UNROLLED for (int i = 0; i < count; i++) {
    vector w[MOST_WIDE_VECTORS];
    UNROLLED for (int v = 0; v < pairs; v++) {
      const char *from = weights->pairs + v / 2 * panel_step;
      w[v] = load_vector(from + (i * 2 + v % 2) * (int)sizeof(vector));
    }
    if (pairs < vectors) w[pairs] = load_vector(weights->single + i * (int)sizeof(vector));
    UNROLLED for (int r = 0; r < rows; r++) {
      const vector x = broadcast_group(*base + row_offset(strides, rows, r) + i * GROUP);
      UNROLLED for (int v = 0; v < vectors; v++) {
        sums[r][v] = multiply_add(sums[r][v], x, w[v]);
        __asm__ volatile("" : "+v"(sums[r][v]) : : "memory");
      }
    }
  }
  weights->pairs += count * 2 * (int)sizeof(vector);
  if (pairs < vectors) weights->single += count * (int)sizeof(vector);
  move_on(base, count * GROUP);
}

/// Adds an addend's elements at `from` to two vectors of products.
__attribute__((always_inline)) static inline __m512i added_from(__m512i products, const char *from,
                                                                __mmask32 reach,
                                                                const finish_constants *c) {
  return added(products, _mm256_maskz_loadu_epi8(reach, from), reach, c);
}

/// The lower `count` lanes from the `first` on, of `lanes`, at most 32.
static inline __mmask32 lanes_from(int32_t count, int32_t first, int32_t lanes) {
  const int32_t left = count - first;
  return left <= 0 ? 0 : first_lanes(left < lanes ? left : lanes);
}

/// Outputs of sums in registers: of every row four vectors at once, of every two rows two vectors, of every
/// four rows a single one. Rows of an addend are read before outputs are written, which may be the same bytes.
__attribute__((always_inline)) static inline void finish_wide(
    const q8_gemm_wide_tiles *t, vector (*sums)[MOST_WIDE_VECTORS], const int rows,
    const int vectors, const scaling how, const bool adds) {
  const q8_gemm_outputs *o = &t->tiles.outputs;
  const finish_constants *c = o->constants;
  const bool rectified = how == SCALE_RECTIFIED;
  const __m512i order = c->order;
  const ptrdiff_t stride = o->problem->output_pixel_stride;
  const ptrdiff_t addend_stride = adds ? o->problem->addition->addend_pixel_stride : 0;
  const int32_t count = t->channel_count, addends = t->addend_count;
  char *const to_first = o->to;
  const char *const from_first = o->from;
  scale_vector s[MOST_WIDE_VECTORS];
  UNROLLED for (int v = 0; v < vectors; v++) {
    const char *from = (const char *)o->scales + v / 2 * t->panel_step;
    // A panel of one vector has half as many starts before its scales.
    if (vectors % 2 == 1 && v == vectors - 1) from -= VECTOR_LANES * sizeof(int32_t);
    s[v] = load_scales((const float *)(const void *)from + v % 2 * VECTOR_LANES, how);
  }
  int done = 0;
  if (vectors >= 4) {
    done = 4;
    const __mmask64 mask = count >= 64 ? UINT64_MAX : UINT64_MAX >> (64 - count);
    const __mmask32 reach0 = lanes_from(addends, 0, 32), reach1 = lanes_from(addends, 32, 32);
    UNROLLED for (int r = 0; r < rows; r++) {
      __m512i low = scaled_pair(sums[r], s, how), high = scaled_pair(sums[r] + 2, s + 2, how);
      if (adds) {
        low = added_from(low, from_first + r * addend_stride, reach0, c);
        high = added_from(high, from_first + r * addend_stride + 32, reach1, c);
      }
      const __m512i bytes = narrowed(low, high, rectified, order, c);
      if (__builtin_expect(mask == UINT64_MAX, true)) {
        _mm512_storeu_si512(to_first + r * stride, bytes);
      } else {
        _mm512_mask_storeu_epi8(to_first + r * stride, mask, bytes);
      }
    }
  }
  if (vectors - done >= 2) {
    const int first = 16 * done;
    const __mmask32 mask = lanes_from(count, first, 32), reach = lanes_from(addends, first, 32);
    UNROLLED for (int r = 0; r < rows; r += 2) {
      const int next = r + 1 < rows ? r + 1 : r;
      __m512i row0 = scaled_pair(sums[r] + done, s + done, how);
      __m512i row1 = scaled_pair(sums[next] + done, s + done, how);
      if (adds) {
        row0 = added_from(row0, from_first + r * addend_stride + first, reach, c);
        row1 = added_from(row1, from_first + next * addend_stride + first, reach, c);
      }
      store_pair(to_first + r * stride + first, to_first + next * stride + first, mask,
                 narrowed(row0, row1, rectified, order, c));
    }
    done += 2;
  }
  if (vectors > done) {
    const int first = 16 * done;
    const __mmask16 mask = (__mmask16)lanes_from(count, first, 16);
    const __mmask16 reach = (__mmask16)lanes_from(addends, first, 16);
    UNROLLED for (int r = 0; r < rows; r += 4) {
      int row[4];
      UNROLLED for (int i = 0; i < 4; i++) row[i] = r + i < rows ? r + i : rows - 1;
      __m512i half[2];
      UNROLLED for (int i = 0; i < 2; i++) {
        const int row0 = row[2 * i], row1 = row[2 * i + 1];
        half[i] = scaled_rows(sums[row0][done], sums[row1][done], &s[done], how, order);
        if (!adds) continue;
        const char *from = from_first + first;
        const __m256i x =
            _mm256_set_m128i(_mm_maskz_loadu_epi8(reach, from + row1 * addend_stride),
                             _mm_maskz_loadu_epi8(reach, from + row0 * addend_stride));
        half[i] = added(half[i], x, (__mmask32)reach | (__mmask32)reach << 16, c);
      }
      const __m512i bytes = narrowed(half[0], half[1], rectified, order, c);
      char *const to = to_first + first;
      _mm_mask_storeu_epi8(to + row[0] * stride, mask, _mm512_castsi512_si128(bytes));
      _mm_mask_storeu_epi8(to + row[1] * stride, mask, _mm512_extracti32x4_epi32(bytes, 1));
      _mm_mask_storeu_epi8(to + row[2] * stride, mask, _mm512_extracti32x4_epi32(bytes, 2));
      _mm_mask_storeu_epi8(to + row[3] * stride, mask, _mm512_extracti32x4_epi32(bytes, 3));
    }
  }
}

/// NULL: in registers.
static finish_function wide_finish_for(const mnv4_q8_gemm_problem *p, bool products_fit,
                                       finish_function otherwise) {
  return products_fit && p->output_type != MNV4_Q8_GEMM_FLOAT32 ? NULL : otherwise;
}

/// Outputs of sums in memory, panel by panel.
__attribute__((always_inline)) static inline void finish_wide_from_memory(
    const q8_gemm_wide_tiles *t, vector (*sums)[MOST_WIDE_VECTORS], const int rows,
    const int vectors) {
  int32_t *const accumulators = t->tiles.accumulators;
  UNROLLED for (int first = 0; first < vectors; first += 2) {
    const int width = first + 1 < vectors ? 2 : 1;
    UNROLLED for (int r = 0; r < rows; r++) {
      UNROLLED for (int v = 0; v < width; v++) {
        store_vector(accumulators + (r * width + v) * VECTOR_LANES, sums[r][first + v]);
      }
    }
    q8_gemm_outputs o = t->tiles.outputs;
    const char *scales = (const char *)o.scales + first / 2 * t->panel_step;
    if (width == 1) scales -= VECTOR_LANES * sizeof(int32_t);
    const int32_t channel = first * VECTOR_LANES, left = t->channel_count - channel;
    const int32_t addends = t->addend_count - channel;
    o.scales = (const float *)(const void *)scales;
    o.rows = rows;
    o.channel_count = left < width * VECTOR_LANES ? left : width * VECTOR_LANES;
    o.addend_count = addends < 0 ? 0 : addends < o.channel_count ? addends : o.channel_count;
    o.to += channel * (o.problem->output_type == MNV4_Q8_GEMM_FLOAT32 ? (int)sizeof(float) : 1);
    if (o.problem->addition) o.from += channel;
    t->tiles.finish(&o, accumulators, width);
  }
}

/// The sums that tiles begin with.
__attribute__((always_inline)) static inline void begin_wide(q8_gemm_wide_tiles *wide,
                                                             vector (*sums)[MOST_WIDE_VECTORS],
                                                             const int rows, const int vectors) {
  q8_gemm_tiles *t = &wide->tiles;
  UNROLLED for (int v = 0; v < vectors; v++) {
    const ptrdiff_t place = v / 2 * wide->panel_step + v % 2 * (int)sizeof(vector);
    const vector start = add_lanes(load_vector((const char *)t->starts + place), t->sum_offset);
    UNROLLED for (int r = 0; r < rows; r++) sums[r][v] = start;
  }
  if (t->row_terms) {
    UNROLLED for (int r = 0; r < rows; r++) {
      UNROLLED for (int v = 0; v < vectors; v++) {
        sums[r][v] = add_lanes(sums[r][v], t->row_terms[r]);
      }
    }
    t->row_terms += rows;
  }
}

/// What becomes of a tile's sums.
__attribute__((always_inline)) static inline void end_wide(q8_gemm_wide_tiles *wide,
                                                           vector (*sums)[MOST_WIDE_VECTORS],
                                                           const int rows, const int vectors) {
  const q8_gemm_tiles *t = &wide->tiles;
  const finish_constants *constants = t->outputs.constants;
  if (t->finish) {
    finish_wide_from_memory(wide, sums, rows, vectors);
  } else if (constants->rectified) {
    finish_wide(wide, sums, rows, vectors, SCALE_RECTIFIED, false);
  } else if (constants->adds) {
    finish_wide(wide, sums, rows, vectors, SCALE_FITTING, true);
  } else {
    finish_wide(wide, sums, rows, vectors, SCALE_FITTING, false);
  }
}

__attribute__((always_inline)) static inline void multiply_wide(q8_gemm_wide_tiles *wide,
                                                                const int rows, const int vectors) {
  q8_gemm_tiles *t = &wide->tiles;
  const ptrdiff_t stride = t->row_stride, panel_step = wide->panel_step;
  const ptrdiff_t ahead_step = t->ahead_step;
  const row_strides strides = row_strides_of(stride);
  const int32_t segment_count = t->segment_count, step_count = t->step_count;
  const bool fetches_more = ahead_step > 64, fetches_rows = wide->fetches_rows;
  const char *ahead = t->ahead;
  for (int32_t tile = t->tile_count; tile > 0; tile--) {
    vector sums[MOST_WIDE_ROWS][MOST_WIDE_VECTORS];
    begin_wide(wide, sums, rows, vectors);
    const value *const input = t->input, *const next = input + rows * stride;
    const value *rows_ahead = tile > 1 ? next : wide->following;
    q8_gemm_wide_weights weights = wide->weights;
    for (int32_t s = 0; s < segment_count; s++) {
      const value *base = input + t->offsets[s];
      int32_t turns = step_count / WIDE_STEPS;
      if (turns > 0) {
        do {
          multiply_wide_steps(sums, &base, strides, &weights, panel_step, WIDE_STEPS, rows, vectors);
          if (fetches_rows) {
            // As much as the steps take of rows that follow one another.
            UNROLLED for (int i = 0; i < rows * WIDE_STEPS * GROUP; i += 64) {
              __builtin_prefetch(rows_ahead + i);
            }
            rows_ahead += rows * WIDE_STEPS * GROUP;
          }
          __builtin_prefetch(ahead, 0, 2);
          if (fetches_more) {
            UNROLLED for (int i = 1; i < WIDE_AHEAD_LINES; i++) {
              __builtin_prefetch(ahead + i * 64, 0, 2);
            }
          }
          ahead += ahead_step;
        } while (--turns > 0);
      }
      if (step_count & 4) {
        multiply_wide_steps(sums, &base, strides, &weights, panel_step, 4, rows, vectors);
      }
      if (step_count & 2) {
        multiply_wide_steps(sums, &base, strides, &weights, panel_step, 2, rows, vectors);
      }
      if (step_count & 1) {
        multiply_wide_steps(sums, &base, strides, &weights, panel_step, 1, rows, vectors);
      }
    }
    end_wide(wide, sums, rows, vectors);
    pass_outputs(&t->outputs, rows);
    t->input = next;
  }
  t->ahead = ahead;
}

typedef void (*multiply_wide_function)(q8_gemm_wide_tiles *);

#define EACH_WIDE_TILE(X)                                              \
  X(1, 3) X(2, 3) X(3, 3) X(4, 3) X(5, 3) X(6, 3) X(7, 3) X(8, 3)      \
  X(1, 4) X(2, 4) X(3, 4) X(4, 4) X(5, 4) X(6, 4)                      \
  X(1, 5) X(2, 5) X(3, 5) X(4, 5) X(5, 5)                              \
  X(1, 6) X(2, 6) X(3, 6) X(4, 6)
#define MULTIPLY_WIDE(ROWS_, VECTORS)                                    \
  static void multiply_wide_##ROWS_##x##VECTORS(q8_gemm_wide_tiles *t) { \
    multiply_wide(t, ROWS_, VECTORS);                                    \
  }
#define MULTIPLY_WIDE_ENTRY(ROWS_, VECTORS) \
  [VECTORS - LEAST_WIDE_VECTORS][ROWS_ - 1] = multiply_wide_##ROWS_##x##VECTORS,

EACH_WIDE_TILE(MULTIPLY_WIDE)

/// By vectors - LEAST_WIDE_VECTORS and pixels - 1.
static const multiply_wide_function
    multiply_wide_functions[MOST_WIDE_VECTORS - LEAST_WIDE_VECTORS + 1][MOST_WIDE_ROWS] = {
        EACH_WIDE_TILE(MULTIPLY_WIDE_ENTRY)};
