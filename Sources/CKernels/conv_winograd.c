// The driver of convolution by minimal filtering, forward and backward to the input: a unit of the output at a time (conv_winograd.h).
//
// A thread transforms INPUTS channels of a unit to lines of points, convolves the lines of each point as rows with the direct kernel's inner
// loop, adds the next channels to that, and transforms the sums to rows that it stores. A unit's lines stay in the second cache for few
// channels; of many, the lines of one point do. OUTPUTS channels are a job, so that small volumes still occupy all threads.
#include "conv_winograd.h"

enum { INPUTS = 144, OUTPUTS = 144, POSITIONS = 270, LEAST = 128, VECTOR = 16 };

static const float zeros[WINOGRAD_SEGMENT + 6 + VECTOR];   // as far as a row of 7 taps is read

static int64_t products(const dcs_tensor *output, dcs_extent kernel, int64_t tile) {
  int64_t high = (output->height + tile - 1) / tile * (tile + 2);
  return kernel.depth == 3 ? (output->depth + tile - 1) / tile * (tile + 2) * high : high;
}

int64_t dcs_winograd_tile(const dcs_tensor *output, dcs_extent kernel) { return products(output, kernel, 3) < products(output, kernel, 4) ? 3 : 4; }

winograd_cut winograd_cut_of(const dcs_tensor *output, dcs_extent kernel, int64_t tile, int64_t input_width, int64_t before, int64_t positions, int64_t wanted) {
  winograd_cut cut = {.tile = tile, .side = tile + 2, .deep = 1, .span = 1};
  if (kernel.depth == 3) cut.deep = cut.tile, cut.span = cut.side;
  cut.points = cut.span * cut.side;
  cut.y_tiles = (output->height + tile - 1) / tile;
  cut.tiles = (output->depth + cut.deep - 1) / cut.deep * cut.y_tiles;
  cut.segments = (output->width + WINOGRAD_SEGMENT - 1) / WINOGRAD_SEGMENT;
  cut.segment = (output->width + cut.segments - 1) / cut.segments;
  int64_t seen = cut.segment + kernel.width - 1;
  cut.pitch = cut.segments > 1 ? seen : input_width + max64(before, seen - before - input_width);
  int64_t line = min64(positions, max64(LEAST, cut.tiles * cut.pitch / wanted));
  int64_t together = max64(1, line / cut.pitch);
  cut.groups = (cut.tiles + together - 1) / together;
  cut.group = (cut.tiles + cut.groups - 1) / cut.groups;
  cut.groups = (cut.tiles + cut.group - 1) / cut.group;
  cut.units = cut.groups * cut.segments;
  cut.stride = round_up(cut.group * cut.pitch + 2 * (kernel.width - 1) + VECTOR, 96);
  return cut;
}

winograd_unit winograd_unit_of(const winograd_cut *cut, const dcs_tensor *output, dcs_extent kernel, int64_t index) {
  winograd_unit u = {.x = index % cut->segments * cut->segment, .first = index / cut->segments * cut->group};
  u.tiles = min64(cut->group, cut->tiles - u.first);
  u.width = min64(cut->segment, output->width - u.x);
  u.pitch = cut->pitch - (cut->segment - u.width);
  u.line = (u.tiles - 1) * u.pitch + u.width + kernel.width - 1;
  return u;
}

void winograd_take(const conv_level *level, const winograd_cut *cut, const winograd_unit *unit, const dcs_tensor *input, int64_t first, int64_t channels,
                   dcs_extent before, float *to, int64_t plane) {
  // Columns of the unit's rows that the input has, and the zeros on both sides of them.
  int64_t from = unit->x - before.width, left = max64(0, -from);
  int64_t columns = min64(input->width, from + unit->line - (unit->tiles - 1) * unit->pitch) - from - left;
  for (int64_t c = 0; c < channels; c++, to += cut->stride) {
    const float *rows[WINOGRAD_POINTS], *origin = input->data + (first + c) * input->sc + from + left;
    winograd_zero(to, left, cut->points, plane);
    for (int64_t t = 0; t < unit->tiles; t++) {
      winograd_place place = winograd_place_of(cut, unit->first + t);
      for (int64_t a = 0; a < cut->span; a++)
        for (int64_t b = 0; b < cut->side; b++) {
          int64_t z = place.z - before.depth + a, y = place.y - before.height + b;
          int inside = z >= 0 && z < input->depth && y >= 0 && y < input->height;
          rows[a * cut->side + b] = inside ? origin + z * input->sz + y * input->sy : zeros;
        }
      float *line = to + t * unit->pitch + left;
      conv_rows transform = {rows, cut->tile, cut->span, columns, line, plane};
      level->transform_inputs(&transform);
      winograd_zero(line + columns, t + 1 < unit->tiles ? unit->pitch - columns : to + winograd_end(cut, unit) - line - columns, cut->points, plane);
    }
  }
}

void winograd_take_ranges(const conv_level *level, const winograd_cut *cut, const winograd_unit *unit, const dcs_tensor *inputs, int64_t first, int64_t channels,
                          dcs_extent before, float *to, int64_t plane) {
  int64_t split = inputs[0].channels, of_first = max64(0, min64(channels, split - first));
  if (of_first) winograd_take(level, cut, unit, &inputs[0], first, of_first, before, to, plane);
  if (of_first < channels) winograd_take(level, cut, unit, &inputs[1], first + of_first - split, channels - of_first, before, to + of_first * cut->stride, plane);
}

