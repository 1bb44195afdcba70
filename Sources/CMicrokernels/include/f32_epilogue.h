#ifndef MNV4_F32_EPILOGUE_H
#define MNV4_F32_EPILOGUE_H

#include <stddef.h>
#include <stdint.h>

/// What is applied to each float32 element before it is stored.
enum mnv4_f32_activation {
  /// `x < low ? low : x`, then `x > high ? high : x`: NaN stays NaN, -0 stays -0 where low is 0.
  MNV4_F32_CLAMP = 0,
  /// x · hard_sigmoid(x); -infinity gives NaN, as the formula says.
  MNV4_F32_HARD_SWISH = 1,
  /// clamp(x + 3, 0, 6) · float(1/6)
  MNV4_F32_HARD_SIGMOID = 2,
};

/// What happens to a sum before it is stored: the residual is added, then the activation applied.
struct mnv4_f32_epilogue {
  /// Element (row, channel) at `residual[row * residual_stride + channel]`, rows and channels being
  /// those of the output; null where there is none. May be the output itself, element for element,
  /// and overlaps it nowhere else. Any alignment of a float; read only where it is added.
  const float *residual;
  /// Elements from one row to the next.
  ptrdiff_t residual_stride;
  /// The residual is added to the first so many channels; at most the channel count.
  ptrdiff_t residual_channels;
  enum mnv4_f32_activation activation;
  /// The bounds of `MNV4_F32_CLAMP`; infinities where there is none. Not NaN.
  float low, high;
};

#endif
