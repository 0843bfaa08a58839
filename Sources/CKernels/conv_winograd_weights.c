// Gradient of convolution with respect to weights and bias by minimal filtering: the transpose of the forward algorithm.
//
//   dw = G^T (sum over tiles of (A dy A^T) * (B^T d B)) G, where * sums over columns, once a tap along x
//
// A job is one part of the volume for one block of output and one of input channels. It goes through its units (conv_winograd.h), transforms
// both to lines of points and adds the products of lines, which stay in the second cache; at the end it writes its share of dw. Parts are cut
// by shape alone and added in their order: the same bytes for any number of threads.
#include "conv_winograd.h"

enum { PARTS = 16, CHANNELS = 72, POSITIONS = 768, PARTIAL_FLOATS = 1 << 22, LINE = 16, MAX_COLUMNS = CHANNELS * 7 };

static const float zeros[WINOGRAD_SEGMENT + LINE];

typedef struct {
  const dcs_tensor *inputs, *dy;
  dcs_extent k;
  const conv_level *level;
  winograd_cut cut;
  int64_t input_channels, output_blocks, input_blocks, outputs, inputs_step;   // channels of a block
  int64_t parts;
  int64_t columns;                                    // of a block: its input channels times the taps along x
  int outer;                                          // channels of dy side by side, in groups of 8
  float *partial, *bias, *scratch;                    // [part][o][i][kernel], [part][o], [worker]
  int64_t worker_floats, x_plane, dy_plane;           // floats from one point's lines to the next one's
  float *dw, *dbias;
  int accumulate;
} gradient_plan;

static gradient_plan make_plan(const dcs_tensor *inputs, int input_count, dcs_extent k, const dcs_tensor *dy) {
  gradient_plan plan = {.inputs = inputs, .dy = dy, .k = k, .level = conv_current_level()};
  plan.cut = winograd_cut_of(dy, k, dcs_winograd_tile(dy, k), inputs[0].width, winograd_before(dy, inputs, k).width, POSITIONS, 2);
  plan.input_channels = channel_total(inputs, input_count);
  plan.output_blocks = (dy->channels + CHANNELS - 1) / CHANNELS;
  plan.input_blocks = (plan.input_channels + CHANNELS - 1) / CHANNELS;
  plan.outputs = round_up((dy->channels + plan.output_blocks - 1) / plan.output_blocks, GROUP);
  plan.inputs_step = (plan.input_channels + plan.input_blocks - 1) / plan.input_blocks;
  plan.output_blocks = (dy->channels + plan.outputs - 1) / plan.outputs;
  plan.columns = plan.inputs_step * k.width;
  int64_t whole = dy->channels * plan.input_channels * kernel_volume(k);
  plan.parts = min64(min64(PARTS, plan.cut.units), max64(1, PARTIAL_FLOATS / whole));
  plan.x_plane = winograd_plane(plan.inputs_step, plan.cut.stride), plan.dy_plane = winograd_plane(plan.outputs, plan.cut.stride);
  int64_t last = dy->channels % GROUP;
  plan.outer = plan.level->outer && (last == 0 || last > 4 || dy->channels > 4 * GROUP);
  plan.worker_floats = plan.cut.points * (plan.x_plane + plan.dy_plane + plan.columns * plan.outputs) + 2 * 96;
  if (plan.outer) plan.worker_floats += WINOGRAD_TILE * WINOGRAD_TILE * GROUP * plan.cut.segment + LINE;
  plan.worker_floats = round_up(plan.worker_floats, LINE);
  return plan;
}

CLONED static float row_sum(const float *row, int64_t count) {
  float lanes[LINE] = {0}, sum = 0;
  int64_t x = 0;
  for (; x + LINE <= count; x += LINE)
    for (int lane = 0; lane < LINE; lane++) lanes[lane] += row[x + lane];
  for (; x < count; x++) sum += row[x];
  for (int lane = 0; lane < LINE; lane++) sum += lanes[lane];
  return sum;
}

// A dy A^T of one channel, with zeros between rows and up to the end of the line; returns the sum of the unit's dy if that is wanted.
static float take_gradient(const gradient_plan *plan, const winograd_unit *u, int64_t channel, int summed, float *to, int64_t plane) {
  const dcs_tensor *dy = plan->dy;
  const float *rows[WINOGRAD_TILE * WINOGRAD_TILE], *origin = dy->data + channel * dy->sc + u->x;
  float sum = 0;
  for (int64_t t = 0; t < u->tiles; t++) {
    winograd_place place = winograd_place_of(&plan->cut, u->first + t);
    for (int64_t a = 0; a < plan->cut.deep; a++)
      for (int64_t b = 0; b < plan->cut.tile; b++) {
        int64_t z = place.z + a, y = place.y + b;
        int inside = z < dy->depth && y < dy->height;
        rows[a * plan->cut.tile + b] = inside ? origin + z * dy->sz + y * dy->sy : zeros;
        if (inside && summed) sum += row_sum(rows[a * plan->cut.tile + b], u->width);
      }
    conv_rows transform = {rows, plan->cut.tile, plan->cut.deep, u->width, to + t * u->pitch, plane};
    plan->level->transform_gradients(&transform);
    int64_t end = t * u->pitch + u->width;
    winograd_zero(to + end, (t + 1 < u->tiles ? (t + 1) * u->pitch : winograd_end(&plan->cut, u)) - end, plan->cut.points, plane);
  }
  return sum;
}

