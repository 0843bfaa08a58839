// Optimiser steps over flat parameters, in blocks of BLOCK elements; moments in single precision, corrections in double.
#pragma STDC FP_CONTRACT OFF
#include "nn_internal.h"

enum { BLOCK = 16384, LANES = 8 };

// p -= rate * mean * scale / (sqrt(square) * root + epsilon), or p -= rate * mean when not `adaptive`.
typedef struct {
  int64_t count;
  const float *gradient;
  float *parameter, *mean, *square;
  float beta1, beta2, rest1, rest2, epsilon, added_decay, kept, rate, root;
  int adaptive;
} step_walk;

CLONED static void step_range(const step_walk *s, int64_t from, int64_t to) {
  const float *gradient = s->gradient;
  float *parameter = s->parameter, *mean = s->mean, *square = s->square;
  step_walk k = *s;
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = from; i < to; i++) {
    float p = parameter[i] * k.kept, g = gradient[i] + k.added_decay * p;
    float m = k.beta1 * mean[i] + k.rest1 * g, v = k.beta2 * square[i] + k.rest2 * g * g;
    mean[i] = m;
    square[i] = v;
    float divisor = k.adaptive ? __builtin_elementwise_sqrt(v) * k.root + k.epsilon : 1;
    parameter[i] = p - k.rate * m / divisor;
  }
}

static void step_block(void *context, int64_t block, int worker) {
  const step_walk *walk = context;
  (void)worker;
  step_range(walk, block * BLOCK, min64((block + 1) * BLOCK, walk->count));
}

// By repeated squaring, so that no library's rounding enters a checkpoint.
static double power(double base, int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1, base *= base) if (exponent & 1) result *= base;
  return result;
}

static void run_step(dcs_pool *pool, dcs_adam s, step_walk walk, double rate, double root, double epsilon) {
  walk.beta1 = (float)s.beta1, walk.beta2 = (float)s.beta2, walk.rest1 = (float)(1 - s.beta1), walk.rest2 = (float)(1 - s.beta2);
  walk.added_decay = s.decoupled ? 0 : (float)s.weight_decay;
  walk.kept = s.decoupled ? (float)(1 - s.rate * s.weight_decay) : 1;
  walk.rate = (float)rate, walk.root = (float)root, walk.epsilon = (float)epsilon;
  dcs_pool_run(pool, (walk.count + BLOCK - 1) / BLOCK, step_block, &walk);
}

void dcs_adam_step(dcs_pool *pool, int64_t count, dcs_adam s, const float *gradient, float *parameter, float *mean, float *square) {
  double left1 = 1 - power(s.beta1, s.step), left2 = 1 - power(s.beta2, s.step);
  step_walk walk = {count, gradient, parameter, mean, square, .adaptive = 1};
  run_step(pool, s, walk, s.rate / left1, 1 / __builtin_sqrt(left2), s.epsilon);
}

void dcs_radam_step(dcs_pool *pool, int64_t count, dcs_adam s, const float *gradient, float *parameter, float *mean, float *square) {
  double kept2 = power(s.beta2, s.step), left1 = 1 - power(s.beta1, s.step), left2 = 1 - kept2;
  double longest = 2 / (1 - s.beta2) - 1, length = longest - 2 * (double)s.step * kept2 / left2;   // of the simple moving average
  step_walk walk = {count, gradient, parameter, mean, square, .adaptive = length > 5};
  double rate = s.rate / left1;
  if (walk.adaptive)
    rate *= __builtin_sqrt(left2 * (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
  run_step(pool, s, walk, rate, 1, s.epsilon);
}

typedef struct {
  int64_t count;
  const float *gradient;
  float *parameter, *mean;
  float rate, momentum, added_decay, kept;
  int nesterov, first;
} sgd_walk;

CLONED static void sgd_block(void *context, int64_t block, int worker) {
  const sgd_walk s = *(const sgd_walk *)context;
  (void)worker;
  int64_t to = min64((block + 1) * BLOCK, s.count);
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = block * BLOCK; i < to; i++) {
    float p = s.parameter[i] * s.kept, g = s.gradient[i] + s.added_decay * p, m = s.first ? g : s.momentum * s.mean[i] + g;
    s.mean[i] = m;
    s.parameter[i] = p - s.rate * (s.nesterov ? g + s.momentum * m : m);
  }
}

void dcs_sgd_step(dcs_pool *pool, int64_t count, dcs_sgd s, const float *gradient, float *parameter, float *mean) {
  sgd_walk walk = {count, gradient, parameter, mean, (float)s.rate, (float)s.momentum, s.decoupled ? 0 : (float)s.weight_decay,
                   s.decoupled ? (float)(1 - s.rate * s.weight_decay) : 1, s.nesterov, s.step == 1};
  dcs_pool_run(pool, (count + BLOCK - 1) / BLOCK, sgd_block, &walk);
}

typedef struct { int64_t count, blocks, groups; const float *values; double sums[256]; } square_walk;

CLONED static double square_range(const float *values, int64_t count) {
  double lanes[LANES] = {0}, sum = 0;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int lane = 0; lane < LANES; lane++) lanes[lane] += (double)values[i + lane] * (double)values[i + lane];
  for (; i < count; i++) lanes[i % LANES] += (double)values[i] * (double)values[i];
  for (int lane = 0; lane < LANES; lane++) sum += lanes[lane];
  return sum;
}

static void square_group(void *context, int64_t group, int worker) {
  square_walk *walk = context;
  (void)worker;
  double sum = 0;
  for (int64_t block = walk->blocks * group / walk->groups; block < walk->blocks * (group + 1) / walk->groups; block++)
    sum += square_range(walk->values + block * BLOCK, min64(BLOCK, walk->count - block * BLOCK));
  walk->sums[group] = sum;
}

double dcs_sum_of_squares(dcs_pool *pool, int64_t count, const float *values) {
  square_walk walk = {.count = count, .blocks = (count + BLOCK - 1) / BLOCK, .values = values};
  walk.groups = min64(256, walk.blocks);
  dcs_pool_run(pool, walk.groups, square_group, &walk);
  double sum = 0;
  for (int64_t group = 0; group < walk.groups; group++) sum += walk.sums[group];
  return sum;
}
