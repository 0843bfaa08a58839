// From points to taps, the last step of the gradient of weights: dw = G^T sums G (conv_winograd.h), in double precision, since numbers of G
// cancel; rounded once.
#include "conv_winograd.h"

typedef float group_vector __attribute__((vector_size(4 * GROUP), aligned(4)));
typedef double group_doubles __attribute__((vector_size(8 * GROUP)));

static inline __attribute__((always_inline)) void load_group(const float *from, int64_t width, group_doubles *to) {
  group_vector lanes = {0};
  if (width == GROUP) lanes = *(const group_vector *)from;
  else for (int64_t m = 0; m < width; m++) lanes[m] = from[m];
  *to = __builtin_convertvector(lanes, group_doubles);
}

// o = G^T s (conv_winograd_pack.c).
static inline __attribute__((always_inline)) void taps_of_points(const group_doubles *s, int64_t step, const int64_t tile, group_doubles *o) {
  const group_doubles *p = tile == 4 ? s + step : s;
  group_doubles even_a = p[0] + p[step], odd_a = p[0] - p[step], even_b = p[2 * step] + p[3 * step], odd_b = p[2 * step] - p[3 * step];
  if (tile == 4) {
    o[0] = 64.0 / 81 * s[0] - 128.0 / 243 * even_a + 32.0 / 243 * even_b;
    o[1] = -32.0 / 81 * odd_a + 16.0 / 81 * odd_b;
    o[2] = -8.0 / 27 * even_a + 8.0 / 27 * even_b + p[4 * step];
  } else {
    o[0] = -0.5 * even_a + 1.0 / 6 * even_b;
    o[1] = -0.25 * odd_a + 0.25 * odd_b;
    o[2] = -0.125 * even_a + 0.375 * even_b + p[4 * step];
  }
}

static inline __attribute__((always_inline)) void taps_of_tile(const winograd_points *points, const float *sums, int64_t width, int64_t channels, int adds, float *dw,
                                                              int64_t step, const int64_t tile) {
  const int64_t side = tile + 2;
  int64_t plane = points->plane, planes = points->planes, taps = points->taps;
  group_vector made[9 * 7];   // [z][y][x]
  for (int64_t x = 0; x < taps; x++, sums += width) {
    group_doubles along_y[WINOGRAD_SPAN][3], along_z[3];
    for (int64_t j = 0; j < (planes == 1 ? 1 : side); j++) {
      group_doubles s[WINOGRAD_SPAN];
      for (int64_t i = 0; i < side; i++) load_group(sums + (j * side + i) * plane, width, &s[i]);
      taps_of_points(s, 1, tile, along_y[j]);
    }
    for (int y = 0; y < 3; y++) {
      if (planes == 1) along_z[0] = along_y[0][y]; else taps_of_points(&along_y[0][y], 3, tile, along_z);
      for (int64_t z = 0; z < planes; z++) made[(z * 3 + y) * taps + x] = __builtin_convertvector(along_z[z], group_vector);
    }
  }
  for (int64_t m = 0; m < channels; m++, dw += step)
    for (int64_t k = 0; k < planes * 3 * taps; k++) {
      float value = ((const float *)&made[k])[m];
      dw[k] = adds ? dw[k] + value : value;
    }
}

CLONED void winograd_taps(const winograd_points *points, const float *sums, int64_t width, int64_t channels, int adds, float *dw, int64_t step) {
  if (points->tile == 4) taps_of_tile(points, sums, width, channels, adds, dw, step, 4);
  else taps_of_tile(points, sums, width, channels, adds, dw, step, 3);
}
