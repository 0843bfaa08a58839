// The values of a volume at the positions of a warped patch (warp_positions.c).
//
// Positions are looked at 64 at a time. Where all of them lie inside, nothing is folded or clamped: places and weights are computed side by side, the values
// are fetched one by one, and then interpolated side by side. No sums are fused, so every machine gives the same bytes.
#include "include/warp.h"
#include "clones.h"
#include <math.h>
#include <string.h>
#pragma clang fp contract(off)

enum { LOOK = 64 };

static inline int64_t clamp(int64_t value, int64_t length) { return value < 0 ? 0 : value >= length ? length - 1 : value; }

// floorf without a call; positions are within the range of int64 (Warp.swift checks them).
static inline int64_t whole(float value) {
  const int64_t near = (int64_t)value;
  return near - (value < (float)near);
}

void dcs_warp_linear(const float *source, const int64_t shape[3], const int64_t origin[3], const float *at, int64_t stride, int64_t count, float *out) {
  const int64_t steps[3] = {shape[1] * shape[2], shape[2], 1};
  for (int64_t i = 0; i < count; i++) {
    int64_t low[3], high[3];
    float part[3];
    for (int axis = 0; axis < 3; axis++) {
      const float position = at[axis * stride + i];
      const int64_t first = whole(position);   // before the origin is taken off, which would round: a box gives what the whole volume gives
      part[axis] = position - (float)first;
      low[axis] = clamp(first - origin[axis], shape[axis]) * steps[axis];
      high[axis] = clamp(first - origin[axis] + 1, shape[axis]) * steps[axis];
    }
    const float *z0 = source + low[0], *z1 = source + high[0];
    const int64_t y0 = low[1], y1 = high[1], x0 = low[2], x1 = high[2];
    const float a = z0[y0 + x0] + part[2] * (z0[y0 + x1] - z0[y0 + x0]), b = z0[y1 + x0] + part[2] * (z0[y1 + x1] - z0[y1 + x0]);
    const float c = z1[y0 + x0] + part[2] * (z1[y0 + x1] - z1[y0 + x0]), d = z1[y1 + x0] + part[2] * (z1[y1 + x1] - z1[y1 + x0]);
    const float e = a + part[1] * (b - a), f = c + part[1] * (d - c);
    out[i] = e + part[0] * (f - e);
  }
}

// Whether all of `count` <= LOOK positions, moved by `shift`, lie in [0, limits); then their whole parts, and what is left.
CLONED static int look(const float *at, int64_t stride, int64_t count, float shift, const float limits[3], int32_t index[3][LOOK], float part[3][LOOK]) {
  int inside = 1;
  for (int axis = 0; axis < 3; axis++) {
    const float *p = at + axis * stride;
    for (int64_t i = 0; i < count; i++) {
      const float position = p[i] + shift;
      inside &= position >= 0 && position < limits[axis];   // false for NaN
    }
  }
  if (!inside) return 0;
  for (int axis = 0; axis < 3; axis++) {
    const float *p = at + axis * stride;
    for (int64_t i = 0; i < count; i++) {
      const float position = p[i] + shift;
      index[axis][i] = (int32_t)position;
      part[axis][i] = position - (float)index[axis][i];
    }
  }
  return 1;
}

// Extents as limits of positions, `less` voxels before the end; one voxel is as good as two. None where they are beyond what a float counts one by one.
static void limits_of(const int64_t shape[3], int less, float limits[3]) {
  for (int axis = 0; axis < 3; axis++) {
    const int64_t limit = shape[axis] > less ? shape[axis] - less : shape[axis];
    limits[axis] = limit < 1 << 23 ? (float)limit : 0;
  }
}

// Indices folded back into the volume, without repeating the outermost voxel (numpy's "reflect").
static inline int64_t reflected(int64_t index, int64_t length) {
  if (index >= 0 && index < length) return index;
  if (length == 1) return 0;
  const int64_t period = 2 * (length - 1), folded = ((index % period) + period) % period;
  return folded < length ? folded : period - folded;
}

