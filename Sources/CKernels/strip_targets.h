// What every file of strip kernels opens with: instruction sets, vectorisation, and one spelling of the element types.
#pragma once
#include "include/elementwise.h"
#include <stdint.h>

#pragma STDC FP_CONTRACT OFF

// One clone of a whole dispatcher for each instruction set; the loops are inlined into it and so take its set.
#if defined(__x86_64__)
#define DCS_TARGETS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DCS_TARGETS
#endif
#define DCS_LOOP _Pragma("clang loop vectorize(assume_safety)") for (int64_t i = 0; i < n; i++)

enum { DCS_STRIP = DCS_STRIP_LENGTH };

// X(code, type, name)
#define DCS_SMALL_INTEGERS(X) \
  X(DCS_BOOL, uint8_t, bool) X(DCS_UINT8, uint8_t, uint8) X(DCS_UINT16, uint16_t, uint16) X(DCS_INT8, int8_t, int8) X(DCS_INT16, int16_t, int16)
#define DCS_INTEGERS(X) \
  X(DCS_UINT8, uint8_t, uint8) X(DCS_UINT16, uint16_t, uint16) X(DCS_UINT32, uint32_t, uint32) X(DCS_UINT64, uint64_t, uint64) \
  X(DCS_INT8, int8_t, int8) X(DCS_INT16, int16_t, int16) X(DCS_INT32, int32_t, int32) X(DCS_INT64, int64_t, int64)
#define DCS_ALL(X) \
  X(DCS_BOOL, uint8_t, bool) DCS_INTEGERS(X) X(DCS_FLOAT16, _Float16, float16) X(DCS_FLOAT32, float, float32) X(DCS_FLOAT64, double, float64)
