// SIMD kernels: everything that Swift sees of this target.
#ifndef MNV4_CMICROKERNELS_H
#define MNV4_CMICROKERNELS_H

#include "average_pool.h"
#include "copy.h"
#include "cpu.h"
#include "f32_depthwise.h"
#include "f32_elementwise.h"
#include "f32_epilogue.h"
#include "f32_functions.h"
#include "f32_gemm.h"
#include "f32_matrix_product.h"
#include "f32_strassen.h"
#include "f32_winograd.h"
#include "peak.h"
#include "q8_depthwise.h"
#include "q8_elementwise.h"
#include "q8_gemm.h"
#include "q8_matrix_product.h"
#include "softmax.h"

#endif
