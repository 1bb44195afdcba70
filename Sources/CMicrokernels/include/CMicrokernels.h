// SIMD kernels: everything that Swift sees of this target.
#ifndef MNV4_CMICROKERNELS_H
#define MNV4_CMICROKERNELS_H

#include "cpu.h"
#include "q8_depthwise.h"
#include "q8_elementwise.h"

#endif
