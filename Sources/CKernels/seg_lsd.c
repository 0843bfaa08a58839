// Local shape descriptors of one object in one region: Gaussian moments of its mask about each of its voxels.
//
// Moments relative to the voxel itself need no coordinates: with g the kernel, Σ g(k) m(p + k), Σ k g(k) m(p + k), Σ k² g(k) m(p + k), and mixed ones, are
// products of one-dimensional sums. So nothing cancels, wherever in the volume the object lies. Along x three sums a voxel, along y six, along z ten:
//
//     x    X0 = Σ g m          X1 = Σ k g m          X2 = Σ k² g m
//     y    X0 → 0, 1, 2        X1 → 0, 1             X2 → 0
//     z    mass, z, zz of (0,0); y, zy of (1,0); yy of (2,0); x, zx of (0,1); yx of (1,1); xx of (0,2)
//
// Only voxels inside the object's bounds are looked at.
#include "include/seg.h"
#include "seg_clones.h"
#include <math.h>
#include <string.h>

enum { SUMS = 6 };   // planes kept after y: X0Y0 X0Y1 X0Y2 X1Y0 X1Y1 X2Y0

typedef struct { int64_t begin, end; } range;

static range reach(const dcs_seg_lsd *job, int axis) {
  const int64_t low = job->region_begin[axis] - job->radius[axis], high = job->region_end[axis] + job->radius[axis];
  return (range){low > job->object_begin[axis] ? low : job->object_begin[axis], high < job->object_end[axis] ? high : job->object_end[axis]};
}

static int64_t extent(const dcs_seg_lsd *job, int axis) { return job->region_end[axis] - job->region_begin[axis]; }

int64_t dcs_seg_lsd_scratch(const dcs_seg_lsd *job) {
  const range z = reach(job, 0), y = reach(job, 1);
  const int64_t w = extent(job, 2), h = extent(job, 1);
  const int64_t floats = (z.end - z.begin) * SUMS * h * w + 3 * (y.end - y.begin) * w + (w + 2 * job->radius[2]) + 10 * w;
  return floats * 4 + (y.end - y.begin) + (z.end - z.begin) * h;
}

DCS_INLINE int is_id(const dcs_seg_lsd *job, int64_t i) {
  switch (job->width) {
  case 1: return ((const uint8_t *)job->labels)[i] == job->id;
  case 2: return ((const uint16_t *)job->labels)[i] == job->id;
  case 4: return ((const uint32_t *)job->labels)[i] == job->id;
  default: return ((const uint64_t *)job->labels)[i] == job->id;
  }
}