#define REFLECTED(name, type)                                                                                                             \
  CLONED static void mix_##name(type values[8][LOOK], float part[3][LOOK], int64_t count, float scale, float shift, float *out) {         \
    for (int64_t i = 0; i < count; i++) {                                                                                                 \
      float line[4];                                                                                                                      \
      for (int corner = 0; corner < 4; corner++) {                                                                                        \
        const float left = (float)values[2 * corner][i] * scale + shift, right = (float)values[2 * corner + 1][i] * scale + shift;        \
        line[corner] = left + part[2][i] * (right - left);                                                                                \
      }                                                                                                                                   \
      const float e = line[0] + part[1][i] * (line[1] - line[0]), f = line[2] + part[1][i] * (line[3] - line[2]);                         \
      out[i] = e + part[0][i] * (f - e);                                                                                                  \
    }                                                                                                                                     \
  }                                                                                                                                       \
  static void linear_##name(const void *from, const int64_t shape[3], const float *at, int64_t stride, int64_t count, float scale,        \
                            float shift, float *out) {                                                                                    \
    const type *source = from;                                                                                                            \
    const int64_t steps[3] = {shape[1] * shape[2], shape[2], 1};                                                                          \
    const int64_t nz = shape[0] > 1 ? steps[0] : 0, ny = shape[1] > 1 ? steps[1] : 0, nx = shape[2] > 1;                                  \
    float limits[3], part[3][LOOK];                                                                                                       \
    int32_t index[3][LOOK];                                                                                                               \
    type values[8][LOOK];                                                                                                                 \
    limits_of(shape, 1, limits);                                                                                                          \
    for (int64_t begin = 0; begin < count; begin += LOOK) {                                                                               \
      const int64_t n = min64(LOOK, count - begin);                                                                                       \
      if (look(at + begin, stride, n, 0, limits, index, part)) {                                                                          \
        for (int64_t i = 0; i < n; i++) {                                                                                                 \
          const type *p = source + index[0][i] * steps[0] + index[1][i] * steps[1] + index[2][i], *q = p + nz;                            \
          values[0][i] = p[0], values[1][i] = p[nx], values[2][i] = p[ny], values[3][i] = p[ny + nx];                                     \
          values[4][i] = q[0], values[5][i] = q[nx], values[6][i] = q[ny], values[7][i] = q[ny + nx];                                     \
        }                                                                                                                                 \
      } else {                                                                                                                            \
        for (int64_t i = 0; i < n; i++) {                                                                                                 \
          int64_t low[3], high[3];                                                                                                        \
          for (int axis = 0; axis < 3; axis++) {                                                                                          \
            const float position = at[axis * stride + begin + i];                                                                         \
            const int64_t first = whole(position);                                                                                        \
            part[axis][i] = position - (float)first;                                                                                      \
            low[axis] = reflected(first, shape[axis]) * steps[axis];                                                                      \
            high[axis] = reflected(first + 1, shape[axis]) * steps[axis];                                                                 \
          }                                                                                                                               \
          for (int corner = 0; corner < 8; corner++)                                                                                      \
            values[corner][i] = source[(corner & 4 ? high : low)[0] + (corner & 2 ? high : low)[1] + (corner & 1 ? high : low)[2]];       \
        }                                                                                                                                 \
      }                                                                                                                                   \
      mix_##name(values, part, n, scale, shift, out + begin);                                                                             \
    }                                                                                                                                     \
  }
REFLECTED(u8, uint8_t)
REFLECTED(u16, uint16_t)
REFLECTED(f32, float)

void dcs_warp_linear_reflected(const void *source, int width, const int64_t shape[3], const float *at, int64_t stride, int64_t count, float scale, float shift, float *out) {
  (width == 1 ? linear_u8 : width == 2 ? linear_u16 : linear_f32)(source, shape, at, stride, count, scale, shift, out);
}

