// Resampling of bent, turned and scaled patches: where each voxel of a box comes from, and what lies there.
//
// Axes are z, y, x. Positions are in voxels; a row is `shape[2]` voxels. No sums are fused, so every machine gives the same bytes.
#pragma once
#include <stdint.h>

typedef struct {
  int64_t shape[3];     // of the box that is filled
  double first[3];      // where its voxel 0 lies relative to the centre of the turn, in voxels
  double size[3];       // of a voxel, in nm
  double matrix[9];     // nm around the centre to nm around the centre, rows z, y, x
  double centre[3];     // where the centre lies in the source, in voxels
} dcs_warp_box;

typedef struct {
  int64_t points[3];    // control points an axis, at least 4
  double spacing[3];    // between them, nm; the lattice is centred on the centre of the turn
  const float *shift;   // [3][z][y][x]: coefficients of displacements in nm along z, y, x
} dcs_warp_field;

// Source positions of rows [begin, end): planes z, y and x of `at`, each shape[0] · shape[1] · shape[2] long.
void dcs_warp_turn(const dcs_warp_box *box, int64_t begin, int64_t end, float *at);
// Adds a field of cubic B-splines; `scratch` holds 3 · points[2] + 5 · shape[2] floats.
void dcs_warp_bend(const dcs_warp_box *box, const dcs_warp_field *field, int64_t begin, int64_t end, float *at, float *scratch);

// Values at `count` positions (planes of `stride` positions), which are first moved by −origin; outside, the nearest voxel counts.
void dcs_warp_linear(const float *source, const int64_t shape[3], const int64_t origin[3], const float *at, int64_t stride, int64_t count, float *out);
void dcs_warp_nearest(const void *source, int width, const int64_t shape[3], const int64_t origin[3], const float *at, int64_t stride, int64_t count, void *out);

// The same from a whole volume in memory, reflected about its outermost voxels: values · scale + shift of uint8, uint16 or float (width 1, 2, 4).
void dcs_warp_linear_reflected(const void *source, int width, const int64_t shape[3], const float *at, int64_t stride, int64_t count, float scale, float shift, float *out);
void dcs_warp_nearest_reflected(const void *source, int width, const int64_t shape[3], const float *at, int64_t stride, int64_t count, void *out);
// 1 where the nearest voxel lies in the volume and `mask` (NULL: 1) is not 0 there.
void dcs_warp_inside(const uint8_t *mask, const int64_t shape[3], const float *at, int64_t stride, int64_t count, uint8_t *out);
// Smallest and largest of `count` positions; NaN if one of them is.
void dcs_warp_range(const float *at, int64_t count, float range[2]);
