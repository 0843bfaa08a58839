// Gradient of convolution with respect to weights and bias.
//
//   dw[o, j] = sum over voxels p of dy[o, p] * x[p shifted by column j],   j = (i, kz, ky, kx)
//
// Method: the volume is cut into strips of some rows (of small images: some planes) that fit the first cache. A strip of dy and of the input is copied to equal pitch (dy with
// zeros where a row of the input is longer), so that every column is the copied input at another offset, and vectors run along positions.
// With a stride or dilation each column is copied for itself, its voxels side by side.
// The strips are dealt to at most PARTS parts, by shape alone; each part has sums of its own, and they are added in their order.
// Checked against a scalar twin and central differences in KernelConvTests.
#include "conv_internal.h"
#include "include/conv_window.h"
#include <string.h>

enum { STRIP = 512, PARTS = 8, OUTPUTS = 32, INPUTS = 32, COLUMNS = 24, MAX_COLUMNS = 343, PARTIAL_FLOATS = 1 << 22, LINE = 16 };

typedef struct {
  const dcs_tensor *inputs, *dy;
  int input_count;
  dcs_extent k, stride, dilation;
  int gathered;                                 // columns are copied one by one
  const conv_level *level;
  int64_t input_channels, columns, rows;        // columns of dw; its rows with the last group filled up
  int64_t segment, rows_per_strip, planes_per_strip;   // voxels of dy in a strip
  int64_t segments, strips, units;              // strips of a row, of a plane, of the volume
  int64_t parts, output_blocks, input_blocks;
  int64_t batch;                                // input channels copied at a time
  int64_t copied_plane, copied_channel;         // floats of one copied plane, of all those of a channel (of a column where they are gathered)
  float *partial, *partial_bias, *copies;       // [part][o][columns], [part][o], [worker]
  float *dw, *dbias;
  int accumulate;
} gradient_plan;

typedef struct { int64_t z, y, x, planes, rows, width, pitch, count; } strip_place;   // count: positions of a plane

static int64_t copy_floats(const gradient_plan *plan) {
  return OUTPUTS * STRIP + plan->batch * plan->copied_channel * (plan->gathered ? kernel_volume(plan->k) : 1);
}

static gradient_plan make_plan(const dcs_tensor *inputs, int input_count, dcs_window w, const dcs_tensor *dy) {
  dcs_extent k = w.kernel;
  gradient_plan plan = {.inputs = inputs, .dy = dy, .input_count = input_count, .k = k, .stride = w.stride, .dilation = w.dilation, .level = conv_current_level()};
  int64_t volume = kernel_volume(k), whole = dy->channels / GROUP * GROUP;
  plan.input_channels = channel_total(inputs, input_count);
  plan.columns = plan.input_channels * volume;
  plan.rows = whole + (whole < dy->channels ? group_width(whole, dy->channels) : 0);

  plan.gathered = kernel_volume(w.stride) * kernel_volume(w.dilation) > 1;
  dcs_extent beyond = plan.gathered ? (dcs_extent){0, 0, 0} : (dcs_extent){k.depth - 1, k.height - 1, k.width - 1};   // of a strip of dy
  plan.segment = min64(dy->width, STRIP - beyond.width);
  plan.segments = (dy->width + plan.segment - 1) / plan.segment;
  int64_t pitch = plan.segment + beyond.width;
  plan.rows_per_strip = min64(dy->height, STRIP / pitch);
  plan.strips = (dy->height + plan.rows_per_strip - 1) / plan.rows_per_strip;
  int64_t fitting = plan.strips * plan.segments > 1 ? 1 : STRIP / round_up(plan.rows_per_strip * pitch, LINE);
  plan.planes_per_strip = min64(dy->depth, max64(1, fitting));
  plan.units = (dy->depth + plan.planes_per_strip - 1) / plan.planes_per_strip * plan.strips * plan.segments;

  plan.parts = min64(min64(PARTS, plan.units), max64(1, PARTIAL_FLOATS / (plan.rows * plan.columns)));
  plan.output_blocks = (dy->channels + OUTPUTS - 1) / OUTPUTS;
  plan.input_blocks = (plan.input_channels + INPUTS - 1) / INPUTS;
  plan.batch = max64(1, COLUMNS / volume);
  plan.copied_plane = round_up((plan.rows_per_strip + beyond.height) * pitch + beyond.width + LINE, LINE);
  plan.copied_channel = (plan.planes_per_strip + beyond.depth) * plan.copied_plane;
  return plan;
}

