// Where the voxels of a warped patch come from, row by row, and the values there.
#include "include/warp.h"
#include <math.h>
#include <string.h>

static inline int64_t clamp(int64_t value, int64_t length) { return value < 0 ? 0 : value >= length ? length - 1 : value; }

void dcs_warp_turn(const dcs_warp_box *box, int64_t begin, int64_t end, float *at) {
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

// Weights of the four control points around `u`, and the first of them.
static int64_t spline(double u, int64_t points, float weights[4]) {
  int64_t cell = (int64_t)floor(u);
  if (cell < 1) cell = 1;
  if (cell > points - 3) cell = points - 3;
  double t = u - (double)cell;
  if (t < 0) t = 0;
  if (t > 1) t = 1;   // beyond the lattice its border goes on
  weights[0] = (float)(0.5 * (-t + 2 * t * t - t * t * t));
  weights[1] = (float)(0.5 * (2 - 5 * t * t + 3 * t * t * t));
  weights[2] = (float)(0.5 * (t + 4 * t * t - 3 * t * t * t));
  weights[3] = (float)(0.5 * (-t * t + t * t * t));
  return cell - 1;
}

static double lattice(const dcs_warp_box *box, const dcs_warp_field *field, int axis, int64_t index) {
  return (box->first[axis] + (double)index) * box->size[axis] / field->spacing[axis] + 0.5 * (double)(field->points[axis] - 1);
}

void dcs_warp_bend(const dcs_warp_box *box, const dcs_warp_field *field, int64_t begin, int64_t end, float *at, float *scratch) {
  const int64_t height = box->shape[1], width = box->shape[2], plane = box->shape[0] * height * width;
  const int64_t *points = field->points, layer = points[1] * points[2], volume = points[0] * layer;
  float *columns = scratch, *taps = scratch + 3 * points[2];
  for (int64_t x = 0; x < width; x++) taps[5 * x + 4] = (float)spline(lattice(box, field, 2, x), points[2], taps + 5 * x);
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
    for (int64_t x = 0; x < width; x++) {
      const float *w = taps + 5 * x;
      const int64_t first = (int64_t)w[4];
      for (int axis = 0; axis < 3; axis++) {
        const float *c = columns + axis * points[2] + first;
        at[axis * plane + row * width + x] += (w[0] * c[0] + w[1] * c[1] + w[2] * c[2] + w[3] * c[3]) / (float)box->size[axis];
      }
    }
  }
}

void dcs_warp_linear(const float *source, const int64_t shape[3], const int64_t origin[3], const float *at, int64_t stride, int64_t count, float *out) {
  for (int64_t i = 0; i < count; i++) {
    int64_t low[3], high[3];
    float part[3];
    for (int axis = 0; axis < 3; axis++) {
      const float position = at[axis * stride + i] - (float)origin[axis], whole = floorf(position);
      part[axis] = position - whole;
      low[axis] = clamp((int64_t)whole, shape[axis]);
      high[axis] = clamp((int64_t)whole + 1, shape[axis]);
    }
    const float *z0 = source + low[0] * shape[1] * shape[2], *z1 = source + high[0] * shape[1] * shape[2];
    const int64_t y0 = low[1] * shape[2], y1 = high[1] * shape[2], x0 = low[2], x1 = high[2];
    const float a = z0[y0 + x0] + part[2] * (z0[y0 + x1] - z0[y0 + x0]), b = z0[y1 + x0] + part[2] * (z0[y1 + x1] - z0[y1 + x0]);
    const float c = z1[y0 + x0] + part[2] * (z1[y0 + x1] - z1[y0 + x0]), d = z1[y1 + x0] + part[2] * (z1[y1 + x1] - z1[y1 + x0]);
    const float e = a + part[1] * (b - a), f = c + part[1] * (d - c);
    out[i] = e + part[0] * (f - e);
  }
}

void dcs_warp_nearest(const void *source, int width, const int64_t shape[3], const int64_t origin[3], const float *at, int64_t stride, int64_t count, void *out) {
  for (int64_t i = 0; i < count; i++) {
    int64_t place = 0;
    for (int axis = 0; axis < 3; axis++)
      place = place * shape[axis] + clamp((int64_t)floorf(at[axis * stride + i] - (float)origin[axis] + 0.5f), shape[axis]);
    memcpy((char *)out + i * width, (const char *)source + place * width, (size_t)width);
  }
}
