// Local shape descriptors of one object in one region: Gaussian moments of its mask about each of its voxels.
//
// Moments relative to the voxel itself need no coordinates: with g the kernel, Σ g(k) m(p + k), Σ k g(k) m(p + k), Σ k² g(k) m(p + k), and mixed ones, are
// products of one-dimensional sums. So nothing cancels, wherever in the volume the object lies. Along x three sums a voxel, along y six, along z ten:
//
//     x    X0 = Σ g m          X1 = Σ k g m          X2 = Σ k² g m
//     y    X0 → 0, 1, 2        X1 → 0, 1             X2 → 0
//     z    mass, z, zz of (0,0); y, zy of (1,0); yy of (2,0); x, zx of (0,1); yx of (1,1); xx of (0,2)
//
// Only voxels inside the object's bounds are looked at, and sums are made for columns between its voxels alone: a neurite fills little of its box.
#include "include/seg.h"
#include "seg_lsd.h"
#include <string.h>

enum { SUMS = 6 };   // planes kept after y: X0Y0 X0Y1 X0Y2 X1Y0 X1Y1 X2Y0

typedef struct { int64_t begin, end; } range;

static range reach(const dcs_seg_lsd *job, int axis) {
  const int64_t low = job->region_begin[axis] - job->radius[axis], high = job->region_end[axis] + job->radius[axis];
  return (range){low > job->object_begin[axis] ? low : job->object_begin[axis], high < job->object_end[axis] ? high : job->object_end[axis]};
}

int64_t dcs_seg_lsd_scratch(const dcs_seg_lsd *job) {
  const range z = reach(job, 0), y = reach(job, 1);
  const int64_t w = extent(job, 2), h = extent(job, 1);
  const int64_t floats = (z.end - z.begin) * SUMS * h * w + 3 * (y.end - y.begin) * w + (w + 2 * job->radius[2]) + 10 * w;
  return floats * 4 + 2 * (h + 1) * (int64_t)sizeof(int32_t) + (y.end - y.begin) + (z.end - z.begin) * h;
}

// The mask of one row, as floats from region_begin − radius to region_end + radius; whether there is any.
static int mask_row(const dcs_seg_lsd *job, int64_t z, int64_t y, float *mask) {
  const range x = reach(job, 2);
  const int64_t first = job->region_begin[2] - job->radius[2], row = (z * job->height + y) * job->row_length;
  int any = 0;
  memset(mask, 0, (size_t)(extent(job, 2) + 2 * job->radius[2]) * 4);
  for (int64_t i = x.begin; i < x.end; i++) {
    const int here = is_id(job, job->labels, row + i);
    mask[i - first] = (float)here;
    any |= here;
  }
  return any;
}

DCS_CLONES void dcs_seg_lsd_x(const float *mask, const float *weights, int64_t radius, int64_t count, float *s0, float *s1, float *s2) {
  const float *middle = mask + radius;
  for (int64_t i = 0; i < count; i++) { s0[i] = weights[0] * middle[i]; s1[i] = 0; s2[i] = 0; }
  for (int64_t k = 1; k <= radius; k++) {
    const float w = weights[k], kw = (float)k * w, kkw = (float)(k * k) * w;
    const float *a = middle - k, *b = middle + k;
#pragma clang loop vectorize(assume_safety)
    for (int64_t i = 0; i < count; i++) {
      const float both = a[i] + b[i];
      s0[i] += w * both;
      s1[i] += kw * (b[i] - a[i]);
      s2[i] += kkw * both;
    }
  }
}

// to0 += w from; to1 += k w from; to2 += k² w from, where they are asked for
DCS_CLONES void dcs_seg_lsd_add(const float *from, float w, float k, int64_t count, float *to0, float *to1, float *to2) {
  const float kw = k * w, kkw = k * kw;
  if (to2) {
#pragma clang loop vectorize(assume_safety)
    for (int64_t i = 0; i < count; i++) { to0[i] += w * from[i]; to1[i] += kw * from[i]; to2[i] += kkw * from[i]; }
  } else if (to1) {
#pragma clang loop vectorize(assume_safety)
    for (int64_t i = 0; i < count; i++) { to0[i] += w * from[i]; to1[i] += kw * from[i]; }
  } else {
#pragma clang loop vectorize(assume_safety)
    for (int64_t i = 0; i < count; i++) to0[i] += w * from[i];
  }
}

// Where the scratch has what.
typedef struct {
  range zs, ys;
  int64_t w, h, plane;
  float *planes, *sums, *mask, *moments;
  columns *wanted;           // of each row of the region, in any of its planes; one more: of all rows
  uint8_t *filled, *known;   // rows that are not all 0: of `sums`, of `planes`
} work;

static work work_of(const dcs_seg_lsd *job, void *scratch) {
  work k = {.zs = reach(job, 0), .ys = reach(job, 1), .w = extent(job, 2), .h = extent(job, 1)};
  const int64_t rows = k.ys.end - k.ys.begin;
  k.plane = k.h * k.w;
  k.planes = scratch;
  k.sums = k.planes + (k.zs.end - k.zs.begin) * SUMS * k.plane;
  k.mask = k.sums + 3 * rows * k.w;
  k.moments = k.mask + k.w + 2 * job->radius[2];
  k.wanted = (columns *)(k.moments + 10 * k.w);
  k.filled = (uint8_t *)(k.wanted + k.h + 1);
  k.known = k.filled + rows;
  return k;
}

