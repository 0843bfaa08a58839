// Channels to overlapping boxes in space and back: what makes a transposed convolution of any kernel and stride out of a 1×1×1 convolution.
#pragma STDC FP_CONTRACT OFF
#include "nn_internal.h"

typedef struct {
  const dcs_tensor *x, *y;
  dcs_extent kernel, stride, cut;
  const float *bias;
  int relu;
} fold_walk;

INLINED const float *box_row(const fold_walk *w, int64_t channel, int64_t rz, int64_t ry, int64_t rx, int64_t z, int64_t y) {
  return row_of(w->x, ((channel * w->kernel.depth + rz) * w->kernel.height + ry) * w->kernel.width + rx, z, y);
}

// One plane of y. Each row gathers the boxes that reach it, in one order; terms of a row are added along whole rows of x.
CLONED static void fold_plane(void *context, int64_t item, int worker) {
  const fold_walk *w = context;
  (void)worker;
  const dcs_tensor *x = w->x, *y = w->y;
  dcs_extent k = w->kernel, s = w->stride;
  int64_t channel = item / y->depth, full_z = item % y->depth + w->cut.depth;
  float bias = w->bias[channel];
  for (int64_t row = 0; row < y->height; row++) {
    int64_t full_y = row + w->cut.height;
    float *to = row_of(y, channel, item % y->depth, row);
    for (int64_t i = 0; i < y->width; i++) to[i] = bias;
    for (int64_t rz = full_z % s.depth; rz < k.depth && rz <= full_z; rz += s.depth) {
      int64_t z = (full_z - rz) / s.depth;
      if (z >= x->depth) continue;
      for (int64_t ry = full_y % s.height; ry < k.height && ry <= full_y; ry += s.height) {
        int64_t from_y = (full_y - ry) / s.height;
        if (from_y >= x->height) continue;
        for (int64_t rx = 0; rx < k.width; rx++) {
          const float *from = box_row(w, channel, rz, ry, rx, z, from_y);
          // s p + rx - cut in 0..<width
          int64_t first = max64(0, (w->cut.width - rx + s.width - 1) / s.width), last = y->width - 1 + w->cut.width - rx;
          if (last < 0) continue;
          last = min64(x->width - 1, last / s.width);
          float *base = to + rx - w->cut.width;
#pragma clang loop vectorize(assume_safety)
          for (int64_t p = first; p <= last; p++) base[p * s.width] += from[p];
        }
      }
    }
    if (w->relu) for (int64_t i = 0; i < y->width; i++) to[i] = to[i] < 0 ? 0 : to[i];
  }
}

void dcs_fold(dcs_pool *pool, const dcs_tensor *x, dcs_extent kernel, dcs_extent stride, dcs_extent cut, const float *bias, int relu, const dcs_tensor *y) {
  dcs_pool_run(pool, y->channels * y->depth, fold_plane, &(fold_walk){x, y, kernel, stride, cut, bias, relu});
}

// One plane of x: what y has in the boxes' place, 0 where that was cut off.
CLONED static void unfold_plane(void *context, int64_t item, int worker) {
  const fold_walk *w = context;
  (void)worker;
  const dcs_tensor *x = w->x, *y = w->y;
  dcs_extent k = w->kernel, s = w->stride;
  int64_t part = item / x->depth, z = item % x->depth, rx = part % k.width, ry = part / k.width % k.height, rz = part / k.width / k.height % k.depth;
  int64_t channel = part / (k.width * k.height * k.depth), to_z = z * s.depth + rz - w->cut.depth;
  for (int64_t row = 0; row < x->height; row++) {
    float *to = row_of(x, part, z, row);
    int64_t to_y = row * s.height + ry - w->cut.height;
    memset(to, 0, (size_t)x->width * sizeof *to);
    if (to_z < 0 || to_z >= y->depth || to_y < 0 || to_y >= y->height) continue;
    const float *from = row_of(y, channel, to_z, to_y);
    for (int64_t p = 0; p < x->width; p++) {
      int64_t at = p * s.width + rx - w->cut.width;
      if (at >= 0 && at < y->width) to[p] = from[at];
    }
  }
}

void dcs_unfold(dcs_pool *pool, const dcs_tensor *y, dcs_extent kernel, dcs_extent stride, dcs_extent cut, const dcs_tensor *x) {
  dcs_pool_run(pool, x->channels * x->depth, unfold_plane, &(fold_walk){x, y, kernel, stride, cut, NULL, 0});
}
