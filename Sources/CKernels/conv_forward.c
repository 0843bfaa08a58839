// The driver of forward convolution: cuts a volume into blocks of positions and finishes their sums (bias, ReLU, accumulation).
//
// Method: direct convolution on a flat index. With p = y * sy + x the input of tap (kz, ky, kx) lies at p + kz * sz + ky * sy + kx, so a plane
// is one long line and vectors run over row ends; the few sums that belong to no output voxel are dropped when rows are stored. Lines are
// single rows instead where inputs differ in row stride, or where the stride is so much wider than the row that dropping costs more.
//
// A block is POSITIONS of a line for CHUNK output channels: its sums stay in the second cache, the input under it too (a run of input
// channels at a time), weights stream by.
//
// A sum of k products in one chain is off by about sqrt(k / 2) roundings. So chains end after CHAIN products and are summed up themselves: at
// 432 channels of 27 taps the largest error falls from 2.2e-5 to 3.3e-6 of the output's rms (Tests/Interop/precision.py). Where chains end depends
// on the kernel alone, and between their ends sums leave the registers unrounded, so no blocking shows in the result.
// Checked against a scalar convolution in KernelConvTests.
#include "conv_run.h"

enum { POSITIONS = 384, CHUNK = 32, MAX_ROWS = 343, INPUT_FLOATS = 48 * 1024, CHAIN = 1024 };

typedef struct {
  conv_pass pass;
  const conv_level *level;
  int64_t input_channels, output_channels;
  int64_t rows[2][MAX_ROWS];   // offsets of the kernel's rows (or taps, where they are no neighbours along x), for each input
  int64_t rows_in_plane, taps; // of the kernel; taps of a row
  int64_t pitch;               // row stride of a flat plane, 0 when lines are rows
  int64_t lines, length;       // lines in a plane, positions in a line
  int64_t row_length;          // what is stored at once: a row, or a whole plane where nothing lies between rows
  int64_t blocks, chunks;      // blocks in a line, chunks of output channels
  int64_t run, chain;          // input channels at a time, and in a chain of sums
} conv_plan;

typedef struct { int64_t z, line, start, count, first, channels; } conv_block;

static int all_rows_touch(const dcs_tensor *tensors, int count, int64_t width) {
  return tensors[0].sy == width && (count == 1 || tensors[1].sy == width);
}

static int all_planes_touch(const dcs_tensor *tensors, int count, int64_t size) {
  return tensors[0].sz == size && (count == 1 || tensors[1].sz == size);
}

// A 1x1x1 kernel sees no neighbours: where rows touch, a plane is one row; where planes touch, a volume.
static void flatten(conv_pass *pass) {
  if (pass->z.count * pass->y.count * pass->x.count != 1 || pass->z.at[0] || pass->y.at[0] || pass->x.at[0]) return;
  if (pass->step.depth * pass->step.height * pass->step.width != 1) return;
  int64_t width = pass->outputs[0].width, height = pass->outputs[0].height, depth = pass->outputs[0].depth;
  if (!all_rows_touch(pass->inputs, pass->input_count, width) || !all_rows_touch(pass->outputs, pass->output_count, width)) return;
  width *= height, height = 1;
  if (all_planes_touch(pass->inputs, pass->input_count, width) && all_planes_touch(pass->outputs, pass->output_count, width))
    width *= depth, depth = 1;
  for (int i = 0; i < 2; i++) {
    pass->inputs[i].width = pass->outputs[i].width = pass->inputs[i].sy = pass->outputs[i].sy = width;
    pass->inputs[i].height = pass->outputs[i].height = height;
    pass->inputs[i].depth = pass->outputs[i].depth = depth;
  }
}

static conv_plan make_plan(const conv_pass *given) {
  conv_plan plan = {.pass = *given, .level = conv_current_level()};
  flatten(&plan.pass);
  const dcs_tensor *in = plan.pass.inputs, *out = plan.pass.outputs;
  const conv_taps *z = &plan.pass.z, *y = &plan.pass.y, *x = &plan.pass.x;
  plan.input_channels = channel_total(in, given->input_count);
  plan.output_channels = channel_total(out, given->output_count);
  int neighbours = 1;
  for (int64_t k = 1; k < x->count; k++) neighbours &= x->at[k] == x->at[0] + k;
  plan.taps = neighbours ? x->count : 1;
  int64_t apart = neighbours ? min64(1, x->count) : x->count;
  plan.rows_in_plane = y->count * apart;
  for (int i = 0; i < given->input_count; i++)
    for (int64_t r = 0; r < z->count * plan.rows_in_plane; r++)
      plan.rows[i][r] = z->at[r / plan.rows_in_plane] * in[i].sz + y->at[r / apart % y->count] * in[i].sy + x->at[r % apart];

  int64_t sy = in[0].sy, flat = (out->height - 1) * sy + out->width;
  int same = given->input_count == 1 || in[1].sy == sy;
  plan.row_length = out->width;
  if (same && plan.pass.step.height == 1 && flat <= out->height * round_up(out->width, 16)) {
    plan.pitch = sy, plan.lines = 1, plan.length = flat;
    if (sy == out->width && all_rows_touch(out, given->output_count, sy)) plan.row_length = plan.pitch = flat;
  } else {
    plan.lines = out->height, plan.length = out->width;
  }
  plan.blocks = (plan.length + POSITIONS - 1) / POSITIONS;
  plan.chunks = (plan.output_channels + CHUNK - 1) / CHUNK;
  int64_t under = max64(1, z->count) * (min64(plan.length, POSITIONS) + y->count * min64(sy, POSITIONS));
  plan.run = max64(8, INPUT_FLOATS / under);
  plan.chain = max64(1, CHAIN / max64(1, z->count * plan.rows_in_plane * plan.taps));
  return plan;
}

