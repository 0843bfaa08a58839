// Gradient of convolution with respect to its input: a forward pass over dy surrounded by zeros, with transposed and flipped weights.
//
// Zero planes in front and behind are left out of the sum, not stored. Zeros within a plane are shared: those right of a row are those left
// of the next one, so the copy has pitch W + kx - 1, which is the width of dx, and no position of the flat index is wasted.
#include "conv_run.h"
#include <string.h>

typedef struct {
  const dcs_tensor *dy;
  float *scratch;
  int64_t left, above;      // k - 1
  int64_t width, height;    // of a copied plane, whose far zeros are the next plane's
} border;

static border make_border(const dcs_tensor *dy, dcs_extent k, float *scratch) {
  return (border){dy, scratch, k.width - 1, k.height - 1, dy->width + k.width - 1, dy->height + k.height - 1};
}

static int64_t far_end(const border *b) { return b->above * b->width + b->left + DCS_SLACK; }

static void copy_plane(void *context, int64_t item, int worker) {
  const border *b = context;
  (void)worker;
  int64_t c = item / b->dy->depth, z = item % b->dy->depth;
  float *to = b->scratch + item * b->height * b->width;
  memset(to, 0, (size_t)(b->above * b->width) * sizeof *to);
  to += b->above * b->width;
  const float *from = b->dy->data + c * b->dy->sc + z * b->dy->sz;
  for (int64_t y = 0; y < b->dy->height; y++, from += b->dy->sy, to += b->width) {
    memset(to, 0, (size_t)b->left * sizeof *to);
    memcpy(to + b->left, from, (size_t)b->dy->width * sizeof *to);
  }
}

int64_t dcs_conv_backward_data_scratch(const dcs_tensor *dy, dcs_extent kernel) {
  border b = make_border(dy, kernel, NULL);
  return dy->channels * dy->depth * b.height * b.width + far_end(&b);
}

void dcs_conv_backward_data(dcs_pool *pool, const dcs_tensor *dy, dcs_extent kernel, const float *packed,
                            const dcs_tensor *dx, int dx_count, int accumulate, float *scratch) {
  conv_pass pass = {.input_count = 1, .output_count = dx_count, .packed = packed, .accumulate = accumulate, .step = {1, 1, 1}, .inputs = {*dy},
                    .z = taps_from(1 - kernel.depth, kernel.depth, 1), .y = taps_from(1 - kernel.height, kernel.height, 1),
                    .x = taps_from(1 - kernel.width, kernel.width, 1)};
  if (scratch && kernel.height * kernel.width > 1) {
    border b = make_border(dy, kernel, scratch);
    dcs_pool_run(pool, dy->channels * dy->depth, copy_plane, &b);
    dcs_tensor *padded = &pass.inputs[0];
    padded->data = scratch + b.above * b.width + b.left;
    padded->sy = b.width, padded->sz = b.height * b.width, padded->sc = dy->depth * padded->sz;
    memset(scratch + dy->channels * padded->sc, 0, (size_t)far_end(&b) * sizeof *scratch);
  }
  for (int r = 0; r < dx_count; r++) pass.outputs[r] = dx[r];
  conv_run(pool, &pass);
}
