// The list of the kernels of Winograd's method, and what they share.

#include "gemm_conv.h"
#include "winograd_layout.h"

static const struct mnv4_f32_winograd_kernel kernels[] = {
#if defined(__x86_64__)
    {"f32_winograd_14x32_avx512", MNV4_CPU_AVX512, 32, mnv4_f32_winograd_14x32_avx512},
    {"f32_winograd_6x16_avx2", MNV4_CPU_AVX2, 16, mnv4_f32_winograd_6x16_avx2},
#endif
    {"f32_winograd_6x8_portable", 0, 8, mnv4_f32_winograd_6x8_portable},
};

const struct mnv4_f32_winograd_kernel *mnv4_f32_winograd_kernel_at(int32_t index) {
  const int32_t count = sizeof kernels / sizeof kernels[0];
  return index >= 0 && index < count ? &kernels[index] : 0;
}

ptrdiff_t mnv4_f32_winograd_scratch_bytes(ptrdiff_t channels) {
  // Combinations of a tile's squares, then the windows of squares at an edge.
  const struct mnv4_f32_conv windows = winograd_windows(
      &(struct mnv4_f32_winograd){.conv = {.channels = channels, .dilation_width = 1}});
  const ptrdiff_t floats = CONV_MAX_TILE_ROWS * MNV4_F32_WINOGRAD_PRODUCTS * channels +
                           conv_patch_count(&windows, CONV_MAX_TILE_ROWS);
  return ((floats + 15) & ~(ptrdiff_t)15) * (ptrdiff_t)sizeof(float);
}

ptrdiff_t mnv4_f32_winograd_packed_count(ptrdiff_t channels, ptrdiff_t columns) {
  const ptrdiff_t panels = (columns + MNV4_F32_PANEL - 1) / MNV4_F32_PANEL;
  return panels * MNV4_F32_PANEL * MNV4_F32_WINOGRAD_PRODUCTS * channels;
}

/// The weights that meet the combinations d0 - d2, d1, d2, d3, d4 - d2 of elements `step` apart.
static void combine(const float *weights, ptrdiff_t step, float combined[WINOGRAD_EXTENT]) {
  combined[0] = weights[0];
  combined[1] = weights[step];
  combined[2] = weights[0] + weights[2 * step];
  combined[3] = weights[step];
  combined[4] = weights[2 * step];
}

void mnv4_f32_winograd_pack(
    const float *weights, ptrdiff_t channels, ptrdiff_t columns, float *packed) {
  for (ptrdiff_t start = 0; start < columns; start += MNV4_F32_PANEL) {
    for (ptrdiff_t channel = 0; channel < channels; channel++) {
      for (ptrdiff_t lane = 0; lane < MNV4_F32_PANEL; lane++) {
        float *const place = packed + channel * MNV4_F32_PANEL + lane;
        const ptrdiff_t step = channels * MNV4_F32_PANEL;
        if (start + lane >= columns) {
          for (ptrdiff_t i = 0; i < MNV4_F32_WINOGRAD_PRODUCTS; i++) place[i * step] = 0;
          continue;
        }
        const float *const window = weights + (start + lane) * 9 * channels + channel;
        // [column of the window][combination of rows]
        float rows[3][WINOGRAD_EXTENT];
        for (int x = 0; x < 3; x++) combine(window + x * channels, 3 * channels, rows[x]);
        for (int r = 0; r < WINOGRAD_EXTENT; r++) {
          float products[WINOGRAD_EXTENT];
          combine(&rows[0][r], WINOGRAD_EXTENT, products);
          for (int c = 0; c < WINOGRAD_EXTENT; c++) {
            place[winograd_places[r][c] * step] = products[c];
          }
        }
      }
    }
    packed += MNV4_F32_WINOGRAD_PRODUCTS * channels * MNV4_F32_PANEL;
  }
}
