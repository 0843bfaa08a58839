// The inner loops of convolution for AVX2 with FMA: register tiles of 12 sums in 16 registers.
//
// strip: 4 channels x 3 vectors of sums; a tap costs 3 loads and 4 broadcasts for 12 multiply-adds. Groups of 8 channels are two passes. What is
//        left of a line is 4 x 2 or 8 x 1: fewer than 8 sums wait for each other.
// dots:  4 channels of dy x 3 columns.
// The bodies of both are assembly: compilers keep one of the twelve sums in memory, which halves the speed.
#if defined(__x86_64__)
#include "conv_internal.h"
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define TILE TARGET static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { LANES = 8 };

// The twelve sums as operands of an assembly statement.
#define SUMS(s)                                                                                                         \
  [s00] "+x"(s[0][0]), [s01] "+x"(s[0][1]), [s02] "+x"(s[0][2]), [s10] "+x"(s[1][0]), [s11] "+x"(s[1][1]), [s12] "+x"(s[1][2]), \
  [s20] "+x"(s[2][0]), [s21] "+x"(s[2][1]), [s22] "+x"(s[2][2]), [s30] "+x"(s[3][0]), [s31] "+x"(s[3][1]), [s32] "+x"(s[3][2])

// One row of the tile: what is loaded to ymm15 times the three vectors in ymm12...14.
#define ROW(m, load)                                  \
  load ", %%ymm15\n"                                  \
  "vfmadd231ps %%ymm12, %%ymm15, %[s" #m "0]\n"       \
  "vfmadd231ps %%ymm13, %%ymm15, %[s" #m "1]\n"       \
  "vfmadd231ps %%ymm14, %%ymm15, %[s" #m "2]\n"

#define TAP(s, x, w)                                                                             \
  __asm__ volatile("vmovups (%[px]), %%ymm12\n vmovups 32(%[px]), %%ymm13\n vmovups 64(%[px]), %%ymm14\n" \
                   ROW(0, "vbroadcastss (%[pw])") ROW(1, "vbroadcastss 4(%[pw])")                \
                   ROW(2, "vbroadcastss 8(%[pw])") ROW(3, "vbroadcastss 12(%[pw])")              \
                   : SUMS(s) : [px] "r"(x), [pw] "r"(w) : "ymm12", "ymm13", "ymm14", "ymm15", "memory")

// 4 of the group's channels from `offset`, 24 positions.
TILE void strip_tile_4x3(const conv_strip *s, int64_t start, int64_t offset, const int64_t group, const int64_t taps) {
  __m256 sum[4][3];
  float *sums = s->sums + offset * s->stride + start;
  UNROLL for (int m = 0; m < 4; m++)
    UNROLL for (int v = 0; v < 3; v++)
      sum[m][v] = s->resume ? _mm256_load_ps(sums + m * s->stride + v * LANES) : _mm256_setzero_ps();
  const float *weight = s->weights + offset, *channel = s->input + start;
  int64_t skipped = s->weight_step - s->row_count * taps * group;
  for (int64_t c = 0; c < s->channels; c++, channel += s->sc, weight += skipped)
    for (int64_t r = 0; r < s->row_count; r++) {
      const float *row = channel + s->rows[r];
      for (int64_t k = 0; k < taps; k++, weight += group) TAP(sum, row + k, weight);
    }
  UNROLL for (int m = 0; m < 4; m++)
    UNROLL for (int v = 0; v < 3; v++) _mm256_store_ps(sums + m * s->stride + v * LANES, sum[m][v]);
}

