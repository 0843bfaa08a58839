// Pooling and nearest-neighbour upsampling by whole factors, and their derivatives. An item is a plane of the smaller side, so that
// everything a window touches is written by one thread. The factor along x is a constant in the inner loops for 1, 2, 3 and 4.
#pragma STDC FP_CONTRACT OFF
#include "nn_internal.h"

typedef struct {
  const dcs_tensor *fine, *coarse;
  dcs_extent factors;
  uint16_t *chosen;
  int accumulate;
} resampling;

#define WITH_FACTOR(f, call)                  \
  switch (f) {                                \
  case 1: { enum { FX = 1 }; call; break; }   \
  case 2: { enum { FX = 2 }; call; break; }   \
  case 3: { enum { FX = 3 }; call; break; }   \
  case 4: { enum { FX = 4 }; call; break; }   \
  default: { const int64_t FX = f; call; }    \
  }

// Maximum

INLINED void max_row(const float *from, int64_t fx, int64_t count, int first, uint16_t position, float *best, uint16_t *chosen) {
  for (int64_t k = first; k < fx; k++)
#pragma clang loop vectorize(assume_safety)
    for (int64_t i = 0; i < count; i++) {
      float value = from[i * fx + k];
      int better = (value > best[i]) | ((value != value) & (best[i] == best[i]));
      best[i] = better ? value : best[i];
      chosen[i] = better ? (uint16_t)(position + k) : chosen[i];
    }
}

INLINED void max_start(const float *from, int64_t fx, int64_t count, float *best, uint16_t *chosen) {
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = 0; i < count; i++) best[i] = from[i * fx], chosen[i] = 0;
}

enum { PIECE = 256 };

CLONED static void max_plane(void *context, int64_t item, int worker) {
  const resampling *s = context;
  (void)worker;
  const dcs_tensor *x = s->fine, *y = s->coarse;
  dcs_extent f = s->factors;
  int64_t c = item / y->depth, z = item % y->depth;
  for (int64_t row = 0; row < y->height; row++)
    for (int64_t i = 0; i < y->width; i += PIECE) {
      int64_t count = min64(PIECE, y->width - i);
      float best[PIECE];
      uint16_t places[PIECE];
      for (int64_t kz = 0; kz < f.depth; kz++)
        for (int64_t ky = 0; ky < f.height; ky++) {
          const float *from = row_of(x, c, z * f.depth + kz, row * f.height + ky) + i * f.width;
          int64_t line = kz * f.height + ky;
          if (!line) WITH_FACTOR(f.width, max_start(from, FX, count, best, places))
          WITH_FACTOR(f.width, max_row(from, FX, count, line == 0, (uint16_t)(line * FX), best, places))
        }
      memcpy(row_of(y, c, z, row) + i, best, (size_t)count * sizeof *best);
      if (s->chosen) memcpy(s->chosen + (item * y->height + row) * y->width + i, places, (size_t)count * sizeof *places);
    }
}

void dcs_max_pool_forward(dcs_pool *pool, const dcs_tensor *x, dcs_extent factors, const dcs_tensor *y, uint16_t *chosen) {
  dcs_pool_run(pool, y->channels * y->depth, max_plane, &(resampling){x, y, factors, chosen, 0});
}

INLINED void route_row(const float *dy, const uint16_t *chosen, int64_t fx, int64_t count, int64_t position, int accumulate, float *dx) {
  for (int64_t k = 0; k < fx; k++) {
    uint16_t here = (uint16_t)(position + k);
#pragma clang loop vectorize(assume_safety)
    for (int64_t i = 0; i < count; i++) {
      float value = chosen[i] == here ? dy[i] : 0;
      dx[i * fx + k] = accumulate ? dx[i * fx + k] + value : value;
    }
  }
}

INLINED void spread_row(const float *dy, float share, int64_t fx, int64_t count, int accumulate, float *dx) {
  for (int64_t k = 0; k < fx; k++)
#pragma clang loop vectorize(assume_safety)
    for (int64_t i = 0; i < count; i++) dx[i * fx + k] = accumulate ? dx[i * fx + k] + dy[i] * share : dy[i] * share;
}

// Rows of dx for one plane of windows, or for what is left behind the last one. Without `chosen` the gradient is shared evenly.
CLONED static void unpool_plane(void *context, int64_t item, int worker) {
  const resampling *s = context;
  (void)worker;
  const dcs_tensor *dx = s->fine, *dy = s->coarse;
  dcs_extent f = s->factors;
  int64_t layers = (dx->depth + f.depth - 1) / f.depth, c = item / layers, z = item % layers;
  int64_t covered = dy->width * f.width;
  float share = 1.0f / (float)(f.depth * f.height * f.width);
  for (int64_t fine_z = z * f.depth; fine_z < min64((z + 1) * f.depth, dx->depth); fine_z++)
    for (int64_t fine_y = 0; fine_y < dx->height; fine_y++) {
      float *to = row_of(dx, c, fine_z, fine_y);
      int64_t row = fine_y / f.height, position = ((fine_z - z * f.depth) * f.height + fine_y % f.height) * f.width;
      int inside = z < dy->depth && row < dy->height;
      if (!s->accumulate) {
        int64_t from = inside ? covered : 0;
        memset(to + from, 0, (size_t)(dx->width - from) * sizeof *to);
      }
      if (!inside) continue;
      const float *from = row_of(dy, c, z, row);
      if (s->chosen) {
        const uint16_t *chosen = s->chosen + ((c * dy->depth + z) * dy->height + row) * dy->width;
        WITH_FACTOR(f.width, route_row(from, chosen, FX, dy->width, position, s->accumulate, to))
      } else {
        WITH_FACTOR(f.width, spread_row(from, share, FX, dy->width, s->accumulate, to))
      }
    }
}

