// Channels to space and back. An item is one row of y, which fx rows of x make up.
#include "include/interleave.h"
#include "nn_internal.h"

typedef struct {
  const dcs_tensor *x, *y;
  dcs_extent factors;
} weave;

INLINED float *part_of(const weave *w, int64_t channel, int64_t z, int64_t row, int64_t rx) {
  dcs_extent f = w->factors;
  int64_t part = ((channel * f.depth + z % f.depth) * f.height + row % f.height) * f.width + rx;
  return row_of(w->x, part, z / f.depth, row / f.height);
}

CLONED static void weave_plane(void *context, int64_t item, int worker) {
  const weave *w = context;
  (void)worker;
  int64_t channel = item / w->y->depth, z = item % w->y->depth, fx = w->factors.width;
  for (int64_t row = 0; row < w->y->height; row++)
    for (int64_t rx = 0; rx < fx; rx++) {
      const float *from = part_of(w, channel, z, row, rx);
      float *to = row_of(w->y, channel, z, row) + rx;
#pragma clang loop vectorize(assume_safety)
      for (int64_t i = 0; i < w->x->width; i++) to[i * fx] = from[i];
    }
}

CLONED static void unweave_plane(void *context, int64_t item, int worker) {
  const weave *w = context;
  (void)worker;
  int64_t channel = item / w->y->depth, z = item % w->y->depth, fx = w->factors.width;
  for (int64_t row = 0; row < w->y->height; row++)
    for (int64_t rx = 0; rx < fx; rx++) {
      const float *from = row_of(w->y, channel, z, row) + rx;
      float *to = part_of(w, channel, z, row, rx);
#pragma clang loop vectorize(assume_safety)
      for (int64_t i = 0; i < w->x->width; i++) to[i] = from[i * fx];
    }
}

void dcs_interleave(dcs_pool *pool, const dcs_tensor *x, dcs_extent factors, const dcs_tensor *y) {
  dcs_pool_run(pool, y->channels * y->depth, weave_plane, &(weave){x, y, factors});
}

void dcs_deinterleave(dcs_pool *pool, const dcs_tensor *y, dcs_extent factors, const dcs_tensor *x) {
  dcs_pool_run(pool, y->channels * y->depth, unweave_plane, &(weave){x, y, factors});
}
