// The inner loops of convolution for AVX-512: register tiles of 24 sums.
//
// strip: 8 channels x 3 vectors (or 4 x 6) of sums; a tap costs 3 loads and 8 broadcasts for 24 multiply-adds.
// dots:  8 channels of dy x 3 columns, summed across lanes at the end of a strip.
//
// Measured on two Zen 4 cores, 3x3x3 kernels, share of sgemm's rate there (204 GFLOP/s; only voxels of the output count as work):
// 12 to 96 channels at 30 to 130 voxels a side: forward 96-102 %, data 86-91 %, weights 76-84 %; 64 channels at 14: 90, 72, 67 %;
// 1 to 16 channels at 68: 51 % forward, bound by writing the output.
#if defined(__x86_64__)
#include "conv_internal.h"
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,fma")))
#define TILE TARGET static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { LANES = 16 };

TILE void strip_tile(const conv_strip *s, int64_t start, const int width, const int vectors, const int64_t taps) {
  __m512 sum[8][6];
  float *sums = s->sums + start;
  UNROLL for (int m = 0; m < width; m++)
    UNROLL for (int v = 0; v < vectors; v++)
      sum[m][v] = s->resume ? _mm512_load_ps(sums + m * s->stride + v * LANES) : _mm512_setzero_ps();
  const float *weight = s->weights, *channel = s->input + start;
  int64_t skipped = s->weight_step - s->row_count * taps * width;
  for (int64_t c = 0; c < s->channels; c++, channel += s->sc, weight += skipped)
    for (int64_t r = 0; r < s->row_count; r++) {
      const float *row = channel + s->rows[r];
      for (int64_t k = 0; k < taps; k++, weight += width) {
        __m512 x[6];
        UNROLL for (int v = 0; v < vectors; v++) x[v] = _mm512_loadu_ps(row + k + v * LANES);
        UNROLL for (int m = 0; m < width; m++) {
          __m512 w = _mm512_set1_ps(weight[m]);
          UNROLL for (int v = 0; v < vectors; v++) sum[m][v] = _mm512_fmadd_ps(w, x[v], sum[m][v]);
        }
      }
    }
  UNROLL for (int m = 0; m < width; m++)
    UNROLL for (int v = 0; v < vectors; v++) _mm512_store_ps(sums + m * s->stride + v * LANES, sum[m][v]);
}

// Full tiles, then one of just enough vectors.
#define STRIP(name, width, full, taps)                                                                  \
  TARGET static void name(const conv_strip *s) {                                                        \
    int64_t p = 0;                                                                                      \
    for (; s->positions - p > LANES * (full > 3 ? 3 : 2); p += LANES * full) strip_tile(s, p, width, full, taps); \
    int64_t left = s->positions - p;                                                                    \
    if (left > LANES * 2) strip_tile(s, p, width, 3, taps);                                             \
    else if (left > LANES) strip_tile(s, p, width, 2, taps);                                            \
    else if (left > 0) strip_tile(s, p, width, 1, taps);                                                \
  }
