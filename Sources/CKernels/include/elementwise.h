// Elementwise arithmetic on strips: short runs of elements that stay in the first-level cache while an expression is applied to them.
//
// Types are numbered as in `DType.allCases`. A bool is one byte, 0 or 1. Buffers of one call either are the same or do not overlap.
// The *wide* types are those in which arithmetic is done: int32, int64, uint64, float32, float64.
// Floating-point contraction is off, so every instruction set gives the same bits.
#pragma once
#include <stdint.h>

enum dcs_type {
  DCS_BOOL, DCS_UINT8, DCS_UINT16, DCS_UINT32, DCS_UINT64, DCS_INT8, DCS_INT16, DCS_INT32, DCS_INT64, DCS_FLOAT16, DCS_FLOAT32, DCS_FLOAT64
};

enum dcs_cast_mode { DCS_CAST_CHECKED, DCS_CAST_CLIP };

/// Copies n elements that lie `stride` elements apart (may be 0 or negative) to a packed run, elements of `size` bytes.
void dcs_gather(int size, const void *source, int64_t stride, void *target, int64_t n);

/// The reverse of dcs_gather.
void dcs_scatter(int size, const void *source, void *target, int64_t stride, int64_t n);

/// Widens any type to a wide one. Exact, but for 32- and 64-bit integers to float32 and 64-bit ones to float64, which round to nearest.
/// Not for float to integer, nor where a value may not fit.
void dcs_widen(int from, int to, const void *source, void *target, int64_t n);

/// Casts any type to any type, rounding half to even.
/// Checked: returns how many values do not fit (NaN fits no integer); what is stored for them is unspecified.
/// Clip: saturates, finite values to the largest finite one; returns how many were NaN where an integer is wanted.
int64_t dcs_cast(int from, int to, int mode, const void *source, void *target, int64_t n);

/// target = (source − shift) · scale, as float32; integers of 32 bits and more and float64 are reckoned in float64.
void dcs_normalise(int from, const void *source, float *target, int64_t n, double shift, double scale);
