// The other kernels of a network: pooling, upsampling, pointwise maps, copies, losses, optimiser steps.
//
// Tensors as in tensor.h; x and y may be the same tensor where a kernel is pointwise. All give the same bytes for any number of threads
// and on every instruction level: no contraction, sums in double by fixed blocks, own exponential and logarithm.
#pragma once
#include "pool.h"
#include "tensor.h"

// Copies. x and y have equal extents unless said otherwise.

void dcs_fill(dcs_pool *pool, float value, const dcs_tensor *y);
void dcs_copy(dcs_pool *pool, const dcs_tensor *x, const dcs_tensor *y);
/// y += x
void dcs_add(dcs_pool *pool, const dcs_tensor *x, const dcs_tensor *y);
/// y *= factor
void dcs_scale(dcs_pool *pool, float factor, const dcs_tensor *y);
/// x at `before` (z, y, x) inside the larger y, zeros around it.
void dcs_pad(dcs_pool *pool, const dcs_tensor *x, dcs_extent before, const dcs_tensor *y);

// Pooling over windows of `factors` that do not overlap; output extents are input / factors, rounded down.

/// `chosen` is dense [c, z, y, x] of the output: the position of the maximum (the first, or the first NaN) inside its window in raster
/// order; may be NULL. A window has at most 65536 elements.
void dcs_max_pool_forward(dcs_pool *pool, const dcs_tensor *x, dcs_extent factors, const dcs_tensor *y, uint16_t *chosen);
/// All of dx is written (or added to); what no window covers gets 0.
void dcs_max_pool_backward(dcs_pool *pool, const dcs_tensor *dy, dcs_extent factors, const uint16_t *chosen, int accumulate, const dcs_tensor *dx);
void dcs_mean_pool_forward(dcs_pool *pool, const dcs_tensor *x, dcs_extent factors, const dcs_tensor *y);
void dcs_mean_pool_backward(dcs_pool *pool, const dcs_tensor *dy, dcs_extent factors, int accumulate, const dcs_tensor *dx);

// Nearest-neighbour upsampling: y's extents are x's times `factors`, or smaller: y may stop short at its far ends.

void dcs_upsample_forward(dcs_pool *pool, const dcs_tensor *x, dcs_extent factors, const dcs_tensor *y);
/// dx[p] = sum of dy over the copies of p.
void dcs_upsample_backward(dcs_pool *pool, const dcs_tensor *dy, dcs_extent factors, int accumulate, const dcs_tensor *dx);

// Linear upsampling; along an axis whose corners are aligned the outermost places of x and y coincide, else their boxes do, and places beyond
// the outermost centre of x have its value.

void dcs_linear_upsample_forward(dcs_pool *pool, const dcs_tensor *x, dcs_extent factors, int corners, const dcs_tensor *y);
void dcs_linear_upsample_backward(dcs_pool *pool, const dcs_tensor *dy, dcs_extent factors, int corners, int accumulate, const dcs_tensor *dx);

// Overlapping boxes: x has y's channels times the kernel's elements.

/// y[o, q] = bias[o] + sum over p, r with stride p + r - cut = q of x[o r, p], p and r in raster order; then max(0, .) if `relu`.
void dcs_fold(dcs_pool *pool, const dcs_tensor *x, dcs_extent kernel, dcs_extent stride, dcs_extent cut, const float *bias, int relu, const dcs_tensor *y);
/// x[o r, p] = y[o, stride p + r - cut], or 0 outside y: fills x.
void dcs_unfold(dcs_pool *pool, const dcs_tensor *y, dcs_extent kernel, dcs_extent stride, dcs_extent cut, const dcs_tensor *x);

// Joining.

/// y = a b, written or added; b has a's channels, or one for all.
void dcs_multiply(dcs_pool *pool, const dcs_tensor *a, const dcs_tensor *b, int accumulate, const dcs_tensor *y);
/// y = sum over channels of a b, written or added; y has one channel.
void dcs_channel_dot(dcs_pool *pool, const dcs_tensor *a, const dcs_tensor *b, int accumulate, const dcs_tensor *y);
/// y[c] = numbers[c] everywhere, written or added.
void dcs_channel_constant(dcs_pool *pool, const float *numbers, int accumulate, const dcs_tensor *y);
/// y = x / sqrt(sum over channels of x^2), 0 where that is 0.
void dcs_unit_length(dcs_pool *pool, const dcs_tensor *x, const dcs_tensor *y);
void dcs_unit_length_backward(dcs_pool *pool, const dcs_tensor *x, const dcs_tensor *dy, int accumulate, const dcs_tensor *dx);

