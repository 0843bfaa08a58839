// The driver of forward convolution: cuts a volume into blocks of positions and finishes their sums (bias, ReLU, accumulation).
//
// Method: direct convolution on a flat index. With p = y * sy + x the input of tap (kz, ky, kx) lies at p + kz * sz + ky * sy + kx, so a plane
// is one long line and vectors run over row ends; the few sums that belong to no output voxel are dropped when rows are stored. Lines are
// single rows instead where inputs differ in row stride, or where the stride is so much wider than the row that dropping costs more.
//
// A block is POSITIONS of a line for CHUNK output channels: its sums stay in the second cache, the input under it too (a run of input
// channels at a time), weights stream by. Sums leave the registers unrounded, so no blocking shows in the result.
// Checked against a scalar convolution in KernelConvTests.
#include "conv_run.h"

enum { POSITIONS = 384, CHUNK = 32, MAX_ROWS = 49, INPUT_FLOATS = 48 * 1024 };

typedef struct {
  conv_pass pass;
  const conv_level *level;
  int64_t input_channels, output_channels;
  int64_t rows[2][MAX_ROWS], row_count;   // offsets of the kernel's rows, for each input
  int64_t pitch;                          // row stride of a flat plane, 0 when lines are rows
  int64_t lines, length;                  // lines in a plane, positions in a line
  int64_t blocks, chunks;                 // blocks in a line, chunks of output channels
  int64_t run;                            // input channels at a time
} conv_plan;

typedef struct { int64_t z, line, start, count, first, channels; } conv_block;

static conv_plan make_plan(const conv_pass *pass) {
  const dcs_tensor *in = pass->inputs, *out = pass->outputs;
  dcs_extent k = pass->kernel;
  conv_plan plan = {.pass = *pass, .level = conv_current_level(), .row_count = k.depth * k.height};
  plan.input_channels = channel_total(in, pass->input_count);
  plan.output_channels = channel_total(out, pass->output_count);
  for (int i = 0; i < pass->input_count; i++)
    for (int64_t r = 0; r < plan.row_count; r++)
      plan.rows[i][r] = r / k.height * in[i].sz + r % k.height * in[i].sy;

  int64_t sy = in[0].sy, flat = (out->height - 1) * sy + out->width;
  int same = pass->input_count == 1 || in[1].sy == sy;
  if (same && flat <= out->height * round_up(out->width, 16)) plan.pitch = sy, plan.lines = 1, plan.length = flat;
  else plan.lines = out->height, plan.length = out->width;
  plan.blocks = (plan.length + POSITIONS - 1) / POSITIONS;
  plan.chunks = (plan.output_channels + CHUNK - 1) / CHUNK;
  int64_t under = k.depth * (min64(plan.length, POSITIONS) + k.height * min64(sy, POSITIONS));
  plan.run = max64(8, INPUT_FLOATS / under);
  return plan;
}

static void sum_block(const conv_plan *plan, conv_block b, float *sums) {
  const conv_pass *pass = &plan->pass;
  int64_t volume = kernel_volume(pass->kernel), before = 0;   // input channels done
  for (int i = 0; i < pass->input_count; before += pass->inputs[i].channels, i++) {
    const dcs_tensor *in = &pass->inputs[i];
    const float *origin = in->data + b.z * in->sz + b.line * in->sy + b.start;
    for (int64_t c = 0; c < in->channels; c += plan->run) {
      conv_strip strip = {
        .input = origin + c * in->sc, .channels = min64(plan->run, in->channels - c), .sc = in->sc,
        .rows = plan->rows[i], .row_count = plan->row_count, .taps = pass->kernel.width,
        .positions = b.count, .stride = POSITIONS, .resume = before + c > 0,
      };
      for (int64_t m = 0; m < b.channels; m += GROUP) {
        strip.width = group_width(b.first + m, plan->output_channels);
        strip.weights = pass->packed + ((b.first + m) * plan->input_channels + (before + c) * strip.width) * volume;
        strip.sums = sums + m * POSITIONS;
        plan->level->strip(&strip);
      }
    }
  }
}

CLONED static void store_block(const conv_plan *plan, conv_block b, const float *sums) {
  const conv_pass *pass = &plan->pass;
  int64_t width = pass->outputs[0].width, pitch = plan->pitch;
  int64_t top = pitch ? b.start / pitch : b.line, bottom = pitch ? (b.start + b.count - 1) / pitch : b.line;
  for (int64_t m = 0; m < b.channels; m++, sums += POSITIONS) {
    int64_t channel = b.first + m;
    int range = channel >= pass->outputs[0].channels;
    const dcs_tensor *out = &pass->outputs[range];
    float *plane = out->data + (channel - (range ? pass->outputs[0].channels : 0)) * out->sc + b.z * out->sz;
    float bias = pass->bias ? pass->bias[channel] : 0;
    for (int64_t y = top; y <= bottom; y++) {
      int64_t zero = pitch ? y * pitch - b.start : -b.start;   // index in `sums` of the row's first voxel
      int64_t from = max64(0, -zero), to = min64(width, b.count - zero);
      float *row = plane + y * out->sy;
      const float *sum = sums + zero;
      if (pass->accumulate >> range & 1) {
#pragma clang loop vectorize(assume_safety)
        for (int64_t x = from; x < to; x++) row[x] += sum[x] + bias;
      } else if (pass->relu) {
#pragma clang loop vectorize(assume_safety)
        for (int64_t x = from; x < to; x++) {
          float value = sum[x] + bias;
          row[x] = value < 0 ? 0 : value;
        }
      } else {
#pragma clang loop vectorize(assume_safety)
        for (int64_t x = from; x < to; x++) row[x] = sum[x] + bias;
      }
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
  _Alignas(64) float sums[CHUNK * POSITIONS];
  sum_block(plan, b, sums);
  store_block(plan, b, sums);
}

void conv_run(dcs_pool *pool, const conv_pass *pass) {
  conv_plan plan = make_plan(pass);
  dcs_pool_run(pool, pass->outputs[0].depth * plan.lines * plan.blocks * plan.chunks, run_block, &plan);
}

void dcs_conv_forward(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_extent kernel, const float *packed,
                      const float *bias, int relu, const dcs_tensor *output) {
  conv_run(pool, &(conv_pass){inputs, output, input_count, 1, kernel, packed, bias, relu, 0});
}
