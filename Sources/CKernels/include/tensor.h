// How a kernel is handed an image: a pointer, the extents and the strides of [channel, z, y, x], x being contiguous.
//
// A crop is another pointer, one half of a concatenation is another range of channels, a two-dimensional image has depth 1.
// Whatever lies between the rows (from `width` to `sy`) and behind the data belongs to somebody else: kernels may read it but
// never write it, and no result depends on it, not even when it holds NaN.
//
// The first DCS_SLACK floats behind the last element of a tensor must be readable (the last vector of a row may reach over its end).
#pragma once
#include <stdint.h>

enum { DCS_SLACK = 64 };

typedef struct {
  float *data;
  int64_t channels, depth, height, width;
  int64_t sc, sz, sy;   // floats from a channel, a plane, a row to the next
} dcs_tensor;

// The size of a kernel or of a pooling window.
typedef struct { int64_t depth, height, width; } dcs_extent;