// Any other tile: what is left of a line, and one or two channels.
TILE void strip_tile(const conv_strip *s, int64_t start, int64_t offset, const int width, const int vectors, const int64_t group, const int64_t taps) {
  __m256 sum[8][6];
  float *sums = s->sums + offset * s->stride + start;
  UNROLL for (int m = 0; m < width; m++)
    UNROLL for (int v = 0; v < vectors; v++)
      sum[m][v] = s->resume ? _mm256_load_ps(sums + m * s->stride + v * LANES) : _mm256_setzero_ps();
  const float *weight = s->weights + offset, *channel = s->input + start;
  int64_t skipped = s->weight_step - s->row_count * taps * group;
  for (int64_t c = 0; c < s->channels; c++, channel += s->sc, weight += skipped)
    for (int64_t r = 0; r < s->row_count; r++) {
      const float *row = channel + s->rows[r];
      for (int64_t k = 0; k < taps; k++, weight += group)
        UNROLL for (int v = 0; v < vectors; v++) {
          __m256 x = _mm256_loadu_ps(row + k + v * LANES);
          UNROLL for (int m = 0; m < width; m++) sum[m][v] = _mm256_fmadd_ps(_mm256_broadcast_ss(weight + m), x, sum[m][v]);
        }
    }
  UNROLL for (int m = 0; m < width; m++)
    UNROLL for (int v = 0; v < vectors; v++) _mm256_store_ps(sums + m * s->stride + v * LANES, sum[m][v]);
}

#define STRIP_4(name, group, taps)                                                                               \
  TARGET static void name(const conv_strip *s) {                                                                 \
    int64_t full = (s->positions + LANES - 1) / LANES / 3 * 3 * LANES, left = s->positions - full;                \
    for (int64_t offset = 0; offset < group; offset += 4) {                                                      \
      for (int64_t p = 0; p < full; p += 3 * LANES) strip_tile_4x3(s, p, offset, group, taps);                   \
      if (left > LANES) strip_tile(s, full, offset, 4, 2, group, taps);                                          \
    }                                                                                                            \
    if (left > 0 && left <= LANES) strip_tile(s, full, 0, group, 1, group, taps);                                \
  }
STRIP_4(strip_8_1, 8, 1)
STRIP_4(strip_8_3, 8, 3)
STRIP_4(strip_8_any, 8, s->taps)
STRIP_4(strip_4_1, 4, 1)
STRIP_4(strip_4_3, 4, 3)
STRIP_4(strip_4_any, 4, s->taps)

#define STRIP_FEW(name, width, full)                                                          \
  TARGET static void name(const conv_strip *s) {                                              \
    int64_t p = 0;                                                                            \
    for (; s->positions - p >= full * LANES; p += full * LANES) strip_tile(s, p, 0, width, full, width, s->taps); \
    for (; p < s->positions; p += LANES) strip_tile(s, p, 0, width, 1, width, s->taps);                \
  }
STRIP_FEW(strip_2, 2, 4)
STRIP_FEW(strip_1, 1, 6)

static void strip(const conv_strip *s) {
#define DISPATCH(width) s->taps == 3 ? strip_##width##_3(s) : s->taps == 1 ? strip_##width##_1(s) : strip_##width##_any(s)
  switch (s->width) {
  case 8: DISPATCH(8); break;
  case 4: DISPATCH(4); break;
  case 2: strip_2(s); break;
  default: strip_1(s);
  }
}

// The lane sums of four vectors.
TILE __m128 sum_four(__m256 a, __m256 b, __m256 c, __m256 d) {
  __m256 both = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
  return _mm_add_ps(_mm256_castps256_ps128(both), _mm256_extractf128_ps(both, 1));
}

