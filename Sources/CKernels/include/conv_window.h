// Convolution of conv.h whose output voxels are `stride` voxels apart and whose taps `dilation` voxels:
//
//   output[o, z, y, x] = relu?(bias[o] + sum over i, kz, ky, kx of weights[o, i, kz, ky, kx] * input[i, sz z + dz kz, sy y + dy ky, sx x + dx kx])
//
// output   extents (input - d (k - 1) - 1) / s + 1, rounded down; what is left over of the input gets no gradient: it is set to zero
// A voxel's value is the same chain as in conv.h, and so as independent of all else. stride, dilation: 1 or more.
#pragma once
#include "conv.h"

typedef struct { dcs_extent kernel, stride, dilation; } dcs_window;

/// Forward weights are packed by dcs_conv_pack_forward; these in the order of dcs_window_backward_data, as many.
void dcs_window_pack_backward(const float *weights, int64_t outputs, int64_t inputs, dcs_window window, float *packed);

/// Floats of scratch; 0 without a stride along x.
int64_t dcs_window_forward_scratch(const dcs_tensor *inputs, int input_count, dcs_window window);
void dcs_window_forward(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_window window, const float *packed, const float *bias,
                        int relu, const dcs_tensor *output, float *scratch);

int64_t dcs_window_backward_data_scratch(const dcs_tensor *dy, dcs_window window, const dcs_tensor *dx, int dx_count);
void dcs_window_backward_data(dcs_pool *pool, const dcs_tensor *dy, dcs_window window, const float *packed, const dcs_tensor *dx, int dx_count,
                              int accumulate, float *scratch);

int64_t dcs_window_backward_weights_scratch(const dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_window window, const dcs_tensor *dy);
void dcs_window_backward_weights(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_window window, const dcs_tensor *dy, float *dw,
                                 float *dbias, int accumulate, float *scratch);
