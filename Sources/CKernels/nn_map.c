// Pointwise maps and their derivatives, and softmax over channels.
#pragma STDC FP_CONTRACT OFF
#include "nn_internal.h"

#define MAP(name, expression)                                                                           \
  CLONED static void name(const void *settings, int64_t count, const float *a, const float *b, float *y) { \
    (void)settings, (void)b;                                                                            \
    _Pragma("clang loop vectorize(assume_safety)")                                                      \
    for (int64_t i = 0; i < count; i++) { float x = a[i]; y[i] = (expression); }                        \
  }

MAP(relu_row, x < 0 ? 0 : x)
MAP(sigmoid_row, sigmoid(x))
MAP(tanh_row, hyperbolic_tangent(x))

// a: the map's output, b: the gradient of that output.
#define DERIVATIVE(name, expression)                                                                    \
  CLONED static void name(const void *settings, int64_t count, const float *a, const float *b, float *dx) { \
    int accumulate = *(const int *)settings;                                                            \
    if (accumulate) {                                                                                   \
      _Pragma("clang loop vectorize(assume_safety)")                                                    \
      for (int64_t i = 0; i < count; i++) { float y = a[i], dy = b[i]; dx[i] += (expression); }         \
    } else {                                                                                            \
      _Pragma("clang loop vectorize(assume_safety)")                                                    \
      for (int64_t i = 0; i < count; i++) { float y = a[i], dy = b[i]; dx[i] = (expression); }          \
    }                                                                                                   \
  }

DERIVATIVE(relu_derivative, y > 0 ? dy : 0)
DERIVATIVE(sigmoid_derivative, dy * (y * (1 - y)))
DERIVATIVE(tanh_derivative, dy * (1 - y * y))

static const row_body forwards[] = {[DCS_RELU] = relu_row, [DCS_SIGMOID] = sigmoid_row, [DCS_TANH] = tanh_row};
static const row_body derivatives[] = {[DCS_RELU] = relu_derivative, [DCS_SIGMOID] = sigmoid_derivative, [DCS_TANH] = tanh_derivative};

void dcs_map_forward(dcs_pool *pool, int map, const dcs_tensor *x, const dcs_tensor *y) {
  dcs_run_rows(pool, forwards[map], NULL, x, NULL, y);
}

void dcs_map_backward(dcs_pool *pool, int map, const dcs_tensor *y, const dcs_tensor *dy, int accumulate, const dcs_tensor *dx) {
  dcs_run_rows(pool, derivatives[map], &accumulate, y, dy, dx);
}

enum { PIECE = 256 };

typedef struct { const dcs_tensor *x, *y; } softmax_walk;

CLONED static void softmax_piece(const dcs_tensor *x, const dcs_tensor *y, const float *from, float *to, int64_t count) {
  float top[PIECE], sum[PIECE];
  for (int64_t i = 0; i < count; i++) top[i] = from[i], sum[i] = 0;
  for (int64_t c = 1; c < x->channels; c++)
    for (int64_t i = 0; i < count; i++) top[i] = from[c * x->sc + i] > top[i] ? from[c * x->sc + i] : top[i];
  for (int64_t c = 0; c < x->channels; c++)
#pragma clang loop vectorize(assume_safety)
    for (int64_t i = 0; i < count; i++) {
      float e = exponential(from[c * x->sc + i] - top[i]);
      to[c * y->sc + i] = e;
      sum[i] += e;
    }
  for (int64_t c = 0; c < x->channels; c++)
#pragma clang loop vectorize(assume_safety)
    for (int64_t i = 0; i < count; i++) to[c * y->sc + i] /= sum[i];
}

static void softmax_plane(void *context, int64_t z, int worker) {
  const softmax_walk *walk = context;
  (void)worker;
  for (int64_t row = 0; row < walk->y->height; row++)
    for (int64_t i = 0; i < walk->y->width; i += PIECE)
      softmax_piece(walk->x, walk->y, row_of(walk->x, 0, z, row) + i, row_of(walk->y, 0, z, row) + i, min64(PIECE, walk->y->width - i));
}

void dcs_softmax(dcs_pool *pool, const dcs_tensor *x, const dcs_tensor *y) {
  dcs_pool_run(pool, y->depth, softmax_plane, &(softmax_walk){x, y});
}
