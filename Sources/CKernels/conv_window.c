// Strides and dilation by the loops of the plain convolution: a tap is an offset, whatever it is.
//
// Forward, stride along x: each row of the input is sorted by remainder (x mod s), so that the outputs' voxels of one tap are neighbours.
// Backward to the input: input voxels of one remainder along each axis meet the same taps of the kernel, and are a convolution of dy with these.
// For remainder r tap k meets dy at q + (r - d k) / s, where s divides r - d k; q counts the voxels of that remainder. Each tap has one remainder,
// so the work is that of the forward pass. Results along x are put back in order by a copy.
#include "conv_run.h"
#include "include/conv_window.h"
#include <string.h>

typedef struct {
  const dcs_tensor *from;
  dcs_tensor to;
  int64_t stride, remainder, accumulate;
} row_walk;

// Rows sorted by remainder: those of remainder r begin at r * length.
static dcs_tensor sorted(const dcs_tensor *t, int64_t stride, float *data) {
  dcs_tensor s = *t;
  s.data = data, s.sy = (t->width + stride - 1) / stride * stride, s.sz = s.sy * t->height, s.sc = s.sz * t->depth;
  return s;
}

static void sort_plane(void *context, int64_t item, int worker) {
  const row_walk *w = context;
  (void)worker;
  int64_t c = item / w->to.depth, z = item % w->to.depth, length = w->to.sy / w->stride;
  for (int64_t y = 0; y < w->to.height; y++) {
    const float *from = w->from->data + c * w->from->sc + z * w->from->sz + y * w->from->sy;
    float *to = w->to.data + c * w->to.sc + z * w->to.sz + y * w->to.sy;
    for (int64_t r = 0; r < w->stride; r++)
      for (int64_t q = 0; q < length; q++) to[r * length + q] = q * w->stride + r < w->from->width ? from[q * w->stride + r] : 0;
  }
}

static conv_taps forward_taps(int64_t count, int64_t dilation) { return taps_from(0, count, dilation); }

int64_t dcs_window_forward_scratch(const dcs_tensor *inputs, int input_count, dcs_window w) {
  int64_t floats = 0;
  if (w.stride.width > 1)
    for (int i = 0; i < input_count; i++) floats += sorted(&inputs[i], w.stride.width, NULL).sc * inputs[i].channels + DCS_SLACK;
  return floats;
}

void dcs_window_forward(dcs_pool *pool, const dcs_tensor *inputs, int input_count, dcs_window w, const float *packed, const float *bias,
                        int relu, const dcs_tensor *output, float *scratch) {
  conv_pass pass = {.input_count = input_count, .output_count = 1, .packed = packed, .bias = bias, .relu = relu, .outputs = {*output},
                    .step = {w.stride.depth, w.stride.height, 1}, .z = forward_taps(w.kernel.depth, w.dilation.depth),
                    .y = forward_taps(w.kernel.height, w.dilation.height), .x = forward_taps(w.kernel.width, w.dilation.width)};
  for (int i = 0; i < input_count; i++) {
    pass.inputs[i] = inputs[i];
    if (w.stride.width == 1) continue;
    row_walk walk = {&inputs[i], sorted(&inputs[i], w.stride.width, scratch), w.stride.width, 0, 0};
    dcs_pool_run(pool, inputs[i].channels * inputs[i].depth, sort_plane, &walk);
    pass.inputs[i] = walk.to;
    scratch += walk.to.sc * inputs[i].channels + DCS_SLACK;
  }
  // Both ranges of channels have equal rows, so a tap's offset is the same in both.
  int64_t length = pass.inputs[0].sy / w.stride.width;
  for (int64_t k = 0; w.stride.width > 1 && k < w.kernel.width; k++)
    pass.x.at[k] = k * w.dilation.width % w.stride.width * length + k * w.dilation.width / w.stride.width;
  conv_run(pool, &pass);
}

