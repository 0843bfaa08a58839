// Weights as points: U = G w G^T of each pair of channels and each tap along x, for each point in the order of conv_pack.c.
#include "conv_winograd.h"

int dcs_winograd_takes(dcs_extent k) { return k.height == 3 && (k.depth == 1 || k.depth == 3); }

static int64_t points_of(dcs_extent kernel) { return kernel.depth == 3 ? WINOGRAD_POINTS : WINOGRAD_SPAN; }
static int64_t line_count(int64_t outputs, int64_t inputs, dcs_extent kernel) {
  return dcs_conv_packed_count(outputs, inputs, (dcs_extent){1, 1, kernel.width});
}

int64_t dcs_winograd_packed_count(int64_t outputs, int64_t inputs, dcs_extent kernel) {
  return points_of(kernel) * line_count(outputs, inputs, kernel);
}

typedef float group_vector __attribute__((vector_size(4 * GROUP), aligned(4)));   // the channels of a group

// G w: the powers of the points over the products of their distances. Points of one sign differ from those of the other in the sign of the middle tap.
static inline __attribute__((always_inline)) void points_of_weights(const group_vector *w, int64_t step, int64_t tile, group_vector *points) {
  const float *g = tile == 4 ? (const float[]){-128.0 / 243, -8.0 / 27, -32.0 / 81, 32.0 / 243, 8.0 / 27, 16.0 / 81}
                             : (const float[]){-1.0 / 2, -1.0 / 8, -1.0 / 4, 1.0 / 6, 3.0 / 8, 1.0 / 4};
  group_vector w0 = w[0], w1 = w[step], w2 = w[2 * step];
  group_vector even_a = w0 * g[0] + w2 * g[1], odd_a = w1 * g[2], even_b = w0 * g[3] + w2 * g[4], odd_b = w1 * g[5];
  if (tile == 4) *points++ = w0 * (float)(64.0 / 81);
  points[0] = even_a + odd_a;
  points[1] = even_a - odd_a;
  points[2] = even_b + odd_b;
  points[3] = even_b - odd_b;
  points[4] = w2;
}

static inline __attribute__((always_inline)) void put(const group_vector *point, int64_t width, float *to) {
  if (width == GROUP) *(group_vector *)to = *point;
  else for (int64_t m = 0; m < width; m++) to[m] = (*point)[m];
}

static inline __attribute__((always_inline)) void pack_points(const winograd_source *s, int64_t first, int64_t input, float *to, int64_t plane, const int64_t tile) {
  const int64_t side = tile + 2;
  int64_t width = group_width(first, s->outputs), planes = s->kernel.depth, taps = s->kernel.width, volume = planes * 3 * taps;
  group_vector w[9 * 7] = {{0}};
  for (int64_t m = 0; m < min64(width, s->outputs - first); m++) {
    const float *from = s->weights + (first + m) * s->step_output + input * s->step_input;
    float *lane = (float *)w + m;
    if (s->flipped) for (int64_t k = 0; k < volume; k++) lane[k * GROUP] = from[volume - 1 - k];
    else for (int64_t k = 0; k < volume; k++) lane[k * GROUP] = from[k];
  }
  for (int64_t x = 0; x < taps; x++, to += width) {
    group_vector along_y[3][WINOGRAD_SPAN];
    for (int64_t z = 0; z < planes; z++) points_of_weights(w + z * 3 * taps + x, taps, tile, along_y[z]);
    for (int64_t i = 0; i < side; i++) {
      if (planes == 1) { put(&along_y[0][i], width, to + i * plane); continue; }
      group_vector along_z[WINOGRAD_SPAN];
      points_of_weights(&along_y[0][i], WINOGRAD_SPAN, tile, along_z);
      for (int64_t j = 0; j < side; j++) put(&along_z[j], width, to + (j * side + i) * plane);
    }
  }
}

// One group of output channels and one input channel.
CLONED static void pack_pair(const winograd_source *s, int64_t first, int64_t input, float *to, int64_t plane) {
  if (s->tile == 4) pack_points(s, first, input, to, plane, 4); else pack_points(s, first, input, to, plane, 3);
}

void winograd_pack(const winograd_source *s, int64_t first, int64_t input, int64_t count, float *to, int64_t plane) {
  int64_t step = group_width(first, s->outputs) * s->kernel.width;
  for (int64_t i = 0; i < count; i++) pack_pair(s, first, input + i, to + i * step, plane);
}

winograd_source winograd_source_of(const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, int flipped, int64_t tile) {
  int64_t volume = kernel_volume(kernel);
  if (flipped) return (winograd_source){weights, inputs, outputs, volume, inputs * volume, kernel, 1, tile};
  return (winograd_source){weights, outputs, inputs, inputs * volume, volume, kernel, 0, tile};
}

typedef struct { winograd_source source; float *packed; } packing;

static void pack_group(void *context, int64_t group, int worker) {
  const packing *p = context;
  const winograd_source *s = &p->source;
  (void)worker;
  int64_t first = group * GROUP;
  winograd_pack(s, first, 0, s->inputs, p->packed + first * s->inputs * s->kernel.width, line_count(s->outputs, s->inputs, s->kernel));
}

static void pack(dcs_pool *pool, winograd_source source, float *packed) {
  packing p = {source, packed};
  dcs_pool_run(pool, (source.outputs + GROUP - 1) / GROUP, pack_group, &p);
}

void dcs_winograd_pack_forward(dcs_pool *pool, const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, float *packed) {
  pack(pool, winograd_source_of(weights, outputs, inputs, kernel, 0, WINOGRAD_TILE), packed);
}

void dcs_winograd_pack_backward(dcs_pool *pool, const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, float *packed) {
  pack(pool, winograd_source_of(weights, outputs, inputs, kernel, 1, WINOGRAD_TILE), packed);
}