TARGET static void dots_tile_4x3(const conv_dots *d, int64_t first, int64_t offset) {
  __m256 sum[4][3];
  UNROLL for (int m = 0; m < 4; m++) UNROLL for (int j = 0; j < 3; j++) sum[m][j] = _mm256_setzero_ps();
  const float *x0 = d->columns[first], *x1 = d->columns[first + 1], *x2 = d->columns[first + 2];
  const float *dy = d->dy + offset * d->stride, *dy2 = dy + 2 * d->stride;
  int64_t stride = d->stride * (int64_t)sizeof *dy;
  for (int64_t q = 0; q < d->planes; q++) {
    for (int64_t p = 0; p < d->count; p += LANES)
      __asm__ volatile("vmovups (%[x0],%[p],4), %%ymm12\n vmovups (%[x1],%[p],4), %%ymm13\n vmovups (%[x2],%[p],4), %%ymm14\n"
                       ROW(0, "vmovups (%[dy])") ROW(1, "vmovups (%[dy],%[stride])")
                       ROW(2, "vmovups (%[dy2])") ROW(3, "vmovups (%[dy2],%[stride])")
                       : SUMS(sum)
                       : [x0] "r"(x0), [x1] "r"(x1), [x2] "r"(x2), [p] "r"(p), [dy] "r"(dy + p), [dy2] "r"(dy2 + p), [stride] "r"(stride)
                       : "ymm12", "ymm13", "ymm14", "ymm15", "memory");
    dy += d->count, dy2 += d->count, x0 += d->column_plane, x1 += d->column_plane, x2 += d->column_plane;
  }
  UNROLL for (int j = 0; j < 3; j++) {
    float *sums = d->sums + (first + j) * d->width + offset;
    _mm_storeu_ps(sums, _mm_add_ps(_mm_loadu_ps(sums), sum_four(sum[0][j], sum[1][j], sum[2][j], sum[3][j])));
  }
}

// One column and one channel: what the tiles leave over.
TARGET static void dot(const conv_dots *d, int64_t column, int64_t m) {
  __m256 even = _mm256_setzero_ps(), odd = even;
  const float *x = d->columns[column], *dy = d->dy + m * d->stride;
  for (int64_t q = 0; q < d->planes; q++, x += d->column_plane, dy += d->count)
    for (int64_t p = 0; p < d->count; p += 2 * LANES) {
      even = _mm256_fmadd_ps(_mm256_load_ps(dy + p), _mm256_loadu_ps(x + p), even);
      odd = _mm256_fmadd_ps(_mm256_load_ps(dy + p + LANES), _mm256_loadu_ps(x + p + LANES), odd);
    }
  __m256 sum = _mm256_add_ps(even, odd);
  d->sums[column * d->width + m] += _mm_cvtss_f32(sum_four(sum, sum, sum, sum));
}

TARGET static void dots(const conv_dots *d) {
  int64_t wide = d->width / 4 * 4, tiled = d->column_count / 3 * 3;
  for (int64_t m = 0; m < wide; m += 4)
    for (int64_t j = 0; j < tiled; j += 3) dots_tile_4x3(d, j, m);
  for (int64_t j = 0; j < d->column_count; j++)
    for (int64_t m = j < tiled ? wide : 0; m < d->width; m++) dot(d, j, m);
}

typedef float row_vector __attribute__((vector_size(4 * LANES), aligned(4)));

// max(0, v) and not max(v, 0): the second operand is the result when one is NaN.
TILE void finish_vector(const row_vector *sums, int64_t left, float bias, int how, float *row) {
  static const int32_t ahead[2 * LANES] = {-1, -1, -1, -1, -1, -1, -1, -1};
  __m256 value = _mm256_add_ps((__m256)*sums, _mm256_set1_ps(bias));
  if (how == FINISH_RELU) value = _mm256_max_ps(_mm256_setzero_ps(), value);
  if (left >= LANES) {
    if (how == FINISH_ADD) value = _mm256_add_ps(_mm256_loadu_ps(row), value);
    _mm256_storeu_ps(row, value);
  } else {
    __m256i inside = _mm256_loadu_si256((const __m256i *)(ahead + LANES - left));
    if (how == FINISH_ADD) value = _mm256_add_ps(_mm256_maskload_ps(row, inside), value);
    _mm256_maskstore_ps(row, inside, value);
  }
}

TARGET static void finish(const float *sums, int64_t count, float bias, int how, float *row) {
  for (int64_t x = 0; x < count; x += LANES) finish_vector((const row_vector *)(sums + x), count - x, bias, how, row + x);
}

#include "conv_winograd_rows.h"

const conv_level conv_level_avx2 = {"avx2", strip, dots, finish, transform_inputs, transform_sums, transform_gradients, conv_outer_avx2, conv_interleave_avx2, conv_lanes_avx2, conv_separate_avx2};
#endif