// Sums of a block of output and input channels: [group of outputs][column of the block][channel in the group].
static int64_t block_columns(const gradient_plan *plan) { return min64(INPUTS, plan->input_channels) * kernel_volume(plan->k); }
static int64_t worker_floats(const gradient_plan *plan) { return copy_floats(plan) + round_up(OUTPUTS * block_columns(plan), LINE); }

// Shares of dw; one part alone is written to dw itself.
static int64_t partial_floats(const gradient_plan *plan) { return plan->parts > 1 ? plan->parts * plan->dy->channels * plan->columns : 0; }

static int64_t scratch_floats(const gradient_plan *plan, int threads) {
  return LINE + round_up(partial_floats(plan) + plan->parts * plan->dy->channels, LINE) + threads * worker_floats(plan);
}

static strip_place place_of(const gradient_plan *plan, int64_t unit) {
  strip_place s = {.x = unit % plan->segments * plan->segment};
  unit /= plan->segments;
  s.y = unit % plan->strips * plan->rows_per_strip;
  s.z = unit / plan->strips * plan->planes_per_strip;
  s.planes = min64(plan->planes_per_strip, plan->dy->depth - s.z);
  s.rows = min64(plan->rows_per_strip, plan->dy->height - s.y);
  s.width = min64(plan->segment, plan->dy->width - s.x);
  s.pitch = s.width + (plan->gathered ? 0 : plan->k.width - 1);
  s.count = round_up(s.rows * s.pitch, LINE);
  return s;
}

// One channel of dy: rows of `pitch`, zero behind their end and up to a whole vector. Returns the sum.
CLONED static float copy_dy(const dcs_tensor *dy, int64_t channel, strip_place s, float *to) {
  float lanes[LINE] = {0}, sum = 0;
  for (int64_t q = 0; q < s.planes; q++, to += s.count) {
    const float *from = dy->data + channel * dy->sc + (s.z + q) * dy->sz + s.y * dy->sy + s.x;
    for (int64_t y = 0; y < s.rows; y++, from += dy->sy) {
      float *row = to + y * s.pitch;
      for (int64_t x = 0; x < s.width; x++) row[x] = from[x];
      for (int64_t x = s.width; x < s.pitch; x++) row[x] = 0;
    }
    for (int64_t p = s.rows * s.pitch; p < s.count; p++) to[p] = 0;
    for (int64_t p = 0; p < s.count; p += LINE)
      for (int lane = 0; lane < LINE; lane++) lanes[lane] += to[p + lane];
  }
  for (int lane = 0; lane < LINE; lane++) sum += lanes[lane];
  return sum;
}

// One channel of the input: kz - 1 planes more than dy, zero behind each as far as the last vector reaches.
CLONED static void copy_input(const gradient_plan *plan, const dcs_tensor *in, int64_t channel, strip_place s, float *to) {
  int64_t planes = s.planes + plan->k.depth - 1, rows = s.rows + plan->k.height - 1;
  for (int64_t q = 0; q < planes; q++, to += plan->copied_plane) {
    const float *from = in->data + channel * in->sc + (s.z + q) * in->sz + s.y * in->sy + s.x;
    float *row = to;
    for (int64_t y = 0; y < rows; y++, from += in->sy, row += s.pitch)
      for (int64_t x = 0; x < s.pitch; x++) row[x] = from[x];
    for (int64_t x = 0; x < plan->k.width - 1 + LINE; x++) row[x] = 0;
  }
}

