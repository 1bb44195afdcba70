// How a convolution's windows become a tile's rows: read in place where they lie within the image,
// else from a patch of zeros and pixels in scratch.
#ifndef MNV4_F32_GEMM_CONV_H
#define MNV4_F32_GEMM_CONV_H

#include <string.h>

#include "../include/f32_gemm.h"

enum {
  /// The most rows of any kernel's tile.
  CONV_MAX_TILE_ROWS = 14,
  /// The most tiles that meet a panel one after another.
  CONV_MAX_BLOCK_TILES = 16,
  /// The floats of patches that a block of tiles is meant to keep within the level 2 cache.
  CONV_BLOCK_FLOATS = 32768,
};

/// Columns of the image under the windows of `tile_rows` neighbouring pixels.
static inline ptrdiff_t conv_patch_width(const struct mnv4_f32_conv *conv, ptrdiff_t tile_rows) {
  return (tile_rows - 1) * conv->stride_width +
         (ptrdiff_t)(conv->kernel_width - 1) * conv->dilation_width + 1;
}

/// The floats of a tile's patch, to the cache line.
static inline ptrdiff_t conv_patch_count(const struct mnv4_f32_conv *conv, ptrdiff_t tile_rows) {
  const ptrdiff_t count =
      conv->kernel_height * conv_patch_width(conv, tile_rows) * conv->channels;
  return (count + 15) & ~(ptrdiff_t)15;
}

static inline ptrdiff_t conv_block_tiles(ptrdiff_t patch_count) {
  const ptrdiff_t tiles = CONV_BLOCK_FLOATS / patch_count;
  return tiles < 1 ? 1 : tiles > CONV_MAX_BLOCK_TILES ? CONV_MAX_BLOCK_TILES : tiles;
}

/// Neighbouring pixels of one row of the output, and where their windows are.
struct conv_pixels {
  /// The first's number and how many they are.
  ptrdiff_t first;
  int32_t count;
  /// The first window's first element; windows follow at `stride_width` pixels.
  const float *input;
  /// Elements from a pixel to the next and from a row of the image to the next.
  ptrdiff_t pixel_stride, line_stride;
};

/// Copies the windows of `pixels`, whose first starts at row `top` and column `left` of the image,
/// with zeros for what lies outside.
static inline void conv_gather(
    const struct mnv4_f32_conv *conv, const float *image, ptrdiff_t top, ptrdiff_t left,
    ptrdiff_t width, float *patch) {
  const ptrdiff_t channels = conv->channels, pixel_stride = conv->product.input_stride;
  const ptrdiff_t line = width * channels;
  const ptrdiff_t before = left >= 0 ? 0 : -left < width ? -left : width;
  ptrdiff_t end = conv->input_width - left;
  if (end > width) end = width;
  if (end < before) end = before;
  for (int32_t row = 0; row < conv->kernel_height; row++, patch += line) {
    const ptrdiff_t y = top + (ptrdiff_t)row * conv->dilation_height;
    if (y < 0 || y >= conv->input_height || end == before) {
      memset(patch, 0, (size_t)line * sizeof(float));
      continue;
    }
    const float *source = image + (y * conv->input_width + left + before) * pixel_stride;
    memset(patch, 0, (size_t)(before * channels) * sizeof(float));
    if (pixel_stride == channels) {
      memcpy(patch + before * channels, source, (size_t)((end - before) * channels) * sizeof(float));
    } else {
      for (ptrdiff_t x = before; x < end; x++, source += pixel_stride) {
        memcpy(patch + x * channels, source, (size_t)channels * sizeof(float));
      }
    }
    memset(patch + end * channels, 0, (size_t)((width - end) * channels) * sizeof(float));
  }
}

/// The next pixels of the output from `first` on: at most `tile_rows` of those before `end`, in one
/// row of the output. `patch` has room for their windows.
static inline struct conv_pixels conv_next_pixels(
    const struct mnv4_f32_conv *conv, ptrdiff_t first, ptrdiff_t end, ptrdiff_t tile_rows,
    float *patch) {
  const ptrdiff_t line = first / conv->output_width, x = first % conv->output_width;
  const ptrdiff_t batch = line / conv->output_height, y = line % conv->output_height;
  ptrdiff_t left_in_line = conv->output_width - x;
  if (left_in_line > end - first) left_in_line = end - first;
  // The rest of the row in tiles of about equal size.
  const ptrdiff_t tiles = (left_in_line + tile_rows - 1) / tile_rows;
  const ptrdiff_t count = (left_in_line + tiles - 1) / tiles;

  const ptrdiff_t pixel_stride = conv->product.input_stride;
  const ptrdiff_t image_stride = (ptrdiff_t)conv->input_height * conv->input_width * pixel_stride;
  const float *image = conv->product.input + batch * image_stride;
  const ptrdiff_t top = y * conv->stride_height - conv->pad_top;
  const ptrdiff_t left = x * conv->stride_width - conv->pad_left;
  const ptrdiff_t width = conv_patch_width(conv, count);
  const ptrdiff_t height = (ptrdiff_t)(conv->kernel_height - 1) * conv->dilation_height + 1;
  struct conv_pixels pixels = {.first = first, .count = (int32_t)count};
  if (top >= 0 && left >= 0 && top + height <= conv->input_height &&
      left + width <= conv->input_width) {
    pixels.input = image + (top * conv->input_width + left) * pixel_stride;
    pixels.pixel_stride = pixel_stride;
    pixels.line_stride = conv->dilation_height * conv->input_width * pixel_stride;
  } else {
    conv_gather(conv, image, top, left, width, patch);
    pixels.input = patch;
    pixels.pixel_stride = conv->channels;
    pixels.line_stride = width * conv->channels;
  }
  return pixels;
}

#endif
