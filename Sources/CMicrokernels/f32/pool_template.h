// Average pooling over windows. Included after pool_kernels.h, simd_*.h and bytes_*.h.

#pragma STDC FP_CONTRACT OFF

/// A window's pixels within the image.
struct pool_window {
  const char *first;
  ptrdiff_t rows, columns;
  /// Bytes from one row, and from one pixel, to the next.
  ptrdiff_t row_stride, pixel_stride;
};

enum {
  /// Vectors of channels whose sums grow side by side, which hides the latency of one.
  POOL_SIDE_BY_SIDE = 4,
};

VEC_INLINE vec pool_load(
    const struct mnv4_average_pool *p, const char *at, ptrdiff_t left,
    const enum mnv4_average_pool_type type) {
  if (type == MNV4_AVERAGE_POOL_FLOAT32) {
    const float *floats = (const float *)(const void *)at;
    return left >= VEC_LANES ? vec_load(floats) : vec_load_masked(floats, vec_first(left));
  }
  return vec_from_bytes(
      (const uint8_t *)at, left, type == MNV4_AVERAGE_POOL_INT8, p->input_zero_point);
}

/// Sums of `vectors` vectors of channels, of which `left` channels exist.
VEC_INLINE void pool_sum(
    const struct mnv4_average_pool *p, const struct pool_window *w, ptrdiff_t offset,
    ptrdiff_t left, vec *sums, const int vectors, const enum mnv4_average_pool_type type) {
  const ptrdiff_t size = type == MNV4_AVERAGE_POOL_FLOAT32 ? sizeof(float) : 1;
  for (int i = 0; i < vectors; i++) sums[i] = vec_set(0);
  const char *row = w->first + offset * size;
  for (ptrdiff_t y = w->rows; y > 0; y--, row += w->row_stride) {
    const char *pixel = row;
    for (ptrdiff_t x = w->columns; x > 0; x--, pixel += w->pixel_stride) {
#pragma clang loop unroll(full)
      for (int i = 0; i < vectors; i++) {
        const char *at = pixel + i * VEC_LANES * size;
        sums[i] = vec_add(sums[i], pool_load(p, at, left - i * VEC_LANES, type));
      }
    }
  }
}

VEC_INLINE void pool_store(
    const struct mnv4_average_pool *p, vec sum, float count, char *at, ptrdiff_t left,
    const enum mnv4_average_pool_type type) {
  if (type == MNV4_AVERAGE_POOL_FLOAT32) {
    float *floats = (float *)(void *)at;
    const vec mean = vec_div(sum, vec_set(count));
    if (left >= VEC_LANES) {
      vec_store(floats, mean);
    } else {
      vec_store_masked(floats, mean, vec_first(left));
    }
    return;
  }
  const float scale = p->input_scale / (p->output_scale * count);
  const int32_t lowest = type == MNV4_AVERAGE_POOL_INT8 ? INT8_MIN : 0;
  const vec lower = vec_set((float)(lowest - p->output_zero_point));
  const vec upper = vec_set((float)(lowest + 255 - p->output_zero_point));
  const vec steps = vec_lower(vec_raise(vec_mul(sum, vec_set(scale)), lower), upper);
  vec_store_bytes((uint8_t *)at, steps, p->output_zero_point, left);
}

VEC_INLINE void pool_pixel(
    const struct mnv4_average_pool *p, const struct pool_window *w, char *to,
    ptrdiff_t channel_begin, ptrdiff_t channel_end, const enum mnv4_average_pool_type type) {
  const ptrdiff_t size = type == MNV4_AVERAGE_POOL_FLOAT32 ? sizeof(float) : 1;
  const float count = (float)(w->rows * w->columns);
  ptrdiff_t channel = channel_begin;
  vec sums[POOL_SIDE_BY_SIDE];
  while (channel + POOL_SIDE_BY_SIDE * VEC_LANES <= channel_end) {
    pool_sum(p, w, channel, channel_end - channel, sums, POOL_SIDE_BY_SIDE, type);
#pragma clang loop unroll(full)
    for (int i = 0; i < POOL_SIDE_BY_SIDE; i++, channel += VEC_LANES) {
      pool_store(p, sums[i], count, to + channel * size, VEC_LANES, type);
    }
  }
  for (; channel < channel_end; channel += VEC_LANES) {
    pool_sum(p, w, channel, channel_end - channel, sums, 1, type);
    pool_store(p, sums[0], count, to + channel * size, channel_end - channel, type);
  }
}

/// Where a window of `kernel` pixels from `origin` on begins and ends within `extent`.
struct pool_span {
  int32_t begin, end;
};

static inline struct pool_span pool_span_of(int32_t origin, int32_t kernel, int32_t extent) {
  const int32_t end = origin + kernel;
  return (struct pool_span){origin < 0 ? 0 : origin, end < extent ? end : extent};
}

VEC_INLINE void pool_rows(
    const struct mnv4_average_pool *p, struct mnv4_average_pool_range range,
    const enum mnv4_average_pool_type type) {
  const ptrdiff_t size = type == MNV4_AVERAGE_POOL_FLOAT32 ? sizeof(float) : 1;
  struct pool_window w = {.pixel_stride = p->channels * size,
                          .row_stride = p->channels * size * p->input_width};
  for (int32_t y = range.row_begin; y < range.row_end; y++) {
    const struct pool_span rows =
        pool_span_of(y * p->stride_height - p->pad_top, p->kernel_height, p->input_height);
    w.rows = rows.end - rows.begin;
    char *to = (char *)p->output + (ptrdiff_t)y * p->output_width * w.pixel_stride;
    for (int32_t x = 0; x < p->output_width; x++, to += w.pixel_stride) {
      const struct pool_span columns =
          pool_span_of(x * p->stride_width - p->pad_left, p->kernel_width, p->input_width);
      w.columns = columns.end - columns.begin;
      w.first = (const char *)p->input + rows.begin * w.row_stride +
                columns.begin * w.pixel_stride;
      pool_pixel(p, &w, to, range.channel_begin, range.channel_end, type);
    }
  }
}

static void pool_run(const struct mnv4_average_pool *p, struct mnv4_average_pool_range range) {
  switch (p->type) {
  case MNV4_AVERAGE_POOL_FLOAT32:
    pool_rows(p, range, MNV4_AVERAGE_POOL_FLOAT32);
    break;
  case MNV4_AVERAGE_POOL_INT8:
    pool_rows(p, range, MNV4_AVERAGE_POOL_INT8);
    break;
  case MNV4_AVERAGE_POOL_UINT8:
    pool_rows(p, range, MNV4_AVERAGE_POOL_UINT8);
    break;
  }
}
