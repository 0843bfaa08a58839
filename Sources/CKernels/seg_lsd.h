// What the sums of local shape descriptors (seg_lsd.c) and their rows (seg_lsd_row.c) share.
#pragma once
#include "include/seg.h"
#include "seg_clones.h"

// Columns of the region, in samples from its begin, between which the object has voxels in a row; wider by what makes them whole vectors.
typedef struct { int32_t begin, end; } columns;

static inline int64_t extent(const dcs_seg_lsd *job, int axis) { return job->region_end[axis] - job->region_begin[axis]; }

DCS_INLINE int is_id(const dcs_seg_lsd *job, const void *labels, int64_t i) {
  switch (job->width) {
  case 1: return ((const uint8_t *)labels)[i] == job->id;
  case 2: return ((const uint16_t *)labels)[i] == job->id;
  case 4: return ((const uint32_t *)labels)[i] == job->id;
  default: return ((const uint64_t *)labels)[i] == job->id;
  }
}

// The columns of one row of the region that the object is in.
columns dcs_seg_lsd_columns(const dcs_seg_lsd *job, int64_t z, int64_t y);
// Writes the descriptors of a row's columns from its ten moments (mass z y x zz yy xx zy zx yx, in samples).
void dcs_seg_lsd_finish_row(const dcs_seg_lsd *job, int64_t z, int64_t y, columns row, float *const m[10]);
