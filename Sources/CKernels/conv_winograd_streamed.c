// Minimal filtering of small volumes with many channels: weights are transformed where they are used, and kept nowhere.
//
// All input channels of a unit are transformed first, by all threads. Then each thread takes OUTPUTS channels, transforms their weights for INPUTS
// channels at a time, which with the points of these stay in the second cache, and adds up. A unit is the whole volume where it has few voxels,
// so that weights are read once: they are more than all else there (2592 -> 2592 channels: 0.7 GB, and four times that as points). Points of the
// inputs come from the third cache or from memory for each block, so the next ones are asked for while these are used.
// Floor of 2592 -> 2592 at 9: 4.1 * 10^10 products, 0.4 s on two threads with AVX2; it takes 0.9 s.
#include "conv_winograd.h"

enum { INPUTS = 32, OUTPUTS = 32, POSITIONS = 384, VECTOR = 16 };

typedef struct {
  conv_pass pass;
  winograd_source source;
  const conv_level *level;
  winograd_cut cut;
  winograd_unit unit;
  float *points, *scratch;
  int lanes;                      // output channels side by side, in groups of 8
  int64_t inputs;                 // channels at a time: INPUTS, or half of it for `lanes`
  int64_t worker_floats, plane;   // plane: floats from one point's lines of inputs to the next one's
} streamed_plan;

static int64_t points_floats(const winograd_cut *cut, int64_t inputs) { return cut->points * winograd_plane(inputs, cut->stride) + 2 * 96; }
static int64_t weights_floats(const winograd_cut *cut, dcs_extent kernel) { return cut->points * OUTPUTS * INPUTS * kernel.width; }
static int64_t worker_floats(const winograd_cut *cut, dcs_extent kernel) {
  return weights_floats(cut, kernel) + cut->points * OUTPUTS * cut->stride + round_up((cut->tile * cut->deep + 1) * GROUP * cut->segment + VECTOR, VECTOR);
}

static void take_channel(void *context, int64_t channel, int worker) {
  const streamed_plan *plan = context;
  const conv_pass *pass = &plan->pass;
  (void)worker;
  winograd_take_ranges(plan->level, &plan->cut, &plan->unit, pass->inputs, channel, 1, pass->before, plan->points + channel * plan->cut.stride, plan->plane);
}

// Some output channels and a run of inputs: their weights as points, [group][point][input][tap][8], and the sums.
typedef struct {
  int64_t first, outputs, input, inputs;
  float *weights, *sums;
  int64_t weights_group, weights_point, sums_channel, sums_point;
} streamed_block;

// Weights are read as they lie: inputs of one output side by side, or, transposed, outputs of one input.
static void pack_block(const streamed_plan *plan, const streamed_block *b) {
  const winograd_source *source = &plan->source;
  for (int64_t at = 0, groups = (b->outputs + GROUP - 1) / GROUP; at < b->inputs * groups; at++) {
    int64_t c = source->flipped ? at / groups : at % b->inputs, group = source->flipped ? at % groups : at / b->inputs, first = b->first + group * GROUP;
    float *to = b->weights + group * b->weights_group + c * source->kernel.width * group_width(first, source->outputs);
    winograd_pack(source, first, b->input + c, 1, to, b->weights_point);
  }
}

static void add_lanes(const streamed_plan *plan, const streamed_block *b, int64_t f, const float *points) {
  const winograd_unit *u = &plan->unit;
  conv_lanes lanes = {.input = points, .channels = b->inputs, .sc = plan->cut.stride, .taps = plan->source.kernel.width,
                      .weights = b->weights + f * b->weights_point, .weights_group = b->weights_group, .groups = (b->outputs + GROUP - 1) / GROUP,
                      .rows = u->tiles, .pitch = u->pitch, .width = u->width,
                      .sums = b->sums + f * b->sums_point, .sums_group = GROUP * b->sums_channel, .resume = b->input > 0,
                      .next = points + plan->plane, .next_floats = f + 1 < plan->cut.points ? b->inputs * plan->cut.stride : 0};
  plan->level->lanes(&lanes);
}

// Lines that are read next: there are too many, and each too short, for the machine to foresee.
static void ask_for(const streamed_plan *plan, const float *lines, int64_t count) {
  for (int64_t c = 0; c < count; c++, lines += plan->cut.stride)
    for (int64_t x = 0; x < plan->unit.line; x += 16) __builtin_prefetch(lines + x, 0, 2);
}

static void add_strips(const streamed_plan *plan, const streamed_block *b, int64_t f, const float *points) {
  int64_t taps = plan->source.kernel.width, row = 0;
  if (f + 1 < plan->cut.points) ask_for(plan, points + plan->plane, b->inputs);
  for (int64_t m = 0; m < b->outputs; m += GROUP) {
    conv_strip strip = {.input = points, .channels = b->inputs, .sc = plan->cut.stride, .rows = &row, .row_count = 1, .taps = taps,
                        .weights = b->weights + m / GROUP * b->weights_group + f * b->weights_point, .width = group_width(b->first + m, plan->source.outputs),
                        .positions = plan->unit.line - taps + 1, .sums = b->sums + f * b->sums_point + m * b->sums_channel, .stride = b->sums_channel,
                        .resume = b->input > 0};
    strip.weight_step = taps * strip.width;
    plan->level->strip(&strip);
  }
}

static void run_block(void *context, int64_t block, int worker) {
  const streamed_plan *plan = context;
  const winograd_cut *cut = &plan->cut;
  const winograd_unit *u = &plan->unit;
  streamed_block b = {.first = block * OUTPUTS, .outputs = min64(OUTPUTS, plan->source.outputs - block * OUTPUTS)};
  b.weights = plan->scratch + worker * plan->worker_floats, b.sums = b.weights + weights_floats(cut, plan->source.kernel);
  float *rows = b.sums + cut->points * OUTPUTS * cut->stride;
  b.weights_point = plan->inputs * plan->source.kernel.width * GROUP, b.weights_group = cut->points * b.weights_point;
  b.sums_channel = plan->lanes ? max64(6, u->tiles * u->width) : cut->stride, b.sums_point = OUTPUTS * b.sums_channel;
  for (; b.input < plan->source.inputs; b.input += plan->inputs) {
    if (dcs_pool_stopped()) return;
    b.inputs = min64(plan->inputs, plan->source.inputs - b.input);
    pack_block(plan, &b);
    for (int64_t f = 0; f < cut->points; f++)
      (plan->lanes ? add_lanes : add_strips)(plan, &b, f, plan->points + f * plan->plane + b.input * cut->stride);
  }
  if (plan->lanes)
    for (int64_t m = 0; m < b.outputs; m += GROUP)
      winograd_store_group(plan->level, cut, u, &plan->pass, b.first + m, b.sums + m * b.sums_channel, b.sums_point, rows);
  else
    for (int64_t m = 0; m < b.outputs; m++) winograd_store(plan->level, cut, u, &plan->pass, b.first + m, b.sums + m * b.sums_channel, b.sums_point);
}

static void run(dcs_pool *pool, const conv_pass *pass, winograd_source source, float *scratch) {
  dcs_extent before = winograd_before(pass->outputs, pass->inputs, pass->kernel);
  streamed_plan plan = {.pass = *pass, .source = source, .level = conv_current_level(), .cut = winograd_cut_of(&pass->outputs[0], pass->kernel, source.tile, pass->inputs[0].width, before.width, POSITIONS, 1)};
  plan.pass.before = before;
  plan.lanes = plan.level->lanes && source.outputs % GROUP == 0;
  plan.inputs = plan.lanes ? INPUTS / 2 : INPUTS;
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
