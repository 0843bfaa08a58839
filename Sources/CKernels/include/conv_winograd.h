// Convolution of conv.h by minimal filtering, F(4, 3) or F(3, 3) along y, and along z for kernels of three planes: about a half or a quarter of the multiplications.
//
// kernel   1 x 3 x k or 3 x 3 x k, k in 1...7
// inputs   extents output + (k - 1), or less by an even number: half as many zeros then lie on each side, stored nowhere ("same" padding)
//
// The values differ from those of conv.h by rounding: at most 3e-5 of the output's rms for 432 channels, where conv.h has 3e-6
// (Tests/Interop/precision.py). They
// are the same for any number of threads, but the rounding depends on where the volume was cut: outputs are computed in tiles of 4 or 3 along z
// and y from its first voxel on. NaN and infinities spread over their tile. So training may use this; what has to be equal in overlapping
// volumes uses conv.h.
#pragma once
#include "conv.h"

/// Whether a kernel is of the kind above.
int dcs_winograd_takes(dcs_extent kernel);

/// Outputs of a tile along z and y, 4 or 3: whichever takes fewer products. Weights that are packed serve tiles of 4 alone.
int64_t dcs_winograd_tile(const dcs_tensor *output, dcs_extent kernel);

/// Floats that transformed weights take: 4 times (two-dimensional kernels: 2 times) those of dcs_conv_packed_count.
int64_t dcs_winograd_packed_count(int64_t outputs, int64_t inputs, dcs_extent kernel);
/// `weights` is [outputs, inputs, kz, ky, kx].
void dcs_winograd_pack_forward(dcs_pool *pool, const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, float *packed);
/// Transposed and flipped for dcs_winograd_backward_data; takes dcs_winograd_packed_count(inputs, outputs, kernel) floats.
void dcs_winograd_pack_backward(dcs_pool *pool, const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, float *packed);

/// Floats of scratch for a forward pass to `output` from that many channels of `input`'s extents, or a backward pass to dx from dy.
int64_t dcs_winograd_scratch(const dcs_pool *pool, const dcs_tensor *input, int64_t input_channels, const dcs_tensor *output, int64_t output_channels,
                             dcs_extent kernel);

/// As dcs_conv_forward.
void dcs_winograd_forward(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const float *packed, const float *bias,
                          int relu, const dcs_tensor *output, float *scratch);
/// As dcs_conv_backward_data; `dy` needs no zeros around it, and dx is as large as the input was.
void dcs_winograd_backward_data(dcs_pool *pool, const dcs_tensor *dy, dcs_extent kernel, const float *packed, const dcs_tensor *dx, int dx_count,
                                int accumulate, float *scratch);

/// The same passes with weights as they are, [outputs, inputs, kz, ky, kx]: transformed on the way, once a unit, and kept nowhere. For small
/// volumes with many channels, whose weights are more than all else.
int64_t dcs_winograd_streamed_units(const dcs_tensor *output, dcs_extent kernel);
int64_t dcs_winograd_streamed_scratch(const dcs_pool *pool, const dcs_tensor *input, int64_t input_channels, const dcs_tensor *output, dcs_extent kernel);
void dcs_winograd_streamed_forward(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const float *weights, const float *bias,
                                   int relu, const dcs_tensor *output, float *scratch);
void dcs_winograd_streamed_backward_data(dcs_pool *pool, const dcs_tensor *dy, dcs_extent kernel, const float *weights, const dcs_tensor *dx, int dx_count,
                                         int accumulate, float *scratch);

int64_t dcs_winograd_backward_weights_scratch(const dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const dcs_tensor *dy);
/// As dcs_conv_backward_weights.
void dcs_winograd_backward_weights(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const dcs_tensor *dy, float *dw,
                                   float *dbias, int accumulate, float *scratch);
