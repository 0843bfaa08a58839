// Where the voxels of a warped patch come from, row by row. No sums are fused, so every machine gives the same bytes.
#include "include/warp.h"
#include "clones.h"
#include <math.h>
#include <string.h>
#pragma clang fp contract(off)

CLONED void dcs_warp_turn(const dcs_warp_box *box, int64_t begin, int64_t end, float *at) {
  const int64_t height = box->shape[1], width = box->shape[2], plane = box->shape[0] * height * width;
  const double *m = box->matrix, *size = box->size;
  for (int64_t row = begin; row < end; row++) {
    const double z = (box->first[0] + (double)(row / height)) * size[0], y = (box->first[1] + (double)(row % height)) * size[1];
    for (int axis = 0; axis < 3; axis++) {
      const double base = (m[3 * axis] * z + m[3 * axis + 1] * y) / size[axis] + box->centre[axis], step = m[3 * axis + 2] * size[2] / size[axis];
      float *out = at + axis * plane + row * width;
      for (int64_t x = 0; x < width; x++) out[x] = (float)(base + step * (box->first[2] + (double)x));
    }
  }
}

// Weights of the cubic B-splines of the four control points around `u`, and the first of them.
static int64_t spline(double u, int64_t points, float weights[4]) {
  int64_t cell = (int64_t)floor(u);
  if (cell < 1) cell = 1;
  if (cell > points - 3) cell = points - 3;
  double t = u - (double)cell;
  if (t < 0) t = 0;
  if (t > 1) t = 1;   // beyond the lattice its border goes on
  weights[0] = (float)((1 - t) * (1 - t) * (1 - t) / 6);
  weights[1] = (float)((4 - 6 * t * t + 3 * t * t * t) / 6);
  weights[2] = (float)((1 + 3 * t + 3 * t * t - 3 * t * t * t) / 6);
  weights[3] = (float)(t * t * t / 6);
  return cell - 1;
}

static double lattice(const dcs_warp_box *box, const dcs_warp_field *field, int axis, int64_t index) {
  return (box->first[axis] + (double)index) * box->size[axis] / field->spacing[axis] + 0.5 * (double)(field->points[axis] - 1);
}

static inline __attribute__((always_inline)) void bend_line(const float c[4], const float *taps, int64_t stride, int64_t count, float size, float *at) {
  for (int64_t i = 0; i < count; i++) at[i] += (taps[i] * c[0] + taps[stride + i] * c[1] + taps[2 * stride + i] * c[2] + taps[3 * stride + i] * c[3]) / size;
}

CLONED void dcs_warp_bend(const dcs_warp_box *box, const dcs_warp_field *field, int64_t begin, int64_t end, float *at, float *scratch) {
  const int64_t height = box->shape[1], width = box->shape[2], plane = box->shape[0] * height * width;
  const int64_t *points = field->points, layer = points[1] * points[2], volume = points[0] * layer;
  float *columns = scratch, *taps = scratch + 3 * points[2];
  for (int64_t x = 0; x < width; x++) {
    float w[4];
    taps[4 * width + x] = (float)spline(lattice(box, field, 2, x), points[2], w);
    for (int i = 0; i < 4; i++) taps[i * width + x] = w[i];
  }
  for (int64_t row = begin; row < end; row++) {
    float wz[4], wy[4];
    const int64_t z = spline(lattice(box, field, 0, row / height), points[0], wz), y = spline(lattice(box, field, 1, row % height), points[1], wy);
    memset(columns, 0, (size_t)(3 * points[2]) * sizeof *columns);
    for (int axis = 0; axis < 3; axis++)
      for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
          const float w = wz[i] * wy[j], *line = field->shift + axis * volume + (z + i) * layer + (y + j) * points[2];
          for (int64_t k = 0; k < points[2]; k++) columns[axis * points[2] + k] += w * line[k];
        }
    for (int64_t x = 0, last; x < width; x = last) {   // voxels between the same control points
      const int64_t first = (int64_t)taps[4 * width + x];
      for (last = x + 1; last < width && taps[4 * width + last] == taps[4 * width + x]; last++) {}
      for (int axis = 0; axis < 3; axis++) bend_line(columns + axis * points[2] + first, taps + x, width, last - x, (float)box->size[axis], at + axis * plane + row * width + x);
    }
  }
}

CLONED void dcs_warp_range(const float *at, int64_t count, float range[2]) {
  float low[16], high[16];
  for (int lane = 0; lane < 16; lane++) low[lane] = INFINITY, high[lane] = -INFINITY;
  int64_t i = 0;
  int isNumber = 1;
  for (; i + 16 <= count; i += 16)
    for (int lane = 0; lane < 16; lane++) {
      const float value = at[i + lane];
      low[lane] = value < low[lane] ? value : low[lane];
      high[lane] = value > high[lane] ? value : high[lane];
      isNumber &= value == value;
    }
  for (; i < count; i++) {
    low[0] = at[i] < low[0] ? at[i] : low[0];
    high[0] = at[i] > high[0] ? at[i] : high[0];
    isNumber &= at[i] == at[i];
  }
  for (int lane = 1; lane < 16; lane++) {
    low[0] = low[lane] < low[0] ? low[lane] : low[0];
    high[0] = high[lane] > high[0] ? high[lane] : high[0];
  }
  range[0] = isNumber ? low[0] : NAN;
  range[1] = isNumber ? high[0] : NAN;
}
