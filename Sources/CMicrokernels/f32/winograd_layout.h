// The 25 products of four outputs: which combinations of rows and columns meet, and in what order.
#ifndef MNV4_F32_WINOGRAD_LAYOUT_H
#define MNV4_F32_WINOGRAD_LAYOUT_H

#include "f32_winograd.h"

/// Rows and columns of the input that four outputs need, and of those combinations as many.
enum { WINOGRAD_EXTENT = 5 };

/// The places of the nine sums among the products: M of the columns and M of the rows, and so on. Those
/// of rows A are the first row's, those of columns A the first column's.
enum {
  WINOGRAD_MM = 0,
  WINOGRAD_AM = 1,
  WINOGRAD_BM = 3,
  WINOGRAD_MA = 5,
  WINOGRAD_MB = 7,
  WINOGRAD_AA = 9,
  WINOGRAD_AB = 13,
  WINOGRAD_BA = 17,
  WINOGRAD_BB = 21,
};

/// The place of the product of combination [row][column]: d0 - d2, d1, d2, d3, d4 - d2.
static const unsigned char winograd_places[WINOGRAD_EXTENT][WINOGRAD_EXTENT] = {
    {9, 10, 1, 14, 13},
    {11, 12, 2, 16, 15},
    {5, 6, 0, 8, 7},
    {19, 20, 4, 24, 23},
    {17, 18, 3, 22, 21},
};

/// The convolution of 5×5 windows at stride 4 whose windows are those of four outputs.
static inline struct mnv4_f32_conv winograd_windows(const struct mnv4_f32_winograd *problem) {
  struct mnv4_f32_conv windows = problem->conv;
  windows.kernel_height = windows.kernel_width = WINOGRAD_EXTENT;
  windows.stride_height = windows.stride_width = 4;
  windows.pad_top += 2 * problem->first_in_pair;
  windows.output_height = (windows.output_height + problem->first_in_pair + 1) / 2;
  windows.output_width = (windows.output_width + 1) / 2;
  return windows;
}

#endif