#define STRIPS(width, full)                       \
  STRIP(strip_##width##_1, width, full, 1)        \
  STRIP(strip_##width##_3, width, full, 3)        \
  STRIP(strip_##width##_any, width, full, s->taps)

STRIPS(8, 3)
STRIPS(4, 6)
STRIPS(2, 6)
STRIPS(1, 6)

static void strip(const conv_strip *s) {
#define DISPATCH(width) s->taps == 3 ? strip_##width##_3(s) : s->taps == 1 ? strip_##width##_1(s) : strip_##width##_any(s)
  switch (s->width) {
  case 8: DISPATCH(8); break;
  case 4: DISPATCH(4); break;
  case 2: DISPATCH(2); break;
  default: DISPATCH(1);
  }
}

TILE __m256 halves(__m512 v) { return _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1)); }

// The sums of four vectors: each lane half of the result holds half of them.
TILE __m256 sum_four(const __m512 *v) {
  return _mm256_hadd_ps(_mm256_hadd_ps(halves(v[0]), halves(v[1])), _mm256_hadd_ps(halves(v[2]), halves(v[3])));
}

TILE void add_sums(const __m512 *v, const int width, float *sums) {
  if (width == 8) {
    __m256 low = sum_four(v), high = sum_four(v + 4);
    __m256 total = _mm256_add_ps(_mm256_permute2f128_ps(low, high, 0x20), _mm256_permute2f128_ps(low, high, 0x31));
    _mm256_storeu_ps(sums, _mm256_add_ps(_mm256_loadu_ps(sums), total));
  } else if (width == 4) {
    __m256 both = sum_four(v);
    __m128 total = _mm_add_ps(_mm256_castps256_ps128(both), _mm256_extractf128_ps(both, 1));
    _mm_storeu_ps(sums, _mm_add_ps(_mm_loadu_ps(sums), total));
  } else {
    UNROLL for (int m = 0; m < width; m++) sums[m] += _mm512_reduce_add_ps(v[m]);
  }
}

TILE void dots_tile(const conv_dots *d, int64_t first, const int width, const int columns) {
  __m512 sum[3][8];
  UNROLL for (int j = 0; j < columns; j++)
    UNROLL for (int m = 0; m < width; m++) sum[j][m] = _mm512_setzero_ps();
  const float *x0 = d->columns[first], *x1 = columns > 1 ? d->columns[first + 1] : x0, *x2 = columns > 2 ? d->columns[first + 2] : x0;
  const float *rows = d->dy;
  for (int64_t q = 0; q < d->planes; q++, rows += d->count, x0 += d->column_plane, x1 += d->column_plane, x2 += d->column_plane)
    for (int64_t p = 0; p < d->count; p += LANES) {
      __m512 x[3] = {_mm512_loadu_ps(x0 + p), _mm512_loadu_ps(x1 + p), _mm512_loadu_ps(x2 + p)};
      UNROLL for (int m = 0; m < width; m++) {
        __m512 dy = _mm512_load_ps(rows + m * d->stride + p);
        UNROLL for (int j = 0; j < columns; j++) sum[j][m] = _mm512_fmadd_ps(dy, x[j], sum[j][m]);
      }
    }
  UNROLL for (int j = 0; j < columns; j++) add_sums(sum[j], width, d->sums + (first + j) * width);
}

#define DOTS(width)                                                                      \
  TARGET static void dots_##width(const conv_dots *d) {                                  \
    int64_t j = 0;                                                                       \
    for (; j + 3 <= d->column_count; j += 3) dots_tile(d, j, width, 3);                  \
    if (d->column_count - j == 2) dots_tile(d, j, width, 2);                             \
    if (d->column_count - j == 1) dots_tile(d, j, width, 1);                             \
  }
DOTS(8)
DOTS(4)
DOTS(2)
DOTS(1)

static void dots(const conv_dots *d) {
  switch (d->width) {
  case 8: dots_8(d); break;
  case 4: dots_4(d); break;
  case 2: dots_2(d); break;
  default: dots_1(d);
  }
}

typedef float row_vector __attribute__((vector_size(4 * LANES), aligned(4)));

// max(0, v) and not max(v, 0): the second operand is the result when one is NaN.
TILE void finish_vector(const row_vector *sums, int64_t left, float bias, int how, float *row) {
  __mmask16 inside = left >= LANES ? 0xffff : (__mmask16)((1 << left) - 1);
  __m512 value = _mm512_add_ps((__m512)*sums, _mm512_set1_ps(bias));
  if (how == FINISH_RELU) value = _mm512_max_ps(_mm512_setzero_ps(), value);
  if (how == FINISH_ADD) value = _mm512_add_ps(_mm512_maskz_loadu_ps(inside, row), value);
  _mm512_mask_storeu_ps(row, inside, value);
}

TARGET static void finish(const float *sums, int64_t count, float bias, int how, float *row) {
  for (int64_t x = 0; x < count; x += LANES) finish_vector((const row_vector *)(sums + x), count - x, bias, how, row + x);
}

#include "conv_winograd_rows.h"

const conv_level conv_level_avx512 = {"avx512", strip, dots, finish, transform_inputs, transform_sums, transform_gradients, NULL, NULL, NULL, NULL};
#endif