typedef struct {
  conv_pass pass;
  const conv_level *level;
  winograd_cut cut;
  int64_t input_channels, output_channels, inputs, outputs, blocks;   // channels at a time; blocks of output channels
  int64_t packed_plane, input_plane, output_plane;   // floats of one point's weights, lines of inputs and of sums
  float *scratch;
  int64_t worker_floats;
} winograd_plan;

static winograd_plan make_plan(const dcs_tensor *input, int64_t input_channels, const dcs_tensor *output, int64_t output_channels, dcs_extent kernel) {
  winograd_plan plan = {.level = conv_current_level(), .input_channels = input_channels, .output_channels = output_channels};
  plan.cut = winograd_cut_of(output, kernel, WINOGRAD_TILE, input->width, winograd_before(output, input, kernel).width, POSITIONS, 2);   // two threads have something to do even where there is little
  plan.inputs = min64(input_channels, INPUTS);
  plan.outputs = min64(round_up(output_channels, GROUP), OUTPUTS);
  plan.blocks = (output_channels + OUTPUTS - 1) / OUTPUTS;
  plan.packed_plane = dcs_conv_packed_count(output_channels, input_channels, (dcs_extent){1, 1, kernel.width});
  plan.input_plane = winograd_plane(plan.inputs, plan.cut.stride), plan.output_plane = winograd_plane(plan.outputs, plan.cut.stride);
  plan.worker_floats = round_up(plan.cut.points * (plan.input_plane + plan.output_plane) + 2 * 96, VECTOR);   // the last strip reads past its line
  return plan;
}

static void run_unit(void *context, int64_t item, int worker) {
  const winograd_plan *plan = context;
  const conv_pass *pass = &plan->pass;
  int64_t first = item % plan->blocks * plan->outputs, channels = min64(plan->outputs, plan->output_channels - first), taps = pass->kernel.width;
  winograd_unit u = winograd_unit_of(&plan->cut, &pass->outputs[0], pass->kernel, item / plan->blocks);
  int64_t stride = plan->cut.stride, row = 0;
  float *points = plan->scratch + worker * plan->worker_floats, *sums = points + plan->cut.points * plan->input_plane;
  for (int64_t i = 0; i < plan->input_channels; i += plan->inputs) {
    int64_t count = min64(plan->inputs, plan->input_channels - i);
    winograd_take_ranges(plan->level, &plan->cut, &u, pass->inputs, i, count, pass->before, points, plan->input_plane);
    for (int64_t f = 0; f < plan->cut.points; f++)
      for (int64_t m = 0; m < channels; m += GROUP) {
        conv_strip strip = {.input = points + f * plan->input_plane, .channels = count, .sc = stride, .rows = &row, .row_count = 1, .taps = taps,
                            .width = group_width(first + m, plan->output_channels), .positions = u.line - taps + 1, .stride = stride,
                            .sums = sums + f * plan->output_plane + m * stride, .resume = i > 0};
        strip.weight_step = taps * strip.width;
        strip.weights = pass->packed + f * plan->packed_plane + (first + m) * plan->input_channels * taps + i * strip.weight_step;
        plan->level->strip(&strip);
      }
  }
  for (int64_t m = 0; m < channels; m++) winograd_store(plan->level, &plan->cut, &u, pass, first + m, sums + m * stride, plan->output_plane);
}

static void run(dcs_pool *pool, const conv_pass *pass, float *scratch) {
  winograd_plan plan = make_plan(pass->inputs, channel_total(pass->inputs, pass->input_count), pass->outputs, channel_total(pass->outputs, pass->output_count), pass->kernel);
  plan.pass = *pass;
  plan.pass.before = winograd_before(pass->outputs, pass->inputs, pass->kernel);
  plan.scratch = (float *)round_up((int64_t)(uintptr_t)scratch, 64);
  dcs_pool_run(pool, plan.cut.units * plan.blocks, run_unit, &plan);
}

int64_t dcs_winograd_scratch(const dcs_pool *pool, const dcs_tensor *input, int64_t input_channels, const dcs_tensor *output, int64_t output_channels,
                             dcs_extent kernel) {
  return VECTOR + dcs_pool_threads(pool) * make_plan(input, input_channels, output, output_channels, kernel).worker_floats;
}

void dcs_winograd_forward(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const float *packed, const float *bias,
                          int relu, const dcs_tensor *output, float *scratch) {
  conv_pass pass = {.input_count = input_count, .output_count = 1, .kernel = kernel, .packed = packed, .bias = bias, .relu = relu};
  for (int i = 0; i < input_count; i++) pass.inputs[i] = inputs[i];
  pass.outputs[0] = *output;
  run(pool, &pass, scratch);
}

void dcs_winograd_backward_data(dcs_pool *pool, const dcs_tensor *dy, dcs_extent kernel, const float *packed, const dcs_tensor *dx, int dx_count,
                                int accumulate, float *scratch) {
  conv_pass pass = {.input_count = 1, .output_count = dx_count, .kernel = kernel, .packed = packed, .accumulate = accumulate};
  pass.inputs[0] = *dy;
  for (int r = 0; r < dx_count; r++) pass.outputs[r] = dx[r];
  run(pool, &pass, scratch);
}