void dcs_warp_inside(const uint8_t *mask, const int64_t shape[3], const float *at, int64_t stride, int64_t count, uint8_t *out) {
  float limits[3], part[3][LOOK];
  int32_t index[3][LOOK];
  limits_of(shape, 0, limits);
  for (int64_t begin = 0; begin < count; begin += LOOK) {
    const int64_t n = min64(LOOK, count - begin);
    if (look(at + begin, stride, n, 0.5f, limits, index, part)) {
      if (!mask) memset(out + begin, 1, (size_t)n);
      else for (int64_t i = 0; i < n; i++) out[begin + i] = mask[(index[0][i] * shape[1] + index[1][i]) * shape[2] + index[2][i]] != 0;
      continue;
    }
    for (int64_t i = begin; i < begin + n; i++) {
      int64_t place = 0;
      int inside = 1;
      for (int axis = 0; axis < 3; axis++) {
        const int64_t at_axis = whole(at[axis * stride + i] + 0.5f);
        const int here = at_axis >= 0 && at_axis < shape[axis];
        inside &= here;
        place = place * shape[axis] + (here ? at_axis : 0);
      }
      out[i] = inside && (!mask || mask[place]);
    }
  }
}

#define NEAREST(width, type)                                                                                                              \
  static void nearest_##width(const void *from, const int64_t shape[3], const int64_t origin[3], const float *at, int64_t stride,         \
                              int64_t count, void *to, int reflects) {                                                                    \
    const type *source = from;                                                                                                            \
    type *out = to;                                                                                                                       \
    float limits[3], part[3][LOOK];                                                                                                       \
    int32_t index[3][LOOK];                                                                                                               \
    limits_of(shape, 0, limits);                                                                                                          \
    const int moved = origin[0] || origin[1] || origin[2];                                                                                \
    for (int64_t begin = 0; begin < count; begin += LOOK) {                                                                               \
      const int64_t n = min64(LOOK, count - begin);                                                                                       \
      if (!moved && look(at + begin, stride, n, 0.5f, limits, index, part)) {                                                             \
        for (int64_t i = 0; i < n; i++) out[begin + i] = source[(index[0][i] * shape[1] + index[1][i]) * shape[2] + index[2][i]];         \
        continue;                                                                                                                         \
      }                                                                                                                                   \
      for (int64_t i = begin; i < begin + n; i++) {                                                                                       \
        int64_t place = 0;                                                                                                                \
        for (int axis = 0; axis < 3; axis++) {                                                                                            \
          const int64_t voxel = whole(at[axis * stride + i] + 0.5f) - origin[axis];                                                       \
          place = place * shape[axis] + (reflects ? reflected(voxel, shape[axis]) : clamp(voxel, shape[axis]));                           \
        }                                                                                                                                 \
        out[i] = source[place];                                                                                                           \
      }                                                                                                                                   \
    }                                                                                                                                     \
  }
NEAREST(1, uint8_t)
NEAREST(2, uint16_t)
NEAREST(4, uint32_t)
NEAREST(8, uint64_t)

void dcs_warp_nearest(const void *source, int width, const int64_t shape[3], const int64_t origin[3], const float *at, int64_t stride, int64_t count, void *out) {
  (width == 1 ? nearest_1 : width == 2 ? nearest_2 : width == 4 ? nearest_4 : nearest_8)(source, shape, origin, at, stride, count, out, 0);
}

void dcs_warp_nearest_reflected(const void *source, int width, const int64_t shape[3], const float *at, int64_t stride, int64_t count, void *out) {
  const int64_t origin[3] = {0, 0, 0};
  (width == 1 ? nearest_1 : width == 2 ? nearest_2 : width == 4 ? nearest_4 : nearest_8)(source, shape, origin, at, stride, count, out, 1);
}