// Taps that meet input voxels of a remainder, those of the smallest offsets first; `which` names them.
static conv_taps taps_of(int64_t remainder, int64_t count, int64_t stride, int64_t dilation, int64_t *which) {
  conv_taps taps = {0};
  for (int64_t k = count - 1; k >= 0; k--)
    if ((dilation * k - remainder) % stride == 0) {
      which[taps.count] = k;
      taps.at[taps.count++] = (remainder - dilation * k) / stride;
    }
  return taps;
}

typedef struct { conv_taps z, y, x; int64_t kz[7], ky[7], kx[7]; } remainder_taps;

static remainder_taps taps_of_remainders(dcs_window w, int64_t rz, int64_t ry, int64_t rx) {
  remainder_taps t;
  t.z = taps_of(rz, w.kernel.depth, w.stride.depth, w.dilation.depth, t.kz);
  t.y = taps_of(ry, w.kernel.height, w.stride.height, w.dilation.height, t.ky);
  t.x = taps_of(rx, w.kernel.width, w.stride.width, w.dilation.width, t.kx);
  return t;
}

static int64_t pack_remainders(const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, const remainder_taps *t, float *packed) {
  float *start = packed;
  for (int64_t first = 0; first < inputs; first += GROUP) {
    int64_t width = group_width(first, inputs);
    for (int64_t o = 0; o < outputs; o++)
      for (int64_t z = 0; z < t->z.count; z++)
        for (int64_t y = 0; y < t->y.count; y++)
          for (int64_t x = 0; x < t->x.count; x++) {
            int64_t tap = (t->kz[z] * kernel.height + t->ky[y]) * kernel.width + t->kx[x];
            for (int64_t m = 0; m < width; m++)
              *packed++ = first + m < inputs ? weights[(o * inputs + first + m) * kernel_volume(kernel) + tap] : 0;
          }
  }
  return packed - start;
}

void dcs_window_pack_backward(const float *weights, int64_t outputs, int64_t inputs, dcs_window w, float *packed) {
  for (int64_t rx = 0; rx < w.stride.width; rx++)
    for (int64_t rz = 0; rz < w.stride.depth; rz++)
      for (int64_t ry = 0; ry < w.stride.height; ry++) {
        remainder_taps t = taps_of_remainders(w, rz, ry, rx);
        packed += pack_remainders(weights, outputs, inputs, w.kernel, &t, packed);
      }
}

// dy with zeros on all sides along y and x, as far as the taps reach.
static dcs_tensor bordered(const dcs_tensor *dy, dcs_window w, float *data) {
  int64_t above = ((w.kernel.height - 1) * w.dilation.height + w.stride.height - 1) / w.stride.height + 1;
  int64_t left = ((w.kernel.width - 1) * w.dilation.width + w.stride.width - 1) / w.stride.width + 1;
  dcs_tensor t = *dy;
  t.sy = dy->width + 2 * left, t.sz = t.sy * (dy->height + 2 * above), t.sc = t.sz * dy->depth;
  t.data = data + above * t.sy + left;
  return t;
}

static void border_plane(void *context, int64_t item, int worker) {
  const row_walk *w = context;
  (void)worker;
  int64_t c = item / w->to.depth, z = item % w->to.depth;
  float *to = w->to.data + c * w->to.sc + z * w->to.sz;
  memset(to - w->remainder, 0, (size_t)w->to.sz * sizeof *to);   // from the plane's corner on
  for (int64_t y = 0; y < w->to.height; y++)
    memcpy(to + y * w->to.sy, w->from->data + c * w->from->sc + z * w->from->sz + y * w->from->sy, (size_t)w->to.width * sizeof *to);
}