// Pointwise maps; the backward forms take the *output* y of the map (GELU: its input): dx = dy * f'(.), written over or added to dx (dx may
// be dy). GELU is x times the normal distribution's share below x (Hendrycks & Gimpel 2016), its error function that of Abramowitz & Stegun
// 7.1.26, to 1.5e-7.

enum { DCS_RELU = 0, DCS_SIGMOID = 1, DCS_TANH = 2, DCS_GELU = 3 };
void dcs_map_forward(dcs_pool *pool, int map, const dcs_tensor *x, const dcs_tensor *y);
void dcs_map_backward(dcs_pool *pool, int map, const dcs_tensor *y, const dcs_tensor *dy, int accumulate, const dcs_tensor *dx);
/// x above 0, slope * x below; slope is 0 or more. The backward form takes the output.
void dcs_leaky_relu_forward(dcs_pool *pool, float slope, const dcs_tensor *x, const dcs_tensor *y);
void dcs_leaky_relu_backward(dcs_pool *pool, float slope, const dcs_tensor *y, const dcs_tensor *dy, int accumulate, const dcs_tensor *dx);
/// Over channels, at each voxel.
void dcs_softmax(dcs_pool *pool, const dcs_tensor *x, const dcs_tensor *y);
/// dx = y (dy - sum over channels of y dy), from the output y.
void dcs_softmax_backward(dcs_pool *pool, const dcs_tensor *y, const dcs_tensor *dy, int accumulate, const dcs_tensor *dx);

// Batch normalisation and dropout.

/// sums[2 c] = sum of a over channel c, sums[2 c + 1] = sum of a b; added to them when `accumulate`.
void dcs_channel_sums(dcs_pool *pool, const dcs_tensor *a, const dcs_tensor *b, double *sums, int accumulate);
/// y = (x - numbers[3 c]) numbers[3 c + 1] + numbers[3 c + 2]
void dcs_channel_affine(dcs_pool *pool, const dcs_tensor *x, const float *numbers, const dcs_tensor *y);
/// y = numbers[4 c] a + numbers[4 c + 1] (x - numbers[4 c + 2]) + numbers[4 c + 3], written or added.
void dcs_channel_combine(dcs_pool *pool, const dcs_tensor *a, const dcs_tensor *x, const float *numbers, int accumulate, const dcs_tensor *y);
/// y = 0 for a `share` (0 up to, not including, 1) of the elements, x / (1 - share) for the others. Which ones depends on `key` and an
/// element's place in a tensor of y's extents whose channel `first` is y's first.
void dcs_dropout(dcs_pool *pool, uint64_t key, int64_t first, double share, const dcs_tensor *x, int accumulate, const dcs_tensor *y);

// Losses: the return value is the sum over elements of weight * loss, in double; the gradient is `factor` times its derivative.
// `weight` is NULL (all 1), has prediction's channels, or one channel for all. `gradient` may be NULL, and may be the prediction.
//
// mse            (p - t)^2                 [a mean of (w p - w t)^2 is this with squared weights]
// l1             |p - t|, derivative 0 at 0
// bce            -t log s(p) - (1 - t) log(1 - s(p)), s the sigmoid; p are logits, t in 0...1
// cross entropy  -sum over c of t[c] log softmax(p)[c]; p are logits, t sums to 1 over c (one-hot or soft); `weight` has one channel

enum { DCS_MSE = 0, DCS_L1 = 1, DCS_BCE = 2, DCS_CROSS_ENTROPY = 3 };
double dcs_loss(dcs_pool *pool, int loss, const dcs_tensor *prediction, const dcs_tensor *target, const dcs_tensor *weight, float factor,
                const dcs_tensor *gradient);

// Optimiser steps over flat parameters.

typedef struct {
  double rate, beta1, beta2, epsilon, weight_decay;
  int decoupled;   // weight decay: 1 shrinks the parameter by rate * decay, 0 adds decay * parameter to the gradient
  int64_t step;    // 1 at the first call
} dcs_adam;

typedef struct {
  double rate, momentum, weight_decay;
  int decoupled, nesterov;
  int64_t step;
} dcs_sgd;

/// Adam (Kingma & Ba 2015), as torch.optim.Adam, AdamW.
void dcs_adam_step(dcs_pool *pool, int64_t count, dcs_adam settings, const float *gradient, float *parameter, float *mean, float *square);
/// RAdam (Liu et al. 2019), as torch.optim.RAdam.
void dcs_radam_step(dcs_pool *pool, int64_t count, dcs_adam settings, const float *gradient, float *parameter, float *mean, float *square);
/// torch.optim.SGD: `mean` is the momentum's buffer, which begins with the first gradient.
void dcs_sgd_step(dcs_pool *pool, int64_t count, dcs_sgd settings, const float *gradient, float *parameter, float *mean);
double dcs_sum_of_squares(dcs_pool *pool, int64_t count, const float *values);
