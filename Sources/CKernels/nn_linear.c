// Linear upsampling along up to three axes and its derivative.
//
// A fine place i lies between the coarse places low and low + 1, `share` of the way: exact fractions of its phase, so that equal phases have
// equal weights wherever they lie. Corners aligned: low + share = i (n - 1) / (m - 1), n coarse and m fine places; else (2 i + 1 - f) / 2 f,
// held inside 0...n - 1 (align_corners of torch.nn.Upsample).
#pragma STDC FP_CONTRACT OFF
#include "nn_internal.h"

typedef struct { int64_t low, high; float share; } between;

typedef struct {
  const dcs_tensor *fine, *coarse;
  dcs_extent factors;
  int corners, accumulate;
} linear_walk;

INLINED between place_of(int64_t i, int64_t n, int64_t m, int64_t f, int corners) {
  int64_t top = corners ? i * (n - 1) : 2 * i + 1 - f, unit = corners ? m - 1 : 2 * f;
  if (unit <= 0 || top <= 0) return (between){0, 0, 0};
  int64_t low = top / unit;
  if (low >= n - 1) return (between){n - 1, n - 1, 0};
  return (between){low, low + 1, (float)(top % unit) / (float)unit};
}

INLINED between place_z(const linear_walk *w, int64_t i) { return place_of(i, w->coarse->depth, w->fine->depth, w->factors.depth, w->corners); }
INLINED between place_y(const linear_walk *w, int64_t i) { return place_of(i, w->coarse->height, w->fine->height, w->factors.height, w->corners); }
INLINED void places_x(const linear_walk *w, int64_t from, int64_t count, int64_t *low, int64_t *high, float *share) {
  for (int64_t i = 0; i < count; i++) {
    between p = place_of(from + i, w->coarse->width, w->fine->width, w->factors.width, w->corners);
    low[i] = p.low, high[i] = p.high, share[i] = p.share;
  }
}

enum { PIECE = 128 };

CLONED static void linear_plane(void *context, int64_t item, int worker) {
  const linear_walk *w = context;
  (void)worker;
  const dcs_tensor *x = w->coarse, *y = w->fine;
  int64_t c = item / y->depth, z = item % y->depth;
  between pz = place_z(w, z);
  for (int64_t from = 0; from < y->width; from += PIECE) {
    int64_t count = min64(PIECE, y->width - from), low[PIECE], high[PIECE];
    float share[PIECE];
    places_x(w, from, count, low, high, share);
    for (int64_t row = 0; row < y->height; row++) {
      between py = place_y(w, row);
      const float *a = row_of(x, c, pz.low, py.low), *b = row_of(x, c, pz.low, py.high), *d = row_of(x, c, pz.high, py.low), *e = row_of(x, c, pz.high, py.high);
      float *to = row_of(y, c, z, row) + from;
      for (int64_t i = 0; i < count; i++) {
        int64_t l = low[i], h = high[i];
        float near = (1 - py.share) * a[l] + py.share * b[l], near_high = (1 - py.share) * a[h] + py.share * b[h];
        float far = (1 - py.share) * d[l] + py.share * e[l], far_high = (1 - py.share) * d[h] + py.share * e[h];
        float left = (1 - pz.share) * near + pz.share * far, right = (1 - pz.share) * near_high + pz.share * far_high;
        to[i] = (1 - share[i]) * left + share[i] * right;
      }
    }
  }
}

// A piece of each row of one plane of dx: what every fine plane beside it gives, row by row.
INLINED void linear_gradient_piece(const linear_walk *w, int64_t c, int64_t z, int64_t from, int64_t count, const int64_t *low, const int64_t *high, const float *share) {
  const dcs_tensor *dy = w->fine, *dx = w->coarse;
  for (int64_t fine_z = 0; fine_z < dy->depth; fine_z++) {
    between pz = place_z(w, fine_z);
    float part_z = (pz.low == z ? 1 - pz.share : 0) + (pz.high == z ? pz.share : 0);
    if (part_z == 0) continue;
    for (int64_t fine_y = 0; fine_y < dy->height; fine_y++) {
      between py = place_y(w, fine_y);
      const float *given = row_of(dy, c, fine_z, fine_y) + from;
      float *near = row_of(dx, c, z, py.low), *far = row_of(dx, c, z, py.high), a = part_z * (1 - py.share), b = part_z * py.share;
      for (int64_t i = 0; i < count; i++) {
        float left = (1 - share[i]) * given[i], right = share[i] * given[i];
        near[low[i]] += a * left;
        near[high[i]] += a * right;
        far[low[i]] += b * left;
        far[high[i]] += b * right;
      }
    }
  }
}

static void linear_gradient_plane(void *context, int64_t item, int worker) {
  const linear_walk *w = context;
  (void)worker;
  const dcs_tensor *dx = w->coarse;
  int64_t c = item / dx->depth, z = item % dx->depth;
  if (!w->accumulate)
    for (int64_t row = 0; row < dx->height; row++) memset(row_of(dx, c, z, row), 0, (size_t)dx->width * sizeof(float));
  for (int64_t from = 0; from < w->fine->width; from += PIECE) {
    int64_t count = min64(PIECE, w->fine->width - from), low[PIECE], high[PIECE];
    float share[PIECE];
    places_x(w, from, count, low, high, share);
    linear_gradient_piece(w, c, z, from, count, low, high, share);
  }
}

void dcs_linear_upsample_forward(dcs_pool *pool, const dcs_tensor *x, dcs_extent factors, int corners, const dcs_tensor *y) {
  dcs_pool_run(pool, y->channels * y->depth, linear_plane, &(linear_walk){y, x, factors, corners, 0});
}

void dcs_linear_upsample_backward(dcs_pool *pool, const dcs_tensor *dy, dcs_extent factors, int corners, int accumulate, const dcs_tensor *dx) {
  dcs_pool_run(pool, dx->channels * dx->depth, linear_gradient_plane, &(linear_walk){dy, dx, factors, corners, accumulate});
}