static void unpool(dcs_pool *pool, resampling *settings) {
  int64_t f = settings->factors.depth;
  dcs_pool_run(pool, settings->fine->channels * ((settings->fine->depth + f - 1) / f), unpool_plane, settings);
}

void dcs_max_pool_backward(dcs_pool *pool, const dcs_tensor *dy, dcs_extent factors, const uint16_t *chosen, int accumulate, const dcs_tensor *dx) {
  unpool(pool, &(resampling){dx, dy, factors, (uint16_t *)chosen, accumulate});
}

void dcs_mean_pool_backward(dcs_pool *pool, const dcs_tensor *dy, dcs_extent factors, int accumulate, const dcs_tensor *dx) {
  unpool(pool, &(resampling){dx, dy, factors, NULL, accumulate});
}

// Sums over windows: the mean, and the derivative of upsampling, whose far windows may be cut short.

INLINED void sum_row(const float *from, int64_t fx, int64_t count, int64_t fine_count, float *sums) {
  for (int64_t k = 0; k < fx && k < fine_count; k++) {
    int64_t whole = min64(count, (fine_count - k + fx - 1) / fx);
#pragma clang loop vectorize(assume_safety)
    for (int64_t i = 0; i < whole; i++) sums[i] += from[i * fx + k];
  }
}

typedef struct { resampling to; float share; } window_sum;

CLONED static void sum_plane(void *context, int64_t item, int worker) {
  const window_sum *sum = context;
  (void)worker;
  const dcs_tensor *x = sum->to.fine, *y = sum->to.coarse;
  dcs_extent f = sum->to.factors;
  int64_t c = item / y->depth, z = item % y->depth;
  for (int64_t row = 0; row < y->height; row++)
    for (int64_t i = 0; i < y->width; i += PIECE) {
      int64_t count = min64(PIECE, y->width - i);
      float sums[PIECE];
      for (int64_t j = 0; j < count; j++) sums[j] = 0;
      for (int64_t fine_z = z * f.depth; fine_z < min64((z + 1) * f.depth, x->depth); fine_z++)
        for (int64_t fine_y = row * f.height; fine_y < min64((row + 1) * f.height, x->height); fine_y++) {
          const float *from = row_of(x, c, fine_z, fine_y) + i * f.width;
          WITH_FACTOR(f.width, sum_row(from, FX, count, x->width - i * FX, sums))
        }
      float *to = row_of(y, c, z, row) + i;
      if (sum->to.accumulate) for (int64_t j = 0; j < count; j++) to[j] += sums[j] * sum->share;
      else for (int64_t j = 0; j < count; j++) to[j] = sums[j] * sum->share;
    }
}

void dcs_mean_pool_forward(dcs_pool *pool, const dcs_tensor *x, dcs_extent factors, const dcs_tensor *y) {
  window_sum sum = {{x, y, factors, NULL, 0}, 1.0f / (float)(factors.depth * factors.height * factors.width)};
  dcs_pool_run(pool, y->channels * y->depth, sum_plane, &sum);
}

void dcs_upsample_backward(dcs_pool *pool, const dcs_tensor *dy, dcs_extent factors, int accumulate, const dcs_tensor *dx) {
  window_sum sum = {{dy, dx, factors, NULL, accumulate}, 1};
  dcs_pool_run(pool, dx->channels * dx->depth, sum_plane, &sum);
}

INLINED void repeat_row(const float *from, int64_t fx, int64_t fine_count, float *to) {
  int64_t whole = fine_count / fx;
  for (int64_t i = 0; i < whole; i++)
    for (int64_t k = 0; k < fx; k++) to[i * fx + k] = from[i];
  for (int64_t j = whole * fx; j < fine_count; j++) to[j] = from[whole];
}

CLONED static void repeat_plane(void *context, int64_t item, int worker) {
  const resampling *up = context;
  (void)worker;
  const dcs_tensor *x = up->coarse, *y = up->fine;
  int64_t c = item / y->depth, z = item % y->depth;
  for (int64_t row = 0; row < y->height; row++) {
    float *to = row_of(y, c, z, row);
    if (row % up->factors.height) { memcpy(to, to - y->sy, (size_t)y->width * sizeof *to); continue; }
    const float *from = row_of(x, c, z / up->factors.depth, row / up->factors.height);
    WITH_FACTOR(up->factors.width, repeat_row(from, FX, y->width, to))
  }
}

void dcs_upsample_forward(dcs_pool *pool, const dcs_tensor *x, dcs_extent factors, const dcs_tensor *y) {
  dcs_pool_run(pool, y->channels * y->depth, repeat_plane, &(resampling){y, x, factors, NULL, 0});
}
