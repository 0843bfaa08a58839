// Weights as points: U = G w G^T of each pair of channels and each tap along x, for each point in the order of conv_pack.c.
#include "conv_winograd.h"

typedef struct {
  const float *weights;
  int64_t outputs, inputs;   // of the pass that will read them
  int64_t step_output, step_input;
  dcs_extent kernel;
  int flipped;
  float *packed;
} packing;

int dcs_winograd_takes(dcs_extent k) { return k.height == 3 && (k.depth == 1 || k.depth == 3); }

static int64_t points_of(dcs_extent kernel) { return kernel.depth == 3 ? WINOGRAD_POINTS : WINOGRAD_SPAN; }
static int64_t line_count(int64_t outputs, int64_t inputs, dcs_extent kernel) {
  return dcs_conv_packed_count(outputs, inputs, (dcs_extent){1, 1, kernel.width});
}

int64_t dcs_winograd_packed_count(int64_t outputs, int64_t inputs, dcs_extent kernel) {
  return points_of(kernel) * line_count(outputs, inputs, kernel);
}

// Powers of the points over the products of their distances.
const double winograd_weights[WINOGRAD_SPAN][3] = {
  {64.0 / 81, 0, 0},
  {-128.0 / 243, -32.0 / 81, -8.0 / 27}, {-128.0 / 243, 32.0 / 81, -8.0 / 27},
  {32.0 / 243, 16.0 / 81, 8.0 / 27}, {32.0 / 243, -16.0 / 81, 8.0 / 27},
  {0, 0, 1},
};

#define G winograd_weights

// One group of output channels and one input channel: lanes are the channels of the group.
CLONED static void pack_pair(const packing *p, int64_t first, int64_t input, float *to, int64_t plane) {
  int64_t width = group_width(first, p->outputs), planes = p->kernel.depth, taps = p->kernel.width, volume = planes * 3 * taps;
  for (int64_t x = 0; x < taps; x++, to += width) {
    double w[3][3][GROUP] = {{{0}}}, along_y[3][WINOGRAD_SPAN][GROUP];
    for (int64_t m = 0; m < min64(width, p->outputs - first); m++) {
      const float *from = p->weights + (first + m) * p->step_output + input * p->step_input;
      for (int64_t z = 0; z < planes; z++)
        for (int64_t y = 0; y < 3; y++) {
          int64_t tap = (z * 3 + y) * taps + x;
          w[z][y][m] = from[p->flipped ? volume - 1 - tap : tap];
        }
    }
    for (int64_t z = 0; z < planes; z++)
      for (int i = 0; i < WINOGRAD_SPAN; i++)
        for (int m = 0; m < GROUP; m++) along_y[z][i][m] = G[i][0] * w[z][0][m] + G[i][1] * w[z][1][m] + G[i][2] * w[z][2][m];
    for (int64_t j = 0; j < (planes == 1 ? 1 : WINOGRAD_SPAN); j++)
      for (int i = 0; i < WINOGRAD_SPAN; i++) {
        float u[GROUP];
        for (int m = 0; m < GROUP; m++)
          u[m] = (float)(planes == 1 ? along_y[0][i][m] : G[j][0] * along_y[0][i][m] + G[j][1] * along_y[1][i][m] + G[j][2] * along_y[2][i][m]);
        for (int64_t m = 0; m < width; m++) to[(j * WINOGRAD_SPAN + i) * plane + m] = u[m];
      }
  }
}

static void pack_group(void *context, int64_t group, int worker) {
  const packing *p = context;
  (void)worker;
  int64_t first = group * GROUP, step = group_width(first, p->outputs) * p->kernel.width;
  float *to = p->packed + first * p->inputs * p->kernel.width;
  int64_t plane = line_count(p->outputs, p->inputs, p->kernel);
  for (int64_t i = 0; i < p->inputs; i++) pack_pair(p, first, i, to + i * step, plane);
}

void dcs_winograd_pack_forward(dcs_pool *pool, const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, float *packed) {
  int64_t volume = kernel_volume(kernel);
  packing p = {weights, outputs, inputs, inputs * volume, volume, kernel, 0, packed};
  dcs_pool_run(pool, (outputs + GROUP - 1) / GROUP, pack_group, &p);
}

void dcs_winograd_pack_backward(dcs_pool *pool, const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, float *packed) {
  int64_t volume = kernel_volume(kernel);
  packing p = {weights, inputs, outputs, volume, inputs * volume, kernel, 1, packed};
  dcs_pool_run(pool, (inputs + GROUP - 1) / GROUP, pack_group, &p);
}
