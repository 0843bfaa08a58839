// Channels to space and back: what makes a transposed convolution whose stride is its kernel out of a 1×1×1 convolution.
//
//   y[o, fz z + rz, fy y + ry, fx x + rx] = x[((o fz + rz) fy + ry) fx + rx, z, y, x]
//
// Extents of y are those of x times `factors`; x has fz fy fx times y's channels.
#pragma once
#include "pool.h"
#include "tensor.h"

void dcs_interleave(dcs_pool *pool, const dcs_tensor *x, dcs_extent factors, const dcs_tensor *y);
/// The inverse: fills x from y.
void dcs_deinterleave(dcs_pool *pool, const dcs_tensor *y, dcs_extent factors, const dcs_tensor *x);
