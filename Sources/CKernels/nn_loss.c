// Weighted losses and their gradients in one pass. Rows are summed in double by eight lanes, planes in at most BLOCKS fixed groups.
#pragma STDC FP_CONTRACT OFF
#include "nn_internal.h"

enum { PIECE = 256, BLOCKS = 256, LANES = 8 };

typedef struct {
  int loss;
  const dcs_tensor *prediction, *target, *weight, *gradient;
  float factor;
  int64_t planes, blocks;
  double sums[BLOCKS];
} loss_walk;

CLONED static double sum_values(const float *values, int64_t count) {
  double lanes[LANES] = {0}, sum = 0;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int lane = 0; lane < LANES; lane++) lanes[lane] += values[i + lane];
  for (; i < count; i++) lanes[i % LANES] += values[i];
  for (int lane = 0; lane < LANES; lane++) sum += lanes[lane];
  return sum;
}

// `values` receives weight * loss, `slopes` factor * weight * derivative; both are PIECE long and apart from all tensors.
#define POINTWISE(name, value, slope)                                                                                              \
  CLONED static void name(const float *predictions, const float *targets, const float *weights, float factor, int64_t count,      \
                          float *restrict values, float *restrict slopes) {                                                       \
    for (int64_t i = 0; i < count; i++) {                                                                                          \
      float p = predictions[i], t = targets[i], w = weights[i];                                                                    \
      values[i] = w * (value);                                                                                                     \
      slopes[i] = factor * w * (slope);                                                                                            \
    }                                                                                                                              \
  }

POINTWISE(mse_piece, (p - t) * (p - t), 2 * (p - t))
POINTWISE(l1_piece, p > t ? p - t : t - p, p > t ? 1 : p < t ? -1 : (p - t))
POINTWISE(bce_piece, (p > 0 ? p : 0) - p * t + log_one_plus(exponential(p < 0 ? p : -p)), sigmoid(p) - t)

typedef void (*piece_body)(const float *, const float *, const float *, float, int64_t, float *, float *);
static const piece_body pieces[] = {[DCS_MSE] = mse_piece, [DCS_L1] = l1_piece, [DCS_BCE] = bce_piece};

static const float *weights_at(const loss_walk *walk, int64_t c, int64_t z, int64_t y, int64_t x, const float *ones) {
  if (!walk->weight) return ones;
  return row_of(walk->weight, walk->weight->channels == 1 ? 0 : c, z, y) + x;
}

static double pointwise_plane(const loss_walk *walk, int64_t item, const float *ones) {
  const dcs_tensor *p = walk->prediction;
  int64_t c = item / p->depth, z = item % p->depth;
  float values[PIECE], slopes[PIECE];
  double sum = 0;
  for (int64_t y = 0; y < p->height; y++)
    for (int64_t x = 0; x < p->width; x += PIECE) {
      int64_t count = min64(PIECE, p->width - x);
      pieces[walk->loss](row_of(p, c, z, y) + x, row_of(walk->target, c, z, y) + x, weights_at(walk, c, z, y, x, ones), walk->factor, count,
                         values, slopes);
      sum += sum_values(values, count);
      if (walk->gradient) memcpy(row_of(walk->gradient, c, z, y) + x, slopes, (size_t)count * sizeof *slopes);
    }
  return sum;
}

CLONED static void cross_entropy_piece(const loss_walk *walk, const float *predictions, const float *targets, const float *weights,
                                       float *gradients, int64_t count, float *restrict values) {
  int64_t channels = walk->prediction->channels, sp = walk->prediction->sc, st = walk->target->sc, sg = gradients ? walk->gradient->sc : 0;
  float top[PIECE], sum[PIECE], dot[PIECE], mass[PIECE];
  for (int64_t i = 0; i < count; i++) top[i] = predictions[i], sum[i] = dot[i] = mass[i] = 0;
  for (int64_t c = 1; c < channels; c++)
    for (int64_t i = 0; i < count; i++) top[i] = predictions[c * sp + i] > top[i] ? predictions[c * sp + i] : top[i];
  for (int64_t c = 0; c < channels; c++)
    for (int64_t i = 0; i < count; i++) {
      float above = predictions[c * sp + i] - top[i], t = targets[c * st + i];
      sum[i] += exponential(above);
      dot[i] += t * above;
      mass[i] += t;
    }
  for (int64_t i = 0; i < count; i++) values[i] = weights[i] * (mass[i] * logarithm(sum[i]) - dot[i]);
  if (!gradients) return;
  for (int64_t c = 0; c < channels; c++)
#pragma clang loop vectorize(assume_safety)
    for (int64_t i = 0; i < count; i++) {
      float share = exponential(predictions[c * sp + i] - top[i]) / sum[i];
      gradients[c * sg + i] = walk->factor * weights[i] * (mass[i] * share - targets[c * st + i]);
    }
}

static double cross_entropy_plane(const loss_walk *walk, int64_t z, const float *ones) {
  const dcs_tensor *p = walk->prediction;
  float values[PIECE];
  double sum = 0;
  for (int64_t y = 0; y < p->height; y++)
    for (int64_t x = 0; x < p->width; x += PIECE) {
      int64_t count = min64(PIECE, p->width - x);
      cross_entropy_piece(walk, row_of(p, 0, z, y) + x, row_of(walk->target, 0, z, y) + x, weights_at(walk, 0, z, y, x, ones),
                          walk->gradient ? row_of(walk->gradient, 0, z, y) + x : NULL, count, values);
      sum += sum_values(values, count);
    }
  return sum;
}

static void loss_block(void *context, int64_t block, int worker) {
  loss_walk *walk = context;
  (void)worker;
  float ones[PIECE];
  for (int i = 0; i < PIECE; i++) ones[i] = 1;
  double sum = 0;
  for (int64_t item = walk->planes * block / walk->blocks; item < walk->planes * (block + 1) / walk->blocks; item++)
    sum += walk->loss == DCS_CROSS_ENTROPY ? cross_entropy_plane(walk, item, ones) : pointwise_plane(walk, item, ones);
  walk->sums[block] = sum;
}

double dcs_loss(dcs_pool *pool, int loss, const dcs_tensor *prediction, const dcs_tensor *target, const dcs_tensor *weight, float factor,
                const dcs_tensor *gradient) {
  loss_walk walk = {.loss = loss, .prediction = prediction, .target = target, .weight = weight, .gradient = gradient, .factor = factor};
  walk.planes = loss == DCS_CROSS_ENTROPY ? prediction->depth : prediction->channels * prediction->depth;
  walk.blocks = min64(BLOCKS, walk.planes);
  dcs_pool_run(pool, walk.blocks, loss_block, &walk);
  double sum = 0;
  for (int64_t block = 0; block < walk.blocks; block++) sum += walk.sums[block];
  return sum;
}
