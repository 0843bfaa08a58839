// Walks pointwise kernels over the planes of a tensor in parallel, and the copies of nn.h, which are such kernels.
#pragma STDC FP_CONTRACT OFF
#include "nn_internal.h"

typedef struct {
  row_body body;
  const void *settings;
  const dcs_tensor *a, *b, *y;
  int64_t rows, width;   // of a plane; one long row when dense
} rows_walk;

static void walk_plane(void *context, int64_t item, int worker) {
  const rows_walk *walk = context;
  (void)worker;
  int64_t c = item / walk->y->depth, z = item % walk->y->depth;
  for (int64_t row = 0; row < walk->rows; row++)
    walk->body(walk->settings, walk->width, walk->a ? row_of(walk->a, c, z, row) : NULL, walk->b ? row_of(walk->b, c, z, row) : NULL,
               row_of(walk->y, c, z, row));
}

void dcs_run_rows(dcs_pool *pool, row_body body, const void *settings, const dcs_tensor *a, const dcs_tensor *b, const dcs_tensor *y) {
  int dense = y->sy == y->width && (!a || a->sy == y->width) && (!b || b->sy == y->width);
  rows_walk walk = {body, settings, a, b, y, dense ? 1 : y->height, dense ? y->height * y->width : y->width};
  dcs_pool_run(pool, y->channels * y->depth, walk_plane, &walk);
}

CLONED static void fill_row(const void *settings, int64_t count, const float *a, const float *b, float *y) {
  (void)a, (void)b;
  float value = *(const float *)settings;
  for (int64_t x = 0; x < count; x++) y[x] = value;
}

static void copy_row(const void *settings, int64_t count, const float *a, const float *b, float *y) {
  (void)settings, (void)b;
  memmove(y, a, (size_t)count * sizeof *y);
}

CLONED static void add_row(const void *settings, int64_t count, const float *a, const float *b, float *y) {
  (void)settings, (void)b;
#pragma clang loop vectorize(assume_safety)
  for (int64_t x = 0; x < count; x++) y[x] += a[x];
}

CLONED static void scale_row(const void *settings, int64_t count, const float *a, const float *b, float *y) {
  (void)a, (void)b;
  float factor = *(const float *)settings;
  for (int64_t x = 0; x < count; x++) y[x] *= factor;
}

void dcs_fill(dcs_pool *pool, float value, const dcs_tensor *y) { dcs_run_rows(pool, fill_row, &value, NULL, NULL, y); }
void dcs_copy(dcs_pool *pool, const dcs_tensor *x, const dcs_tensor *y) { dcs_run_rows(pool, copy_row, NULL, x, NULL, y); }
void dcs_add(dcs_pool *pool, const dcs_tensor *x, const dcs_tensor *y) { dcs_run_rows(pool, add_row, NULL, x, NULL, y); }
void dcs_scale(dcs_pool *pool, float factor, const dcs_tensor *y) { dcs_run_rows(pool, scale_row, &factor, NULL, NULL, y); }

typedef struct { const dcs_tensor *x, *y; dcs_extent before; } pad_walk;

static void pad_plane(void *context, int64_t item, int worker) {
  const pad_walk *pad = context;
  (void)worker;
  const dcs_tensor *x = pad->x, *y = pad->y;
  int64_t c = item / y->depth, z = item % y->depth, from_z = z - pad->before.depth, left = pad->before.width;
  for (int64_t row = 0; row < y->height; row++) {
    float *to = row_of(y, c, z, row);
    int64_t from_y = row - pad->before.height;
    if (from_z < 0 || from_z >= x->depth || from_y < 0 || from_y >= x->height) {
      memset(to, 0, (size_t)y->width * sizeof *to);
      continue;
    }
    memset(to, 0, (size_t)left * sizeof *to);
    memcpy(to + left, row_of(x, c, from_z, from_y), (size_t)x->width * sizeof *to);
    memset(to + left + x->width, 0, (size_t)(y->width - left - x->width) * sizeof *to);
  }
}

void dcs_pad(dcs_pool *pool, const dcs_tensor *x, dcs_extent before, const dcs_tensor *y) {
  dcs_pool_run(pool, y->channels * y->depth, pad_plane, &(pad_walk){x, y, before});
}
