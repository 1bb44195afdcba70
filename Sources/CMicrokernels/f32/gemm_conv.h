// How a convolution's windows become a tile's rows: read in place where they lie within the image,
// else from a patch of zeros and pixels in scratch.
#ifndef MNV4_F32_GEMM_CONV_H
#define MNV4_F32_GEMM_CONV_H

#include <string.h>

#include "f32_gemm.h"

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
      const size_t count = (size_t)((end - before) * channels);
      memcpy(patch + before * channels, source, count * sizeof(float));
    } else {
      for (ptrdiff_t x = before; x < end; x++, source += pixel_stride) {
        memcpy(patch + x * channels, source, (size_t)channels * sizeof(float));
      }
    }
    memset(patch + end * channels, 0, (size_t)((width - end) * channels) * sizeof(float));
  }
}

/// A pixel of the output.
struct conv_cursor {
  ptrdiff_t number;
  /// The first pixel of its image.
  const float *image;
  int32_t y, x;
};

static inline struct conv_cursor conv_cursor_at(
    const struct mnv4_f32_conv *conv, ptrdiff_t number) {
  const ptrdiff_t line = number / conv->output_width;
  const ptrdiff_t image_pixels = (ptrdiff_t)conv->input_height * conv->input_width;
  return (struct conv_cursor){
      .number = number,
      .image = conv->product.input +
               line / conv->output_height * image_pixels * conv->product.input_stride,
      .y = (int32_t)(line % conv->output_height),
      .x = (int32_t)(number % conv->output_width),
  };
}

/// Moves on by `count` pixels, which do not go beyond the end of the row.
static inline void conv_cursor_advance(
    const struct mnv4_f32_conv *conv, struct conv_cursor *cursor, int32_t count) {
  cursor->number += count;
  cursor->x += count;
  if (cursor->x < conv->output_width) return;
  cursor->x = 0;
  if (++cursor->y < conv->output_height) return;
  cursor->y = 0;
  cursor->image +=
      (ptrdiff_t)conv->input_height * conv->input_width * conv->product.input_stride;
}

/// The next pixels of the output: at most `tile_rows` of those before `end`, in one row of the
/// output. `patch` has room for their windows.
static inline struct conv_pixels conv_next_pixels(
    const struct mnv4_f32_conv *conv, struct conv_cursor *cursor, ptrdiff_t end,
    int32_t tile_rows, float *patch) {
  int32_t left_in_line = conv->output_width - cursor->x;
  if (left_in_line > end - cursor->number) left_in_line = (int32_t)(end - cursor->number);
  int32_t count = tile_rows;
  if (left_in_line < 2 * tile_rows) {
    // The last two tiles of a row are about equal.
    count = left_in_line <= tile_rows ? left_in_line : (left_in_line + 1) / 2;
  }
  const ptrdiff_t pixel_stride = conv->product.input_stride;
  const ptrdiff_t top = (ptrdiff_t)cursor->y * conv->stride_height - conv->pad_top;
  const ptrdiff_t left = (ptrdiff_t)cursor->x * conv->stride_width - conv->pad_left;
  const ptrdiff_t width = conv_patch_width(conv, count);
  const ptrdiff_t height = (ptrdiff_t)(conv->kernel_height - 1) * conv->dilation_height + 1;
  struct conv_pixels pixels = {.first = cursor->number, .count = count};
  if (top >= 0 && left >= 0 && top + height <= conv->input_height &&
      left + width <= conv->input_width) {
    pixels.input = cursor->image + (top * conv->input_width + left) * pixel_stride;
    pixels.pixel_stride = pixel_stride;
    pixels.line_stride = (ptrdiff_t)conv->dilation_height * conv->input_width * pixel_stride;
  } else {
    conv_gather(conv, cursor->image, top, left, width, patch);
    pixels.input = patch;
    pixels.pixel_stride = conv->channels;
    pixels.line_stride = width * conv->channels;
  }
  conv_cursor_advance(conv, cursor, count);
  return pixels;
}

#endif