// Every stride-th voxel of the rows of a range of dx.
static void spread_plane(void *context, int64_t item, int worker) {
  const row_walk *w = context;
  (void)worker;
  int64_t c = item / w->to.depth, z = item % w->to.depth;
  for (int64_t y = 0; y < w->to.height; y++) {
    const float *from = w->from->data + c * w->from->sc + z * w->from->sz + y * w->from->sy;
    float *to = w->to.data + c * w->to.sc + z * w->to.sz + y * w->to.sy + w->remainder;
    for (int64_t q = 0; q < w->from->width; q++) to[q * w->stride] = w->accumulate ? to[q * w->stride] + from[q] : from[q];
  }
}

// How many of `length` voxels have a remainder.
static int64_t count_of(int64_t length, int64_t remainder, int64_t stride) { return (length - remainder + stride - 1) / stride; }

static dcs_tensor row_part(const dcs_tensor *dx, int64_t stride, float *data) {
  dcs_tensor t = *dx;
  t.data = data, t.sy = count_of(dx->width, 0, stride), t.sz = t.sy * dx->height, t.sc = t.sz * dx->depth;
  return t;
}

int64_t dcs_window_backward_data_scratch(const dcs_tensor *dy, dcs_window w, const dcs_tensor *dx, int dx_count) {
  int64_t floats = bordered(dy, w, NULL).sc * dy->channels + DCS_SLACK;
  if (w.stride.width > 1) floats += row_part(dx, w.stride.width, NULL).sc * channel_total(dx, dx_count) + DCS_SLACK;
  return floats;
}

void dcs_window_backward_data(dcs_pool *pool, const dcs_tensor *dy, dcs_window w, const float *packed, const dcs_tensor *dx, int dx_count,
                              int accumulate, float *scratch) {
  row_walk border = {dy, bordered(dy, w, scratch), 0, 0, 0};
  border.remainder = border.to.data - scratch;
  dcs_pool_run(pool, dy->channels * dy->depth, border_plane, &border);
  float *parts = scratch + border.to.sc * dy->channels + DCS_SLACK;
  memset(parts - DCS_SLACK, 0, DCS_SLACK * sizeof *parts);
  int direct = w.stride.width == 1;
  for (int64_t rx = 0; rx < min64(w.stride.width, dx->width); rx++) {
    dcs_tensor rows[2];
    for (int r = 0; r < dx_count; r++) {
      rows[r] = direct ? dx[r] : row_part(&dx[r], w.stride.width, r ? parts + rows[0].sc * dx[0].channels : parts);
      if (!direct) rows[r].width = count_of(dx->width, rx, w.stride.width);
    }
    for (int64_t rz = 0; rz < w.stride.depth; rz++)
      for (int64_t ry = 0; ry < w.stride.height; ry++) {
        remainder_taps t = taps_of_remainders(w, rz, ry, rx);
        conv_pass pass = {.input_count = 1, .output_count = dx_count, .packed = packed, .accumulate = direct ? accumulate : 0, .inputs = {border.to},
                          .step = {1, 1, 1}, .z = t.z, .y = t.y, .x = t.x};
        for (int r = 0; r < dx_count; r++) {
          pass.outputs[r] = rows[r];
          pass.outputs[r].data += rz * rows[r].sz + ry * rows[r].sy;
          pass.outputs[r].depth = count_of(dx->depth, rz, w.stride.depth), pass.outputs[r].height = count_of(dx->height, ry, w.stride.height);
          pass.outputs[r].sz *= w.stride.depth, pass.outputs[r].sy *= w.stride.height;
        }
        if (pass.outputs[0].depth > 0 && pass.outputs[0].height > 0) conv_run(pool, &pass);
        packed += dcs_conv_packed_count(channel_total(dx, dx_count), dy->channels, (dcs_extent){t.z.count, t.y.count, t.x.count});
      }
    for (int r = 0; r < dx_count && !direct; r++) {
      row_walk walk = {&rows[r], dx[r], w.stride.width, rx, accumulate >> r & 1};
      dcs_pool_run(pool, dx[r].channels * dx[r].depth, spread_plane, &walk);
    }
  }
}