// One column: what tap (kz, ky, kx) sees from each voxel of the strip of dy.
CLONED static void gather_input(const gradient_plan *plan, const dcs_tensor *in, int64_t channel, strip_place s, int64_t kz, int64_t ky, int64_t kx, float *to) {
  int64_t step = plan->stride.width;
  for (int64_t q = 0; q < s.planes; q++, to += plan->copied_plane) {
    const float *from = in->data + channel * in->sc + ((s.z + q) * plan->stride.depth + kz * plan->dilation.depth) * in->sz
                      + (s.y * plan->stride.height + ky * plan->dilation.height) * in->sy + s.x * step + kx * plan->dilation.width;
    float *row = to;
    for (int64_t y = 0; y < s.rows; y++, from += plan->stride.height * in->sy, row += s.pitch)
      for (int64_t x = 0; x < s.pitch; x++) row[x] = from[x * step];
    for (int64_t x = 0; x < LINE; x++) row[x] = 0;
  }
}

// Copies the channel's part of the input, and gives its columns.
static int64_t copy_channel(const gradient_plan *plan, const dcs_tensor *in, int64_t channel, strip_place s, float *to, const float **columns) {
  int64_t count = 0;
  if (!plan->gathered) copy_input(plan, in, channel, s, to);
  for (int64_t kz = 0; kz < plan->k.depth; kz++)
    for (int64_t ky = 0; ky < plan->k.height; ky++)
      for (int64_t kx = 0; kx < plan->k.width; kx++, count++) {
        columns[count] = to + (plan->gathered ? count * plan->copied_channel : kz * plan->copied_plane + ky * s.pitch + kx);
        if (plan->gathered) gather_input(plan, in, channel, s, kz, ky, kx, to + count * plan->copied_channel);
      }
  return count;
}

// All strips of one part, for one block of output channels and one of input channels.
static void sum_part(void *context, int64_t item, int worker) {
  const gradient_plan *plan = context;
  int64_t i0 = item % plan->input_blocks * INPUTS, i1 = min64(i0 + INPUTS, plan->input_channels);
  item /= plan->input_blocks;
  int64_t o0 = item % plan->output_blocks * OUTPUTS, o1 = min64(o0 + OUTPUTS, plan->dy->channels);
  int64_t part = item / plan->output_blocks, volume = kernel_volume(plan->k);

  double bias[OUTPUTS] = {0};
  float *dy = plan->copies + worker * worker_floats(plan), *copied = dy + OUTPUTS * STRIP, *sums = dy + copy_floats(plan);
  memset(sums, 0, (size_t)(OUTPUTS * block_columns(plan)) * sizeof *sums);
  int64_t channel_floats = plan->copied_channel * (plan->gathered ? volume : 1);
  const float *columns[MAX_COLUMNS];
  int64_t filled = min64(round_up(o1 - o0, GROUP), OUTPUTS);   // rows of a partly used group read as zero
  memset(dy + (o1 - o0) * STRIP, 0, (size_t)((filled - (o1 - o0)) * STRIP) * sizeof *dy);

  for (int64_t unit = plan->units * part / plan->parts; unit < plan->units * (part + 1) / plan->parts; unit++) {
    if (dcs_pool_stopped()) return;
    strip_place s = place_of(plan, unit);
    for (int64_t o = o0; o < o1; o++) bias[o - o0] += copy_dy(plan->dy, o, s, dy + (o - o0) * STRIP);
    for (int64_t i = i0; i < i1; i += plan->batch) {
      int64_t channels = min64(plan->batch, i1 - i), count = 0;
      for (int64_t c = 0; c < channels; c++) {
        int range = i + c >= plan->inputs[0].channels;
        count += copy_channel(plan, &plan->inputs[range], i + c - (range ? plan->inputs[0].channels : 0), s, copied + c * channel_floats, columns + count);
      }
      conv_dots dots = {.stride = STRIP, .planes = s.planes, .count = s.count, .columns = columns, .column_count = count,
                        .column_plane = plan->copied_plane};
      for (int64_t o = o0; o < o1; o += GROUP) {
        dots.dy = dy + (o - o0) * STRIP;
        dots.width = group_width(o, plan->dy->channels);
        dots.sums = sums + (o - o0) * block_columns(plan) + (i - i0) * volume * dots.width;
        plan->level->dots(&dots);
      }
    }
  }
  int adds = plan->parts == 1 && plan->accumulate;
  float *made = plan->parts == 1 ? plan->dw : plan->partial + part * plan->dy->channels * plan->columns;
  for (int64_t o = o0; o < o1; o++) {
    int64_t first = o / GROUP * GROUP, width = group_width(first, plan->dy->channels);
    const float *from = sums + (first - o0) * block_columns(plan) + (o - first);
    float *to = made + o * plan->columns + i0 * volume;
    for (int64_t j = 0; j < (i1 - i0) * volume; j++) to[j] = adds ? to[j] + from[j * width] : from[j * width];
    if (i0 == 0) plan->partial_bias[part * plan->dy->channels + o] = (float)bias[o - o0];
  }
}

