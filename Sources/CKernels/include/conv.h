// Convolution with stride 1, no dilation, no padding ("valid"), in single precision, forward and backward.
//
//   output[o, z, y, x] = relu?(bias[o] + sum over i, kz, ky, kx of weights[o, i, kz, ky, kx] * input[i, z + kz, y + ky, x + kx])
//
// weights  [o, i, kz, ky, kx], kz, ky, kx in 1...7; a two-dimensional kernel has kz = 1
// inputs   one or two tensors of equal depth, height, width whose channels follow each other (a concatenation that is never made)
// output   extents input - (k - 1)
//
// Each output is one chain of fused multiply-adds in the order i, kz, ky, kx, plus the bias at the end: a voxel's value depends on its
// receptive field alone, not on where the volume was cut, on strides, or on threads. So blocks predicted one by one equal the whole.
// "Same" padding is a copy into a zero-bordered buffer (dcs_pad in nn.h). Batches are the caller's loop.
//
// Two inputs (and the two ranges of a gradient) are fastest when they have the same row stride `sy`, close to their width.
// Extents must fit each other and be positive; the caller has checked them.
#pragma once
#include "pool.h"
#include "tensor.h"

// Weights in the order in which the kernels read them; the layout is the same on every level.

/// Floats that packed weights take.
int64_t dcs_conv_packed_count(int64_t outputs, int64_t inputs, dcs_extent kernel);
/// `weights` is [outputs, inputs, kz, ky, kx].
void dcs_conv_pack_forward(const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, float *packed);
/// The same `weights`, transposed and flipped for dcs_conv_backward_data; takes dcs_conv_packed_count(inputs, outputs, kernel) floats.
void dcs_conv_pack_backward(const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, float *packed);

/// `bias` has one float an output channel, or is NULL.
void dcs_conv_forward(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const float *packed,
                      const float *bias, int relu, const dcs_tensor *output);

/// Floats of scratch that dcs_conv_backward_data needs to surround `dy` with zeros (slack included).
int64_t dcs_conv_backward_data_scratch(const dcs_tensor *dy, dcs_extent kernel);
/// Gradient with respect to the input: dx has extents dy + (k - 1), in one or two ranges of channels.
///
/// - accumulate: bit r set adds to range r instead of overwriting it.
/// - scratch: as above; or NULL when `dy` already lies inside a buffer with k - 1 zeros on each side along y and x.
void dcs_conv_backward_data(dcs_pool *pool, const dcs_tensor *dy, dcs_extent kernel, const float *packed,
                            const dcs_tensor *dx, int dx_count, int accumulate, float *scratch);

/// Floats of scratch that dcs_conv_backward_weights needs on this pool.
int64_t dcs_conv_backward_weights_scratch(const dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel,
                                          const dcs_tensor *dy);
/// Gradients with respect to weights `dw` [o, i, kz, ky, kx] and bias `dbias` [o] (or NULL); added to them when `accumulate`.
///
/// The sum over voxels is split into at most 8 parts by shape alone and added in that order: the same bytes for any number of threads.
void dcs_conv_backward_weights(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const dcs_tensor *dy,
                               float *dw, float *dbias, int accumulate, float *scratch);
