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
MAP(gelu_row, x * normal_share(x))

// a: the map's output (GELU: its input), b: the gradient of that output.
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
DERIVATIVE(gelu_derivative, dy * (normal_share(y) + y * 0.398942280f * exponential(-0.5f * y * y)))

static const row_body forwards[] = {[DCS_RELU] = relu_row, [DCS_SIGMOID] = sigmoid_row, [DCS_TANH] = tanh_row, [DCS_GELU] = gelu_row};
static const row_body derivatives[] = {[DCS_RELU] = relu_derivative, [DCS_SIGMOID] = sigmoid_derivative, [DCS_TANH] = tanh_derivative, [DCS_GELU] = gelu_derivative};

void dcs_map_forward(dcs_pool *pool, int map, const dcs_tensor *x, const dcs_tensor *y) {
  dcs_run_rows(pool, forwards[map], NULL, x, NULL, y);
}

void dcs_map_backward(dcs_pool *pool, int map, const dcs_tensor *y, const dcs_tensor *dy, int accumulate, const dcs_tensor *dx) {
  dcs_run_rows(pool, derivatives[map], &accumulate, y, dy, dx);
}

typedef struct { float slope; int accumulate; } leak;

CLONED static void leaky_row(const void *settings, int64_t count, const float *a, const float *b, float *y) {
  (void)b;
  float slope = ((const leak *)settings)->slope;
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = 0; i < count; i++) y[i] = a[i] < 0 ? slope * a[i] : a[i];
}

CLONED static void leaky_derivative(const void *settings, int64_t count, const float *a, const float *b, float *dx) {
  leak s = *(const leak *)settings;
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = 0; i < count; i++) {
    float value = a[i] > 0 ? b[i] : s.slope * b[i];
    dx[i] = s.accumulate ? dx[i] + value : value;
  }
}

void dcs_leaky_relu_forward(dcs_pool *pool, float slope, const dcs_tensor *x, const dcs_tensor *y) {
  dcs_run_rows(pool, leaky_row, &(leak){slope, 0}, x, NULL, y);
}

void dcs_leaky_relu_backward(dcs_pool *pool, float slope, const dcs_tensor *y, const dcs_tensor *dy, int accumulate, const dcs_tensor *dx) {
  dcs_run_rows(pool, leaky_derivative, &(leak){slope, accumulate}, y, dy, dx);
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

typedef struct { const dcs_tensor *y, *dy, *dx; int accumulate; } softmax_gradient;

CLONED static void softmax_gradient_piece(const softmax_gradient *s, const float *y, const float *dy, float *dx, int64_t count) {
  float sum[PIECE];
  for (int64_t i = 0; i < count; i++) sum[i] = 0;
  for (int64_t c = 0; c < s->y->channels; c++)
    for (int64_t i = 0; i < count; i++) sum[i] += y[c * s->y->sc + i] * dy[c * s->dy->sc + i];
  for (int64_t c = 0; c < s->y->channels; c++)
#pragma clang loop vectorize(assume_safety)
    for (int64_t i = 0; i < count; i++) {
      float value = y[c * s->y->sc + i] * (dy[c * s->dy->sc + i] - sum[i]);
      dx[c * s->dx->sc + i] = s->accumulate ? dx[c * s->dx->sc + i] + value : value;
    }
}

static void softmax_gradient_plane(void *context, int64_t z, int worker) {
  const softmax_gradient *s = context;
  (void)worker;
  for (int64_t row = 0; row < s->y->height; row++)
    for (int64_t i = 0; i < s->y->width; i += PIECE)
      softmax_gradient_piece(s, row_of(s->y, 0, z, row) + i, row_of(s->dy, 0, z, row) + i, row_of(s->dx, 0, z, row) + i, min64(PIECE, s->y->width - i));
}

void dcs_softmax_backward(dcs_pool *pool, const dcs_tensor *y, const dcs_tensor *dy, int accumulate, const dcs_tensor *dx) {
  dcs_pool_run(pool, y->depth, softmax_gradient_plane, &(softmax_gradient){y, dy, dx, accumulate});
}
