// One row of local shape descriptors: where the object is in it, and its descriptors from their moments.
#include "seg_lsd.h"
#include <math.h>
#include <string.h>

static inline float unit(float value) { return value < 0 ? 0 : value > 1 ? 1 : value; }

// The voxels of the volume that lie with a sample, as ranges along each axis.
typedef struct { int64_t begin[3], end[3]; } cell;

static cell cell_of(const dcs_seg_lsd *job, int64_t z, int64_t y, int64_t x) {
  const int64_t at[3] = {z, y, x};
  cell c;
  for (int axis = 0; axis < 3; axis++) {
    c.begin[axis] = at[axis] * job->factor[axis];
    c.end[axis] = c.begin[axis] + job->factor[axis] < job->extents[axis] ? c.begin[axis] + job->factor[axis] : job->extents[axis];
  }
  return c;
}

columns dcs_seg_lsd_columns(const dcs_seg_lsd *job, int64_t z, int64_t y) {
  const int64_t w = extent(job, 2), factor = job->factor[2];
  const cell first = cell_of(job, z, y, job->region_begin[2]), last = cell_of(job, z, y, job->region_end[2] - 1);
  int64_t low = INT64_MAX, high = -1;
  for (int64_t fz = first.begin[0]; fz < first.end[0]; fz++)
    for (int64_t fy = first.begin[1]; fy < first.end[1]; fy++) {
      const int64_t row = (fz * job->extents[1] + fy) * job->extents[2];
      int64_t begin = first.begin[2], end = last.end[2];
      while (begin < end && !is_id(job, job->volume, row + begin)) begin++;
      while (end > begin && !is_id(job, job->volume, row + end - 1)) end--;
      if (begin == end) continue;
      if (begin < low) low = begin;
      if (end > high) high = end;
    }
  if (high < 0) return (columns){0, 0};
  const int64_t begin = (low / factor - job->region_begin[2]) & ~15, end = ((high - 1) / factor - job->region_begin[2] + 16) & ~15;
  return (columns){(int32_t)begin, (int32_t)(end < w ? end : w)};
}

// m: mass z y x zz yy xx zy zx yx, in samples
static void describe(const dcs_seg_lsd *job, int64_t i, float *const m[10], float *out) {
  const int first = 3 - job->rank;
  const double mass = m[0][i] > 0 ? m[0][i] : 1;   // 0 where no sample of the object is near
  double mean[3], variance[3];
  for (int axis = 0; axis < 3; axis++) {
    const double size = job->voxel_size[axis];
    mean[axis] = m[1 + axis][i] / mass;
    variance[axis] = (m[4 + axis][i] / mass - mean[axis] * mean[axis]) * size * size;
    if (variance[axis] < 1e-3) variance[axis] = 1e-3;
    mean[axis] *= size;
  }
  for (int axis = first; axis < 3; axis++) *out++ = unit((float)(mean[axis] / job->sigma[axis] * 0.5 + 0.5));
  for (int axis = first; axis < 3; axis++) *out++ = unit((float)(variance[axis] / (job->sigma[axis] * job->sigma[axis])));
  for (int a = first; a < 3; a++)
    for (int b = a + 1; b < 3; b++) {
      const double covariance = m[6 + a + b][i] / mass * job->voxel_size[a] * job->voxel_size[b] - mean[a] * mean[b];
      *out++ = unit((float)(covariance / sqrt(variance[a] * variance[b]) * 0.5 + 0.5));
    }
  *out = unit(m[0][i]);
}

void dcs_seg_lsd_finish_row(const dcs_seg_lsd *job, int64_t z, int64_t y, columns c0, float *const m[10]) {
  const int channels = job->rank == 3 ? 10 : 6;
  float values[10];
  for (int64_t i = c0.begin; i < c0.end; i++) {
    const cell c = cell_of(job, z, y, job->region_begin[2] + i);
    int is_known = 0;
    for (int64_t fz = c.begin[0]; fz < c.end[0]; fz++)
      for (int64_t fy = c.begin[1]; fy < c.end[1]; fy++)
        for (int64_t fx = c.begin[2]; fx < c.end[2]; fx++) {
          const int64_t voxel = (fz * job->extents[1] + fy) * job->extents[2] + fx;
          if (!is_id(job, job->volume, voxel)) continue;
          if (!is_known) describe(job, i, m, values);
          is_known = 1;
          for (int channel = 0; channel < channels; channel++) job->out[voxel + channel * job->channel_stride] = values[channel];
        }
  }
}
