// Distances along the first axis, by two scans of a line, and what is done to the finished ones.
#include "include/seg.h"
#include "seg_clones.h"
#include "seg_width.h"
#include <math.h>

#define NONE ((int32_t)1 << 30)   // no site in this line

DCS_CLONES void dcs_seg_nearest_site(const uint8_t *sites, int64_t count, const float *table, float *out) {
  int32_t since = NONE;
  int32_t *steps = (int32_t *)out;   // same size; turned into floats by the scan back
  for (int64_t i = 0; i < count; i++) {
    since = sites[i] ? 0 : since + (since < NONE);
    steps[i] = since;
  }
  since = NONE;
  for (int64_t i = count - 1; i >= 0; i--) {
    since = sites[i] ? 0 : since + (since < NONE);
    const int32_t nearest = steps[i] < since ? steps[i] : since;
    out[i] = nearest < NONE ? table[nearest] : INFINITY;
  }
}

// Face f lies between samples f and f + 1; distances are counted in half steps: 1, 3, 5, …
DCS_CLONES void dcs_seg_nearest_face(const uint8_t *faces, int64_t count, const float *half_table, float *out) {
  int32_t since = NONE;
  int32_t *steps = (int32_t *)out;
  for (int64_t i = 0; i < count; i++) {
    if (i > 0 && faces[i - 1]) since = 1;
    else if (since < NONE) since += 2;
    steps[i] = since;
  }
  since = NONE;
  for (int64_t i = count - 1; i >= 0; i--) {
    if (i < count - 1 && faces[i]) since = 1;
    else if (since < NONE) since += 2;
    const int32_t nearest = steps[i] < since ? steps[i] : since;
    out[i] = nearest < NONE ? half_table[nearest] : INFINITY;
  }
}

// Face f lies between voxels f and f + 1 of different labels: distances to the voxel across it, in whole steps; 0 where the label is 0.
DCS_CLONES void dcs_seg_nearest_other(const uint8_t *faces, const uint8_t *zeros, int64_t count, const float *table, float *out) {
  int32_t since = NONE;
  int32_t *steps = (int32_t *)out;
  for (int64_t i = 0; i < count; i++) {
    if (i > 0 && faces[i - 1]) since = 1;
    else since += since < NONE;
    steps[i] = zeros[i] ? 0 : since;
  }
  since = NONE;
  for (int64_t i = count - 1; i >= 0; i--) {
    if (i < count - 1 && faces[i]) since = 1;
    else since += since < NONE;
    const int32_t nearest = steps[i] < since ? steps[i] : since;
    out[i] = nearest < NONE ? table[nearest] : INFINITY;
  }
}

DCS_CLONES void dcs_seg_is_zero(const void *row, int64_t count, int width, uint8_t *out) {
#define ZERO(TYPE) { const TYPE *p = row; for (int64_t i = 0; i < count; i++) out[i] = p[i] == 0; }
  BY_WIDTH(width, ZERO)
}

DCS_CLONES void dcs_seg_differs(const void *a, const void *b, int64_t count, int width, uint8_t *out) {
#define DIFFERS(TYPE) { const TYPE *p = a, *q = b; for (int64_t i = 0; i < count; i++) out[i] = p[i] != q[i]; }
  BY_WIDTH(width, DIFFERS)
}

DCS_CLONES void dcs_seg_square_roots(float *values, int64_t count) {
  for (int64_t i = 0; i < count; i++) values[i] = sqrtf(values[i]);
}

DCS_CLONES void dcs_seg_limit_row(float *values, int64_t count, float row_limit, const float *limits) {
  for (int64_t i = 0; i < count; i++) {
    const float limit = limits[i] < row_limit ? limits[i] : row_limit;
    values[i] = values[i] < limit ? values[i] : limit;
  }
}

DCS_CLONES void dcs_seg_negate_where(float *values, int64_t count, const uint8_t *where) {
  for (int64_t i = 0; i < count; i++) values[i] = where[i] ? -values[i] : values[i];
}
