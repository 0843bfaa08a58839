// The inner loops of convolution in plain C: the meaning of the fast ones, and what runs where no other level does.
#include "conv_internal.h"

enum { PIECE = 96 };   // positions whose sums stay in the first cache

static void strip(const conv_strip *s) {
  for (int64_t start = 0; start < s->positions; start += PIECE) {
    int64_t count = min64(PIECE, s->positions - start);
    for (int64_t m = 0; m < s->width; m++) {
      float *sums = s->sums + m * s->stride + start;
      const float *weight = s->weights + m;
      if (!s->resume) for (int64_t p = 0; p < count; p++) sums[p] = 0;
      for (int64_t c = 0; c < s->channels; c++, weight += s->weight_step - s->row_count * s->taps * s->width)
        for (int64_t r = 0; r < s->row_count; r++)
          for (int64_t k = 0; k < s->taps; k++, weight += s->width) {
            const float *x = s->input + c * s->sc + s->rows[r] + start + k;
            const float w = *weight;
#pragma clang loop vectorize(assume_safety)
            for (int64_t p = 0; p < count; p++) sums[p] += w * x[p];
          }
    }
  }
}

// Sixteen partial sums along x, then a fixed tree, as the vector levels do it in spirit.
static void dots(const conv_dots *d) {
  for (int64_t j = 0; j < d->column_count; j++)
    for (int64_t m = 0; m < d->width; m++) {
      const float *x = d->columns[j], *dy = d->dy + m * d->stride;
      float lanes[16] = {0};
      for (int64_t q = 0; q < d->planes; q++, x += d->column_plane, dy += d->count)
        for (int64_t p = 0; p < d->count; p += 16)
            for (int lane = 0; lane < 16; lane++) lanes[lane] += dy[p + lane] * x[p + lane];
      for (int half = 8; half; half /= 2)
        for (int lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
      d->sums[j * d->width + m] += lanes[0];
    }
}

static inline void finish_values(const float *sums, int64_t count, float bias, int how, float *row) {
  for (int64_t x = 0; x < count; x++) {
    float value = sums[x] + bias;
    row[x] = how == FINISH_ADD ? row[x] + value : how == FINISH_RELU && value < 0 ? 0 : value;
  }
}

static void finish(const float *sums, int64_t count, float bias, int how, float *row) { finish_values(sums, count, bias, how, row); }

#define TARGET
#define UNROLL _Pragma("clang loop unroll(full)")
enum { LANES = 8 };
typedef float row_vector __attribute__((vector_size(4 * LANES), aligned(4)));

static inline void finish_vector(const row_vector *sums, int64_t left, float bias, int how, float *row) {
  finish_values((const float *)sums, min64(left, LANES), bias, how, row);
}

#include "conv_winograd_rows.h"

const conv_level conv_level_baseline = {"baseline", strip, dots, finish, transform_inputs, transform_sums, transform_gradients, NULL, NULL, NULL, NULL};