// The mask of one row, as floats from region_begin − radius to region_end + radius; whether there is any.
static int mask_row(const dcs_seg_lsd *job, int64_t z, int64_t y, float *mask) {
  const range x = reach(job, 2);
  const int64_t first = job->region_begin[2] - job->radius[2], row = (z * job->height + y) * job->row_length;
  int any = 0;
  memset(mask, 0, (size_t)(extent(job, 2) + 2 * job->radius[2]) * 4);
  for (int64_t i = x.begin; i < x.end; i++) {
    const int here = is_id(job, row + i);
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

static inline float unit(float value) { return value < 0 ? 0 : value > 1 ? 1 : value; }

// m: mass z y x zz yy xx zy zx yx, in voxels
static void finish_row(const dcs_seg_lsd *job, int64_t z, int64_t y, int64_t w, float *m[10]) {
  const int first = 3 - job->rank;
  for (int64_t i = 0; i < w; i++) {
    const int64_t voxel = (z * job->height + y) * job->row_length + job->region_begin[2] + i;
    if (!is_id(job, voxel)) continue;
    const double mass = m[0][i] > 0 ? m[0][i] : 1;
    double mean[3], variance[3];
    float *out = job->out + voxel;
    for (int axis = 0; axis < 3; axis++) {
      const double size = job->voxel_size[axis];
      mean[axis] = m[1 + axis][i] / mass;
      variance[axis] = (m[4 + axis][i] / mass - mean[axis] * mean[axis]) * size * size;
      if (variance[axis] < 1e-3) variance[axis] = 1e-3;
      mean[axis] *= size;
    }
    for (int axis = first; axis < 3; axis++, out += job->channel_stride) *out = unit((float)(mean[axis] / job->sigma[axis] * 0.5 + 0.5));
    for (int axis = first; axis < 3; axis++, out += job->channel_stride) *out = unit((float)(variance[axis] / (job->sigma[axis] * job->sigma[axis])));
    for (int a = first; a < 3; a++)
      for (int b = a + 1; b < 3; b++, out += job->channel_stride) {
        const double covariance = m[6 + a + b][i] / mass * job->voxel_size[a] * job->voxel_size[b] - mean[a] * mean[b];
        *out = unit((float)(covariance / sqrt(variance[a] * variance[b]) * 0.5 + 0.5));
      }
    *out = unit((float)mass);
  }
}

void dcs_seg_lsd_region(const dcs_seg_lsd *job, void *scratch) {
  const range zs = reach(job, 0), ys = reach(job, 1);
  const int64_t w = extent(job, 2), h = extent(job, 1), rows = ys.end - ys.begin, plane = h * w;
  float *planes = scratch, *sums = planes + (zs.end - zs.begin) * SUMS * plane, *mask = sums + 3 * rows * w, *moments = mask + w + 2 * job->radius[2];
  uint8_t *filled = (uint8_t *)(moments + 10 * w), *known = filled + rows;   // rows that are not all 0: of `sums`, of `planes`

  for (int64_t z = zs.begin; z < zs.end; z++) {
    for (int64_t y = ys.begin; y < ys.end; y++) {
      float *row = sums + 3 * (y - ys.begin) * w;
      filled[y - ys.begin] = (uint8_t)mask_row(job, z, y, mask);
      if (filled[y - ys.begin]) dcs_seg_lsd_x(mask, job->weights[2], job->radius[2], w, row, row + w, row + 2 * w);
    }
    float *to = planes + (z - zs.begin) * SUMS * plane;
    uint8_t *known_here = known + (z - zs.begin) * h;
    for (int64_t y = job->region_begin[1]; y < job->region_end[1]; y++) {
      float *target = to + (y - job->region_begin[1]) * w;
      int any = 0;
      for (int64_t k = -job->radius[1]; k <= job->radius[1]; k++) {
        const int64_t from = y + k - ys.begin;
        if (from < 0 || from >= rows || !filled[from]) continue;
        if (!any) for (int s = 0; s < SUMS; s++) memset(target + s * plane, 0, (size_t)w * 4);
        any = 1;
        const float *row = sums + 3 * from * w, weight = job->weights[1][k < 0 ? -k : k];
        dcs_seg_lsd_add(row, weight, (float)k, w, target, target + plane, target + 2 * plane);
        dcs_seg_lsd_add(row + w, weight, (float)k, w, target + 3 * plane, target + 4 * plane, NULL);
        dcs_seg_lsd_add(row + 2 * w, weight, (float)k, w, target + 5 * plane, NULL, NULL);
      }
      known_here[y - job->region_begin[1]] = (uint8_t)any;
    }
  }

  float *m[10];
  for (int i = 0; i < 10; i++) m[i] = moments + i * w;
  for (int64_t z = job->region_begin[0]; z < job->region_end[0]; z++)
    for (int64_t y = job->region_begin[1]; y < job->region_end[1]; y++) {
      int here = 0;
      for (int64_t i = 0; i < w && !here; i++) here = is_id(job, (z * job->height + y) * job->row_length + job->region_begin[2] + i);
      if (!here) continue;
      memset(moments, 0, (size_t)w * 40);
      for (int64_t k = -job->radius[0]; k <= job->radius[0]; k++) {
        const int64_t from = z + k - zs.begin;
        if (from < 0 || from >= zs.end - zs.begin || !known[from * h + y - job->region_begin[1]]) continue;
        const float *row = planes + from * SUMS * plane + (y - job->region_begin[1]) * w, weight = job->weights[0][k < 0 ? -k : k];
        dcs_seg_lsd_add(row, weight, (float)k, w, m[0], m[1], m[4]);
        dcs_seg_lsd_add(row + plane, weight, (float)k, w, m[2], m[7], NULL);
        dcs_seg_lsd_add(row + 2 * plane, weight, (float)k, w, m[5], NULL, NULL);
        dcs_seg_lsd_add(row + 3 * plane, weight, (float)k, w, m[3], m[8], NULL);
        dcs_seg_lsd_add(row + 4 * plane, weight, (float)k, w, m[9], NULL, NULL);
        dcs_seg_lsd_add(row + 5 * plane, weight, (float)k, w, m[6], NULL, NULL);
      }
      finish_row(job, z, y, w, m);
    }
}