static columns both(columns a, columns b) {
  if (a.begin == a.end) return b;
  if (b.begin == b.end) return a;
  return (columns){a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}

static void find_columns(const dcs_seg_lsd *job, const work *k) {
  k->wanted[k->h] = (columns){0, 0};
  for (int64_t y = 0; y < k->h; y++) {
    columns c = {0, 0};
    for (int64_t z = job->region_begin[0]; z < job->region_end[0]; z++) c = both(c, dcs_seg_lsd_columns(job, z, job->region_begin[1] + y));
    k->wanted[y] = c;
    k->wanted[k->h] = both(k->wanted[k->h], c);
  }
}

// Sums along x and y of one plane of samples.
static void sum_plane(const dcs_seg_lsd *job, const work *k, int64_t z) {
  const int64_t w = k->w, plane = k->plane, rows = k->ys.end - k->ys.begin, first = k->wanted[k->h].begin, count = k->wanted[k->h].end - first;
  for (int64_t y = k->ys.begin; y < k->ys.end; y++) {
    float *row = k->sums + 3 * (y - k->ys.begin) * w + first;
    k->filled[y - k->ys.begin] = (uint8_t)mask_row(job, z, y, k->mask);
    if (k->filled[y - k->ys.begin]) dcs_seg_lsd_x(k->mask + first, job->weights[2], job->radius[2], count, row, row + w, row + 2 * w);
  }
  for (int64_t y = 0; y < k->h; y++) {
    const int64_t begin = k->wanted[y].begin, n = k->wanted[y].end - begin;
    float *target = k->planes + (z - k->zs.begin) * SUMS * plane + y * w + begin;
    int any = 0;
    for (int64_t r = -job->radius[1]; n && r <= job->radius[1]; r++) {
      const int64_t from = y + job->region_begin[1] + r - k->ys.begin;
      if (from < 0 || from >= rows || !k->filled[from]) continue;
      if (!any) for (int s = 0; s < SUMS; s++) memset(target + s * plane, 0, (size_t)n * 4);
      any = 1;
      const float *row = k->sums + 3 * from * w + begin, weight = job->weights[1][r < 0 ? -r : r];
      dcs_seg_lsd_add(row, weight, (float)r, n, target, target + plane, target + 2 * plane);
      dcs_seg_lsd_add(row + w, weight, (float)r, n, target + 3 * plane, target + 4 * plane, NULL);
      dcs_seg_lsd_add(row + 2 * w, weight, (float)r, n, target + 5 * plane, NULL, NULL);
    }
    k->known[(z - k->zs.begin) * k->h + y] = (uint8_t)any;
  }
}

// Sums along z, and the descriptors, of one plane of the region.
static void finish_plane(const dcs_seg_lsd *job, const work *k, int64_t z) {
  const int64_t w = k->w, plane = k->plane;
  float *m[10];
  for (int i = 0; i < 10; i++) m[i] = k->moments + i * w;
  for (int64_t y = 0; y < k->h; y++) {
    const columns c = dcs_seg_lsd_columns(job, z, y + job->region_begin[1]);
    const int64_t b = c.begin, n = c.end - b;
    if (!n) continue;
    for (int i = 0; i < 10; i++) memset(m[i] + b, 0, (size_t)n * 4);
    for (int64_t r = -job->radius[0]; r <= job->radius[0]; r++) {
      const int64_t from = z + r - k->zs.begin;
      if (from < 0 || from >= k->zs.end - k->zs.begin || !k->known[from * k->h + y]) continue;
      const float *row = k->planes + from * SUMS * plane + y * w + b, weight = job->weights[0][r < 0 ? -r : r];
      dcs_seg_lsd_add(row, weight, (float)r, n, m[0] + b, m[1] + b, m[4] + b);
      dcs_seg_lsd_add(row + plane, weight, (float)r, n, m[2] + b, m[7] + b, NULL);
      dcs_seg_lsd_add(row + 2 * plane, weight, (float)r, n, m[5] + b, NULL, NULL);
      dcs_seg_lsd_add(row + 3 * plane, weight, (float)r, n, m[3] + b, m[8] + b, NULL);
      dcs_seg_lsd_add(row + 4 * plane, weight, (float)r, n, m[9] + b, NULL, NULL);
      dcs_seg_lsd_add(row + 5 * plane, weight, (float)r, n, m[6] + b, NULL, NULL);
    }
    dcs_seg_lsd_finish_row(job, z, y + job->region_begin[1], c, m);
  }
}

int dcs_seg_lsd_step(const dcs_seg_lsd *job, void *scratch, int64_t step) {
  const work k = work_of(job, scratch);
  const int64_t planes = k.zs.end - k.zs.begin, finished = step - planes;
  if (step == 0) find_columns(job, &k);
  if (step < planes) sum_plane(job, &k, k.zs.begin + step);
  else if (finished < extent(job, 0)) finish_plane(job, &k, job->region_begin[0] + finished);
  return finished + 1 < extent(job, 0);
}
