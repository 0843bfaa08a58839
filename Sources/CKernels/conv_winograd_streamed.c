// Minimal filtering of small volumes with many channels: weights are transformed where they are used, and kept nowhere.
//
// All input channels of a unit are transformed first, by all threads. Then each thread takes OUTPUTS channels, transforms their weights for INPUTS
// channels at a time, which with the points of these stay in the second cache, and adds up. A unit is the whole volume where it has few voxels, so that weights are read once:
// they are more than all else there (2592 -> 2592 channels: 0.7 GB, and four times that as points).
#include "conv_winograd.h"

enum { INPUTS = 32, OUTPUTS = 32, POSITIONS = 384, VECTOR = 16 };

typedef struct {
  conv_pass pass;
  winograd_source source;
  const conv_level *level;
  winograd_cut cut;
  winograd_unit unit;
  float *points, *scratch;
  int64_t worker_floats, plane;   // plane: floats from one point's lines of inputs to the next one's
} streamed_plan;

static int64_t points_floats(const winograd_cut *cut, int64_t inputs) { return cut->points * winograd_plane(inputs, cut->stride) + 2 * 96; }
static int64_t worker_floats(const winograd_cut *cut, dcs_extent kernel) { return cut->points * OUTPUTS * (INPUTS * kernel.width + cut->stride); }

static void take_channel(void *context, int64_t channel, int worker) {
  const streamed_plan *plan = context;
  const conv_pass *pass = &plan->pass;
  (void)worker;
  winograd_take_ranges(plan->level, &plan->cut, &plan->unit, pass->inputs, channel, 1, pass->before, plan->points + channel * plan->cut.stride, plan->plane);
}

// Lines that are read next: there are too many, and each too short, for the machine to foresee.
static void ask_for(const streamed_plan *plan, const float *lines, int64_t count) {
  for (int64_t c = 0; c < count; c++, lines += plan->cut.stride)
    for (int64_t x = 0; x < plan->unit.line; x += 16) __builtin_prefetch(lines + x, 0, 2);
}

static void run_block(void *context, int64_t block, int worker) {
  const streamed_plan *plan = context;
  const winograd_source *source = &plan->source;
  int64_t first = block * OUTPUTS, outputs = min64(OUTPUTS, source->outputs - first), taps = source->kernel.width, stride = plan->cut.stride, row = 0;
  float *sums = plan->scratch + worker * plan->worker_floats, *weights = sums + plan->cut.points * OUTPUTS * stride;
  int64_t plane = INPUTS * taps * GROUP, group_floats = plan->cut.points * plane;
  for (int64_t i = 0; i < source->inputs; i += INPUTS) {
    int64_t count = min64(INPUTS, source->inputs - i);
    for (int64_t c = 0; c < count; c++)   // the groups of one input lie side by side in transposed weights
      for (int64_t m = 0; m < outputs; m += GROUP)
        winograd_pack(source, first + m, i + c, 1, weights + m / GROUP * group_floats + c * taps * group_width(first + m, source->outputs), plane);
    for (int64_t f = 0; f < plan->cut.points; f++) {
      if (f + 1 < plan->cut.points) ask_for(plan, plan->points + (f + 1) * plan->plane + i * stride, count);
      for (int64_t m = 0; m < outputs; m += GROUP) {
        conv_strip strip = {.input = plan->points + f * plan->plane + i * stride, .channels = count, .sc = stride, .rows = &row, .row_count = 1,
                            .taps = taps, .weights = weights + m / GROUP * group_floats + f * plane, .width = group_width(first + m, source->outputs),
                            .positions = plan->unit.line - taps + 1, .sums = sums + (f * OUTPUTS + m) * stride, .stride = stride, .resume = i > 0};
        strip.weight_step = taps * strip.width;
        plan->level->strip(&strip);
      }
    }
  }
  for (int64_t m = 0; m < outputs; m++)
    winograd_store(plan->level, &plan->cut, &plan->unit, &plan->pass, first + m, sums + m * stride, OUTPUTS * stride);
}

static void run(dcs_pool *pool, const conv_pass *pass, winograd_source source, float *scratch) {
  dcs_extent before = winograd_before(pass->outputs, pass->inputs, pass->kernel);
  streamed_plan plan = {.pass = *pass, .source = source, .level = conv_current_level(), .cut = winograd_cut_of(&pass->outputs[0], pass->kernel, source.tile, pass->inputs[0].width, before.width, POSITIONS, 1)};
  plan.pass.before = before;
  plan.scratch = (float *)round_up((int64_t)(uintptr_t)scratch, 64);
  plan.worker_floats = worker_floats(&plan.cut, pass->kernel);
  plan.plane = winograd_plane(source.inputs, plan.cut.stride);
  plan.points = plan.scratch + dcs_pool_threads(pool) * plan.worker_floats;
  for (int64_t unit = 0; unit < plan.cut.units; unit++) {
    plan.unit = winograd_unit_of(&plan.cut, &pass->outputs[0], pass->kernel, unit);
    dcs_pool_run(pool, source.inputs, take_channel, &plan);
    dcs_pool_run(pool, (source.outputs + OUTPUTS - 1) / OUTPUTS, run_block, &plan);
  }
}

int64_t dcs_winograd_streamed_units(const dcs_tensor *output, dcs_extent kernel) {
  return winograd_cut_of(output, kernel, dcs_winograd_tile(output, kernel), output->width + kernel.width - 1, 0, POSITIONS, 1).units;
}

int64_t dcs_winograd_streamed_scratch(const dcs_pool *pool, const dcs_tensor *input, int64_t input_channels, const dcs_tensor *output, dcs_extent kernel) {
  winograd_cut cut = winograd_cut_of(output, kernel, dcs_winograd_tile(output, kernel), input->width, winograd_before(output, input, kernel).width, POSITIONS, 1);
  return VECTOR + points_floats(&cut, input_channels) + dcs_pool_threads(pool) * worker_floats(&cut, kernel);
}

void dcs_winograd_streamed_forward(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const float *weights, const float *bias,
                                   int relu, const dcs_tensor *output, float *scratch) {
  conv_pass pass = {.input_count = input_count, .output_count = 1, .kernel = kernel, .bias = bias, .relu = relu, .outputs = {*output}};
  for (int i = 0; i < input_count; i++) pass.inputs[i] = inputs[i];
  run(pool, &pass, winograd_source_of(weights, output->channels, channel_total(inputs, input_count), kernel, 0, dcs_winograd_tile(output, kernel)), scratch);
}

void dcs_winograd_streamed_backward_data(dcs_pool *pool, const dcs_tensor *dy, dcs_extent kernel, const float *weights, const dcs_tensor *dx, int dx_count,
                                         int accumulate, float *scratch) {
  conv_pass pass = {.input_count = 1, .output_count = dx_count, .kernel = kernel, .accumulate = accumulate, .inputs = {*dy}};
  for (int r = 0; r < dx_count; r++) pass.outputs[r] = dx[r];
  run(pool, &pass, winograd_source_of(weights, dy->channels, channel_total(dx, dx_count), kernel, 1, dcs_winograd_tile(dx, kernel)), scratch);
}
