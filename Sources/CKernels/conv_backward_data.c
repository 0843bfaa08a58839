// Gradient of convolution with respect to its input: a forward pass over dy surrounded by zeros, with transposed and flipped weights.
//
// The zeros are shared: those right of a row are those left of the next one, those below a plane those above the next one, so the copy has
// pitch W + kx - 1, which is the width of dx, and no position of the flat index is wasted.
#include "conv_run.h"
#include <string.h>

typedef struct {
  const dcs_tensor *dy;
  float *scratch;
  int64_t depth, height, width;   // of the copy, without the zeros at its far end
  dcs_extent zeros;               // k - 1
} border;

static border make_border(const dcs_tensor *dy, dcs_extent k, float *scratch) {
  return (border){dy, scratch, dy->depth + k.depth - 1, dy->height + k.height - 1, dy->width + k.width - 1,
                  {k.depth - 1, k.height - 1, k.width - 1}};
}

static int64_t far_end(const border *b) {
  return (b->zeros.depth * b->height + b->zeros.height) * b->width + b->zeros.width;
}

static void copy_plane(void *context, int64_t item, int worker) {
  const border *b = context;
  (void)worker;
  int64_t c = item / b->depth, z = item % b->depth - b->zeros.depth;
  float *to = b->scratch + item * b->height * b->width;
  if (z < 0) { memset(to, 0, (size_t)(b->height * b->width) * sizeof *to); return; }
  memset(to, 0, (size_t)(b->zeros.height * b->width) * sizeof *to);
  to += b->zeros.height * b->width;
  const float *from = b->dy->data + c * b->dy->sc + z * b->dy->sz;
  for (int64_t y = 0; y < b->dy->height; y++, from += b->dy->sy, to += b->width) {
    memset(to, 0, (size_t)b->zeros.width * sizeof *to);
    memcpy(to + b->zeros.width, from, (size_t)b->dy->width * sizeof *to);
  }
}

int64_t dcs_conv_backward_data_scratch(const dcs_tensor *dy, dcs_extent kernel) {
  border b = make_border(dy, kernel, NULL);
  return dy->channels * b.depth * b.height * b.width + far_end(&b) + DCS_SLACK;
}

void dcs_conv_backward_data(dcs_pool *pool, const dcs_tensor *dy, dcs_extent kernel, const float *packed,
                            const dcs_tensor *dx, int dx_count, int accumulate, float *scratch) {
  dcs_tensor padded = *dy;
  padded.depth += 2 * (kernel.depth - 1);
  padded.height += 2 * (kernel.height - 1);
  padded.width += 2 * (kernel.width - 1);
  if (scratch && kernel_volume(kernel) > 1) {
    border b = make_border(dy, kernel, scratch);
    dcs_pool_run(pool, dy->channels * b.depth, copy_plane, &b);
    padded.data = scratch;
    padded.sy = b.width, padded.sz = b.height * padded.sy, padded.sc = b.depth * padded.sz;
    memset(scratch + dy->channels * padded.sc, 0, (size_t)(far_end(&b) + DCS_SLACK) * sizeof *scratch);
  } else {
    padded.data -= (kernel.depth - 1) * dy->sz + (kernel.height - 1) * dy->sy + (kernel.width - 1);
  }
  conv_run(pool, &(conv_pass){&padded, dx, 1, dx_count, kernel, packed, NULL, 0, accumulate});
}
