// The body of the SIMD kernels of any filter, included once by each instruction set's file.
//
// The including file defines, beside the target attribute of everything here:
//   MNV4_RUN              name of the kernel
//   MNV4_LANES            32-bit lanes of a vector
//   integers, floats      vector types
//   V(name), I(name)      intrinsics by their element type, and those of whole registers
//   widen(bytes, flip)    `MNV4_LANES` bytes, exclusive or flip → lanes
//   store_bytes(lanes, flip, output, count)   the low bytes of `count` lanes within 0...255,
//                         exclusive or flip

#define MNV4_INLINE static inline __attribute__((always_inline))
#define MNV4_UNROLL _Pragma("clang loop unroll(full)")

/// Accumulators that share the walk over a window.
enum { vectors_at_once = 4 };

/// One pixel of the output.
typedef struct window {
  const mnv4_q8_depthwise_layer *layer;
  const mnv4_q8dw_any_constants *constants;
  const uint8_t *input;
  mnv4_q8dw_window rows, columns;
} window;

/// Exact sums of `count` vectors of channels from `channel` on.
MNV4_INLINE void window_sums(
    const window *w, ptrdiff_t channel, int32_t count, integers sums[vectors_at_once]) {
  const mnv4_q8_depthwise_layer *layer = w->layer;
  const int32_t move = layer->input_is_signed ? 128 : 0;
  const integers zero = V(set1_epi32)(layer->input_zero_point + move);
  MNV4_UNROLL for (int32_t i = 0; i < count; ++i) {
    sums[i] = I(loadu)((const void *)(w->constants->bias + channel + i * MNV4_LANES));
  }
  for (int32_t ky = w->rows.begin; ky < w->rows.end; ++ky) {
    const ptrdiff_t y = w->rows.origin + ky * layer->dilation_height;
    for (int32_t kx = w->columns.begin; kx < w->columns.end; ++kx) {
      const ptrdiff_t x = w->columns.origin + kx * layer->dilation_width;
      const uint8_t *pixel =
          w->input + (y * layer->input_width + x) * layer->channels + channel;
      const uint32_t *weights = w->constants->weights
          + (ky * layer->kernel_width + kx) * w->constants->width + channel;
      MNV4_UNROLL for (int32_t i = 0; i < count; ++i) {
        // Of 16 bits and a sign; the upper halves of the weights are zeros.
        const integers value = V(sub_epi32)(widen(pixel + i * MNV4_LANES, move), zero);
        const integers weight = I(loadu)((const void *)(weights + i * MNV4_LANES));
        sums[i] = V(add_epi32)(sums[i], V(madd_epi16)(value, weight));
      }
    }
  }
}

/// The elements of `count` vectors of channels of the pixel whose first element is `index`.
MNV4_INLINE void window_elements(
    const window *w, ptrdiff_t channel, int32_t count, void *output, ptrdiff_t index) {
  const mnv4_q8_depthwise_layer *layer = w->layer;
  integers sums[vectors_at_once];
  window_sums(w, channel, count, sums);
  MNV4_UNROLL for (int32_t i = 0; i < count; ++i) {
    const ptrdiff_t first = channel + i * MNV4_LANES;
    const floats scale = V(loadu_ps)(w->constants->scales + first);
    const floats scaled = V(mul_ps)(V(cvtepi32_ps)(sums[i]), scale);
    const ptrdiff_t rest = layer->channels - first;
    const int32_t lanes = rest < MNV4_LANES ? (int32_t)rest : MNV4_LANES;
    if (layer->output_type == MNV4_Q8_DEPTHWISE_FLOAT32) {
      _Alignas(64) float elements[MNV4_LANES];
      const floats lower = V(set1_ps)(layer->float_lower);
      V(store_ps)(
          elements, V(min_ps)(V(max_ps)(scaled, lower), V(set1_ps)(layer->float_upper)));
      memcpy((float *)output + index + first, elements, (size_t)lanes * 4);
    } else {
      // int8 elements are computed as the same plus 128. Beyond ±65536 every bound is reached.
      const int32_t move = layer->output_type == MNV4_Q8_DEPTHWISE_INT8 ? 128 : 0;
      const floats limited =
          V(max_ps)(V(min_ps)(scaled, V(set1_ps)(65536)), V(set1_ps)(-65536));
      const integers zero = V(set1_epi32)(layer->output_zero_point + move);
      integers result = V(add_epi32)(V(cvtps_epi32)(limited), zero);
      result = V(max_epi32)(result, V(set1_epi32)(layer->output_lower + move));
      result = V(min_epi32)(result, V(set1_epi32)(layer->output_upper + move));
      store_bytes(result, move, (uint8_t *)output + index + first, lanes);
    }
  }
}

void MNV4_RUN(const mnv4_q8_depthwise_call *call) {
  const mnv4_q8_depthwise_layer *layer = call->layer;
  const mnv4_q8dw_any_constants constants = mnv4_q8dw_any_unpack(layer, call->packed);
  window w = {.layer = layer, .constants = &constants, .input = call->input};
  for (int32_t y = call->row_begin; y < call->row_end; ++y) {
    w.rows = mnv4_q8dw_window_rows(layer, y);
    for (int32_t x = 0; x < layer->output_width; ++x) {
      w.columns = mnv4_q8dw_window_columns(layer, x);
      const ptrdiff_t index = ((ptrdiff_t)y * layer->output_width + x) * layer->channels;
      ptrdiff_t channel = call->channel_begin;
      for (; channel + (vectors_at_once - 1) * MNV4_LANES < call->channel_end;
           channel += vectors_at_once * MNV4_LANES) {
        window_elements(&w, channel, vectors_at_once, call->output, index);
      }
      for (; channel < call->channel_end; channel += MNV4_LANES) {
        window_elements(&w, channel, 1, call->output, index);
      }
    }
  }
}