// The same of 8 channels at a time, side by side; `rows`: room for the tile's.
static void take_group(const gradient_plan *plan, const winograd_unit *u, int64_t channel, int64_t channels, double *bias, float *rows, float *to, int64_t plane) {
  const dcs_tensor *dy = plan->dy;
  const float *interleaved[WINOGRAD_TILE * WINOGRAD_TILE];
  for (int64_t t = 0; t < u->tiles; t++) {
    winograd_place place = winograd_place_of(&plan->cut, u->first + t);
    for (int64_t a = 0; a < plan->cut.deep; a++)
      for (int64_t b = 0; b < plan->cut.tile; b++) {
        int64_t z = place.z + a, y = place.y + b, index = a * plan->cut.tile + b;
        int inside = z < dy->depth && y < dy->height;
        const float *from[GROUP];
        for (int64_t m = 0; m < GROUP; m++) {
          from[m] = inside && m < channels ? dy->data + (channel + m) * dy->sc + z * dy->sz + y * dy->sy + u->x : zeros;
          if (bias && inside && m < channels) bias[m] += row_sum(from[m], u->width);
        }
        float *row = rows + index * GROUP * u->width;
        interleaved[index] = row;
        plan->level->interleave(from, u->width, row);
      }
    conv_rows transform = {interleaved, plan->cut.tile, plan->cut.deep, u->width * GROUP, to + t * u->pitch * GROUP, plane};
    plan->level->transform_gradients(&transform);
  }
}

static void add_outer_products(const gradient_plan *plan, const winograd_unit *u, int64_t outputs, int64_t inputs, const float *dy, const float *x, float *sums) {
  const float *columns[MAX_COLUMNS];
  int64_t stride = plan->cut.stride;
  for (int64_t f = 0; f < plan->cut.points; f++) {
    const float *lines = x + f * plan->x_plane;
    for (int64_t j = 0; j < inputs * plan->k.width; j++) columns[j] = lines + j / plan->k.width * stride + j % plan->k.width;
    conv_outer outer = {.dy = dy + f * plan->dy_plane, .dy_group = stride * GROUP, .groups = (outputs + GROUP - 1) / GROUP, .rows = u->tiles, .pitch = u->pitch,
                        .width = u->width, .columns = columns, .column_count = inputs * plan->k.width,
                        .sums = sums + f * plan->outputs * plan->columns, .sums_group = GROUP * plan->columns};
    plan->level->outer(&outer);
  }
}

static void add_products(const gradient_plan *plan, const winograd_unit *u, int64_t o0, int64_t o1, int64_t inputs, const float *dy, const float *x, float *sums) {
  const float *columns[MAX_COLUMNS];
  int64_t stride = plan->cut.stride;
  for (int64_t f = 0; f < plan->cut.points; f++) {
    const float *lines = x + f * plan->x_plane;
    for (int64_t j = 0; j < inputs * plan->k.width; j++) columns[j] = lines + j / plan->k.width * stride + j % plan->k.width;
    for (int64_t o = o0; o < o1; o += GROUP) {
      conv_dots dots = {.dy = dy + f * plan->dy_plane + (o - o0) * stride, .stride = stride, .width = group_width(o, plan->dy->channels), .planes = 1,
                        .count = round_up(u->line, LINE), .columns = columns, .column_count = inputs * plan->k.width,
                        .sums = sums + (f * plan->outputs + o - o0) * plan->columns};
      plan->level->dots(&dots);
    }
  }
}

