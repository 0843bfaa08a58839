// Products of tensors, sums of products over channels, constants a channel, and vectors of length one.
#pragma STDC FP_CONTRACT OFF
#include "nn_internal.h"

typedef struct { const dcs_tensor *a, *b, *y; const float *numbers; int accumulate; } join_walk;

INLINED void product_row(const float *a, const float *b, int64_t count, int accumulate, float *y) {
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = 0; i < count; i++) y[i] = accumulate ? y[i] + a[i] * b[i] : a[i] * b[i];
}

CLONED static void product_plane(void *context, int64_t item, int worker) {
  const join_walk *j = context;
  (void)worker;
  int64_t c = item / j->y->depth, z = item % j->y->depth, other = j->b->channels == 1 ? 0 : c;
  for (int64_t row = 0; row < j->y->height; row++) product_row(row_of(j->a, c, z, row), row_of(j->b, other, z, row), j->y->width, j->accumulate, row_of(j->y, c, z, row));
}

void dcs_multiply(dcs_pool *pool, const dcs_tensor *a, const dcs_tensor *b, int accumulate, const dcs_tensor *y) {
  dcs_pool_run(pool, y->channels * y->depth, product_plane, &(join_walk){a, b, y, NULL, accumulate});
}

CLONED static void dot_plane(void *context, int64_t z, int worker) {
  const join_walk *j = context;
  (void)worker;
  for (int64_t row = 0; row < j->y->height; row++)
    for (int64_t c = 0; c < j->a->channels; c++)
      product_row(row_of(j->a, c, z, row), row_of(j->b, c, z, row), j->y->width, j->accumulate || c > 0, row_of(j->y, 0, z, row));
}

void dcs_channel_dot(dcs_pool *pool, const dcs_tensor *a, const dcs_tensor *b, int accumulate, const dcs_tensor *y) {
  dcs_pool_run(pool, y->depth, dot_plane, &(join_walk){a, b, y, NULL, accumulate});
}

CLONED static void constant_plane(void *context, int64_t item, int worker) {
  const join_walk *j = context;
  (void)worker;
  int64_t c = item / j->y->depth, z = item % j->y->depth;
  float value = j->numbers[c];
  for (int64_t row = 0; row < j->y->height; row++) {
    float *to = row_of(j->y, c, z, row);
    for (int64_t i = 0; i < j->y->width; i++) to[i] = j->accumulate ? to[i] + value : value;
  }
}

void dcs_channel_constant(dcs_pool *pool, const float *numbers, int accumulate, const dcs_tensor *y) {
  dcs_pool_run(pool, y->channels * y->depth, constant_plane, &(join_walk){NULL, NULL, y, numbers, accumulate});
}

enum { PIECE = 256 };

// 1 / sqrt(sum over channels of x^2), or 0 where all are 0.
INLINED void inverse_lengths(const dcs_tensor *x, const float *from, int64_t count, float *scale) {
  float sum[PIECE];
  for (int64_t i = 0; i < count; i++) sum[i] = 0;
  for (int64_t c = 0; c < x->channels; c++)
    for (int64_t i = 0; i < count; i++) sum[i] += from[c * x->sc + i] * from[c * x->sc + i];
  for (int64_t i = 0; i < count; i++) scale[i] = sum[i] > 0 ? 1 / __builtin_elementwise_sqrt(sum[i]) : 0;
}

CLONED static void unit_plane(void *context, int64_t z, int worker) {
  const join_walk *j = context;
  (void)worker;
  float scale[PIECE];
  for (int64_t row = 0; row < j->y->height; row++)
    for (int64_t at = 0; at < j->y->width; at += PIECE) {
      int64_t count = min64(PIECE, j->y->width - at);
      const float *x = row_of(j->a, 0, z, row) + at;
      float *y = row_of(j->y, 0, z, row) + at;
      inverse_lengths(j->a, x, count, scale);
      for (int64_t c = 0; c < j->y->channels; c++)
        for (int64_t i = 0; i < count; i++) y[c * j->y->sc + i] = x[c * j->a->sc + i] * scale[i];
    }
}

void dcs_unit_length(dcs_pool *pool, const dcs_tensor *x, const dcs_tensor *y) {
  dcs_pool_run(pool, y->depth, unit_plane, &(join_walk){x, NULL, y, NULL, 0});
}

CLONED static void unit_gradient_plane(void *context, int64_t z, int worker) {
  const join_walk *j = context;
  (void)worker;
  float scale[PIECE], along[PIECE];
  for (int64_t row = 0; row < j->y->height; row++)
    for (int64_t at = 0; at < j->y->width; at += PIECE) {
      int64_t count = min64(PIECE, j->y->width - at);
      const float *x = row_of(j->a, 0, z, row) + at, *dy = row_of(j->b, 0, z, row) + at;
      float *dx = row_of(j->y, 0, z, row) + at;
      inverse_lengths(j->a, x, count, scale);
      for (int64_t i = 0; i < count; i++) along[i] = 0;
      for (int64_t c = 0; c < j->y->channels; c++)
        for (int64_t i = 0; i < count; i++) along[i] += x[c * j->a->sc + i] * scale[i] * dy[c * j->b->sc + i];
      for (int64_t c = 0; c < j->y->channels; c++)
        for (int64_t i = 0; i < count; i++) {
          float value = scale[i] * (dy[c * j->b->sc + i] - x[c * j->a->sc + i] * scale[i] * along[i]), *to = dx + c * j->y->sc + i;
          *to = j->accumulate ? *to + value : value;
        }
    }
}

void dcs_unit_length_backward(dcs_pool *pool, const dcs_tensor *x, const dcs_tensor *dy, int accumulate, const dcs_tensor *dx) {
  dcs_pool_run(pool, dx->depth, unit_gradient_plane, &(join_walk){x, dy, dx, NULL, accumulate});
}
