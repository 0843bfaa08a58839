// What batch normalisation and dropout are made of: sums over channels, maps with other numbers for each channel, and noise that hangs
// on an element's place alone.
#pragma STDC FP_CONTRACT OFF
#include "nn_internal.h"

enum { LANES = 8 };

typedef struct { const dcs_tensor *a, *b; double *sums; int accumulate; } channel_sums;

CLONED static void sum_channel(void *context, int64_t c, int worker) {
  const channel_sums *s = context;
  (void)worker;
  double first[LANES] = {0}, second[LANES] = {0};
  for (int64_t z = 0; z < s->a->depth; z++)
    for (int64_t row = 0; row < s->a->height; row++) {
      const float *a = row_of(s->a, c, z, row), *b = row_of(s->b, c, z, row);
      int64_t i = 0;
      for (; i + LANES <= s->a->width; i += LANES)
        for (int lane = 0; lane < LANES; lane++) {
          double value = a[i + lane];
          first[lane] += value;
          second[lane] += value * (double)b[i + lane];
        }
      for (; i < s->a->width; i++) first[i % LANES] += a[i], second[i % LANES] += (double)a[i] * (double)b[i];
    }
  double sum = 0, products = 0;
  for (int lane = 0; lane < LANES; lane++) sum += first[lane], products += second[lane];
  double *to = s->sums + 2 * c;
  to[0] = s->accumulate ? to[0] + sum : sum;
  to[1] = s->accumulate ? to[1] + products : products;
}

void dcs_channel_sums(dcs_pool *pool, const dcs_tensor *a, const dcs_tensor *b, double *sums, int accumulate) {
  dcs_pool_run(pool, a->channels, sum_channel, &(channel_sums){a, b, sums, accumulate});
}

typedef struct { const dcs_tensor *a, *x, *y; const float *numbers; int accumulate; } channel_map;

INLINED void affine_row(const float *x, const float *n, int64_t count, float *y) {
  float center = n[0], scale = n[1], shift = n[2];
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = 0; i < count; i++) y[i] = (x[i] - center) * scale + shift;
}

CLONED static void affine_plane(void *context, int64_t item, int worker) {
  const channel_map *m = context;
  (void)worker;
  int64_t c = item / m->y->depth, z = item % m->y->depth;
  for (int64_t row = 0; row < m->y->height; row++) affine_row(row_of(m->x, c, z, row), m->numbers + 3 * c, m->y->width, row_of(m->y, c, z, row));
}

void dcs_channel_affine(dcs_pool *pool, const dcs_tensor *x, const float *numbers, const dcs_tensor *y) {
  dcs_pool_run(pool, y->channels * y->depth, affine_plane, &(channel_map){NULL, x, y, numbers, 0});
}

INLINED void combine_row(const float *a, const float *x, const float *n, int64_t count, int accumulate, float *y) {
  float scale = n[0], slope = n[1], center = n[2], shift = n[3];
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = 0; i < count; i++) {
    float value = scale * a[i] + slope * (x[i] - center) + shift;
    y[i] = accumulate ? y[i] + value : value;
  }
}

CLONED static void combine_plane(void *context, int64_t item, int worker) {
  const channel_map *m = context;
  (void)worker;
  int64_t c = item / m->y->depth, z = item % m->y->depth;
  for (int64_t row = 0; row < m->y->height; row++)
    combine_row(row_of(m->a, c, z, row), row_of(m->x, c, z, row), m->numbers + 4 * c, m->y->width, m->accumulate, row_of(m->y, c, z, row));
}

void dcs_channel_combine(dcs_pool *pool, const dcs_tensor *a, const dcs_tensor *x, const float *numbers, int accumulate, const dcs_tensor *y) {
  dcs_pool_run(pool, y->channels * y->depth, combine_plane, &(channel_map){a, x, y, numbers, accumulate});
}

typedef struct { const dcs_tensor *x, *y; uint64_t key; int64_t first; uint32_t limit; float scale; int accumulate; } drop_walk;

// The finaliser of splitmix64 (Steele, Lea & Flood 2014).
INLINED uint64_t mixed(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

CLONED static void drop_plane(void *context, int64_t item, int worker) {
  const drop_walk *d = context;
  (void)worker;
  int64_t c = item / d->y->depth, z = item % d->y->depth;
  for (int64_t row = 0; row < d->y->height; row++) {
    const float *x = row_of(d->x, c, z, row);
    float *y = row_of(d->y, c, z, row);
    uint64_t place = (uint64_t)((((d->first + c) * d->y->depth + z) * d->y->height + row) * d->y->width);
    for (int64_t i = 0; i < d->y->width; i++) {
      uint32_t draw = (uint32_t)(mixed(d->key + (place + (uint64_t)i + 1) * 0x9e3779b97f4a7c15u) >> 32);
      float value = draw < d->limit ? 0 : x[i] * d->scale;
      y[i] = d->accumulate ? y[i] + value : value;
    }
  }
}

void dcs_dropout(dcs_pool *pool, uint64_t key, int64_t first, double share, const dcs_tensor *x, int accumulate, const dcs_tensor *y) {
  drop_walk walk = {x, y, key, first, (uint32_t)(share * 4294967296.0), (float)(1 / (1 - share)), accumulate};
  dcs_pool_run(pool, y->channels * y->depth, drop_plane, &walk);
}