static void sum_part(void *context, int64_t item, int worker) {
  const gradient_plan *plan = context;
  int64_t i0 = item % plan->input_blocks * plan->inputs_step, i1 = min64(i0 + plan->inputs_step, plan->input_channels);
  item /= plan->input_blocks;
  int64_t o0 = item % plan->output_blocks * plan->outputs, o1 = min64(o0 + plan->outputs, plan->dy->channels), part = item / plan->output_blocks;
  int64_t stride = plan->cut.stride, volume = kernel_volume(plan->k);
  float *x = plan->scratch + worker * plan->worker_floats, *dy = x + plan->cut.points * plan->x_plane, *sums = dy + plan->cut.points * plan->dy_plane;
  float *rows = sums + round_up(plan->cut.points * plan->outputs * plan->columns, LINE);
  memset(sums, 0, (size_t)(plan->cut.points * plan->outputs * plan->columns) * sizeof *sums);
  for (int64_t f = 0; f < plan->cut.points && o0 + plan->outputs > o1; f++)   // lines beyond the last channel
    memset(dy + f * plan->dy_plane + (o1 - o0) * stride, 0, (size_t)((o0 + plan->outputs - o1) * stride) * sizeof *dy);
  double bias[CHANNELS] = {0};
  for (int64_t unit = plan->cut.units * part / plan->parts; unit < plan->cut.units * (part + 1) / plan->parts; unit++) {
    if (dcs_pool_stopped()) return;
    winograd_unit u = winograd_unit_of(&plan->cut, plan->dy, plan->k, unit);
    winograd_take_ranges(plan->level, &plan->cut, &u, plan->inputs, i0, i1 - i0, winograd_before(plan->dy, plan->inputs, plan->k), x, plan->x_plane);
    if (plan->outer) {
      for (int64_t o = o0; o < o1; o += GROUP) take_group(plan, &u, o, o1 - o, i0 == 0 ? bias + (o - o0) : NULL, rows, dy + (o - o0) * stride, plan->dy_plane);
      add_outer_products(plan, &u, o1 - o0, i1 - i0, dy, x, sums);
    } else {
      for (int64_t o = o0; o < o1; o++) bias[o - o0] += take_gradient(plan, &u, o, i0 == 0, dy + (o - o0) * stride, plan->dy_plane);
      add_products(plan, &u, o0, o1, i1 - i0, dy, x, sums);
    }
  }
  int alone = plan->parts == 1;
  winograd_points points = {plan->cut.tile, plan->k.depth, plan->k.width, plan->outputs * plan->columns};
  float *made = alone ? plan->dw : plan->partial + part * plan->dy->channels * plan->input_channels * volume;
  for (int64_t o = o0; o < o1; o += GROUP) {
    int64_t width = plan->outer ? GROUP : group_width(o, plan->dy->channels), row = plan->input_channels * volume;
    for (int64_t i = i0; i < i1; i++)
      winograd_taps(&points, sums + (o - o0) * plan->columns + (i - i0) * plan->k.width * width, width, min64(width, o1 - o), alone && plan->accumulate,
                    made + o * row + i * volume, row);
  }
  if (i0 == 0) for (int64_t o = o0; o < o1; o++) plan->bias[part * plan->dy->channels + o] = (float)bias[o - o0];
}

// One row of dw, and its bias: the parts in their order.
static void add_parts(void *context, int64_t o, int worker) {
  const gradient_plan *plan = context;
  (void)worker;
  int64_t count = plan->input_channels * kernel_volume(plan->k), channels = plan->dy->channels;
  float *dw = plan->dw + o * count, bias = plan->accumulate && plan->dbias ? plan->dbias[o] : 0;
  for (int64_t part = 0; part < plan->parts; part++) bias += plan->bias[part * channels + o];
  if (plan->parts > 1 && !plan->accumulate) memset(dw, 0, (size_t)count * sizeof *dw);
  for (int64_t part = 0; part < plan->parts && plan->parts > 1; part++) {
    const float *from = plan->partial + (part * channels + o) * count;
    for (int64_t j = 0; j < count; j++) dw[j] += from[j];
  }
  if (plan->dbias) plan->dbias[o] = bias;
}

// One part alone is written to dw.
static int64_t partial_floats(const gradient_plan *plan) {
  return plan->parts > 1 ? plan->parts * plan->dy->channels * plan->input_channels * kernel_volume(plan->k) : 0;
}

int64_t dcs_winograd_backward_weights_scratch(const dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const dcs_tensor *dy) {
  gradient_plan plan = make_plan(inputs, input_count, kernel, dy);
  return LINE + dcs_pool_threads(pool) * plan.worker_floats + partial_floats(&plan) + plan.parts * dy->channels;
}

void dcs_winograd_backward_weights(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const dcs_tensor *dy, float *dw,
                                   float *dbias, int accumulate, float *scratch) {
  gradient_plan plan = make_plan(inputs, input_count, kernel, dy);
  plan.dw = dw, plan.dbias = dbias, plan.accumulate = accumulate;
  plan.scratch = (float *)round_up((int64_t)(uintptr_t)scratch, LINE * sizeof *scratch);
  plan.partial = plan.scratch + dcs_pool_threads(pool) * plan.worker_floats;
  plan.bias = plan.partial + partial_floats(&plan);
  dcs_pool_run(pool, plan.parts * plan.output_blocks * plan.input_blocks, sum_part, &plan);
  dcs_pool_run(pool, dy->channels, add_parts, &plan);
}