// One row of dw: the parts in their order.
static void add_parts(void *context, int64_t o, int worker) {
  const gradient_plan *plan = context;
  (void)worker;
  int64_t channels = plan->dy->channels;
  float *dw = plan->dw + o * plan->columns;
  if (plan->parts > 1 && !plan->accumulate) memset(dw, 0, (size_t)plan->columns * sizeof *dw);
  for (int64_t part = 0; part < plan->parts && plan->parts > 1; part++) {
    const float *from = plan->partial + (part * channels + o) * plan->columns;
    for (int64_t j = 0; j < plan->columns; j++) dw[j] += from[j];
  }
  if (!plan->dbias) return;
  float sum = plan->accumulate ? plan->dbias[o] : 0;
  for (int64_t part = 0; part < plan->parts; part++) sum += plan->partial_bias[part * channels + o];
  plan->dbias[o] = sum;
}

int64_t dcs_window_backward_weights_scratch(const dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_window window, const dcs_tensor *dy) {
  gradient_plan plan = make_plan(inputs, input_count, window, dy);
  return scratch_floats(&plan, dcs_pool_threads(pool));
}

void dcs_window_backward_weights(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_window window, const dcs_tensor *dy,
                                 float *dw, float *dbias, int accumulate, float *scratch) {
  gradient_plan plan = make_plan(inputs, input_count, window, dy);
  float *aligned = (float *)round_up((int64_t)(uintptr_t)scratch, LINE * sizeof *scratch);
  plan.dw = dw, plan.dbias = dbias, plan.accumulate = accumulate;
  plan.partial = aligned;
  plan.partial_bias = aligned + partial_floats(&plan);
  plan.copies = aligned + round_up(partial_floats(&plan) + plan.parts * dy->channels, LINE);
  dcs_pool_run(pool, plan.parts * plan.output_blocks * plan.input_blocks, sum_part, &plan);
  dcs_pool_run(pool, dy->channels, add_parts, &plan);
}

static dcs_window plain(dcs_extent kernel) { return (dcs_window){kernel, {1, 1, 1}, {1, 1, 1}}; }

int64_t dcs_conv_backward_weights_scratch(const dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel,
                                          const dcs_tensor *dy) {
  return dcs_window_backward_weights_scratch(pool, inputs, input_count, plain(kernel), dy);
}

void dcs_conv_backward_weights(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const dcs_tensor *dy,
                               float *dw, float *dbias, int accumulate, float *scratch) {
  dcs_window_backward_weights(pool, inputs, input_count, plain(kernel), dy, dw, dbias, accumulate, scratch);
}