// The sums of one run of channels, for the block's output channels in groups.
static void sum_run(const conv_plan *plan, conv_block b, conv_strip strip, int64_t channel, int64_t first_row, float *sums) {
  int64_t volume = plan->pass.z.count * plan->rows_in_plane * plan->taps;
  for (int64_t m = 0; m < b.channels; m += GROUP) {
    strip.width = group_width(b.first + m, plan->output_channels);
    strip.weight_step = volume * strip.width;
    strip.weights = plan->pass.packed + (b.first + m) * plan->input_channels * volume + channel * strip.weight_step
                  + first_row * plan->taps * strip.width;
    strip.sums = sums + m * POSITIONS;
    plan->level->strip(&strip);
  }
}

static void sum_block(const conv_plan *plan, conv_block b, float *sums) {
  const conv_pass *pass = &plan->pass;
  // The kernel's planes that meet the input: those on the zeros around it add nothing.
  int64_t top = b.z * pass->step.depth, first_plane = 0, end = pass->z.count;
  while (first_plane < end && top + pass->z.at[first_plane] < 0) first_plane++;
  while (first_plane < end && top + pass->z.at[end - 1] >= pass->inputs[0].depth) end--;
  int64_t first_row = first_plane * plan->rows_in_plane, channel = 0;
  _Alignas(64) float chain[CHUNK * POSITIONS + 16];
  for (int i = 0; i < pass->input_count; i++) {
    const dcs_tensor *in = &pass->inputs[i];
    const float *origin = in->data + top * in->sz + b.line * pass->step.height * in->sy + b.start;
    for (int64_t c = 0, run; c < in->channels; c += run, channel += run) {
      int64_t linked = channel % plan->chain;
      run = min64(min64(plan->run, in->channels - c), plan->chain - linked);
      conv_strip strip = {
        .input = origin + c * in->sc, .channels = run, .sc = in->sc,
        .rows = plan->rows[i] + first_row, .row_count = (end - first_plane) * plan->rows_in_plane, .taps = plan->taps,
        .positions = b.count, .stride = POSITIONS, .resume = linked > 0,
      };
      int first = channel < plan->chain;
      sum_run(plan, b, strip, channel, first_row, first ? sums : chain);
      if (first || (linked + run < plan->chain && channel + run < plan->input_channels)) continue;
      for (int64_t m = 0; m < b.channels; m++) plan->level->finish(chain + m * POSITIONS, b.count, 0, FINISH_ADD, sums + m * POSITIONS);
    }
  }
}

static void store_block(const conv_plan *plan, conv_block b, const float *sums) {
  const conv_pass *pass = &plan->pass;
  int64_t pitch = plan->pitch;
  int64_t top = pitch ? b.start / pitch : b.line, bottom = pitch ? (b.start + b.count - 1) / pitch : b.line;
  for (int64_t m = 0; m < b.channels; m++, sums += POSITIONS) {
    int64_t channel = b.first + m;
    int range = channel >= pass->outputs[0].channels;
    const dcs_tensor *out = &pass->outputs[range];
    float *plane = out->data + (channel - (range ? pass->outputs[0].channels : 0)) * out->sc + b.z * out->sz;
    float bias = pass->bias ? pass->bias[channel] : 0;
    int how = pass->accumulate >> range & 1 ? FINISH_ADD : pass->relu ? FINISH_RELU : FINISH_STORE;
    for (int64_t y = top; y <= bottom; y++) {
      int64_t zero = pitch ? y * pitch - b.start : -b.start;   // index in `sums` of the row's first voxel
      int64_t from = max64(0, -zero), to = min64(plan->row_length, b.count - zero);
      if (from < to) plan->level->finish(sums + zero + from, to - from, bias, how, plane + y * out->sy + from);
    }
  }
}

static void run_block(void *context, int64_t item, int worker) {
  const conv_plan *plan = context;
  (void)worker;
  conv_block b = {.first = item % plan->chunks * CHUNK};
  item /= plan->chunks;
  b.start = item % plan->blocks * POSITIONS;
  item /= plan->blocks;
  b.line = item % plan->lines;
  b.z = item / plan->lines;
  b.count = min64(POSITIONS, plan->length - b.start);
  b.channels = min64(CHUNK, plan->output_channels - b.first);
  _Alignas(64) float sums[CHUNK * POSITIONS + 16];   // `finish` may read a vector past the last sum
  sum_block(plan, b, sums);
  store_block(plan, b, sums);
}

void conv_run(dcs_pool *pool, const conv_pass *pass) {
  conv_plan plan = make_plan(pass);
  dcs_pool_run(pool, plan.pass.outputs[0].depth * plan.lines * plan.blocks * plan.chunks, run_block, &plan);
}

void dcs_conv_forward(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const float *packed,
                      const float *bias, int relu, const dcs_tensor *output) {
  conv_pass pass = {.input_count = input_count, .output_count = 1, .packed = packed, .bias = bias, .relu = relu, .step = {1, 1, 1},
                    .z = taps_from(0, kernel.depth, 1), .y = taps_from(0, kernel.height, 1), .x = taps_from(0, kernel.width, 1)};
  for (int i = 0; i < input_count; i++) pass.inputs[i] = inputs[i];
  pass.outputs[0] = *output;
  conv_run(pool, &pass);
}
