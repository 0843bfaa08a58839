// Products of lines with lines for AMX: 16 input x 16 output channels of sums, a tile for each of up to three taps.
//
// The left factor is the input's lines, as they lie; the right one dy with positions down and channels across, made for SECTION positions at a time. A tap
// further along the input is a row less of dy: all tiles lie on whole cache lines.
#if defined(__x86_64__)
#include "conv_amx.h"

enum { SECTION = 128, BLOCKS = 5, MAX_TAPS = 7, TAPS = 3, BEFORE = MAX_TAPS - 1, ROWS = 160 };   // TAPS: at a time; BEFORE: rows of dy before a section; ROWS: more than both, so that the two copies fall on other cache sets
_Static_assert(LANES * 2 * ROWS + BLOCKS * MAX_TAPS * TILE_WORDS <= CONV_LINE_WORK, "room for the tiles");

// Rows of dy, and the same with halves exchanged; row BEFORE is the section's first position. Those before it come from the section before, or are zero.
typedef struct { __m512i *straight, *exchanged; } dy_rows;

TARGET static void take_rows(const conv_line_gradients *g, int64_t first, int64_t at, int64_t count, dy_rows to) {
  for (int64_t r = 0; r < BEFORE; r++) {
    to.straight[r] = at ? to.straight[SECTION + r] : _mm512_setzero_si512();
    to.exchanged[r] = at ? to.exchanged[SECTION + r] : _mm512_setzero_si512();
  }
  int64_t lines = min64(TILE_ROWS, g->outputs - first);
  for (int64_t p = 0; p < count; p += TILE_ROWS) {
    __m512i rows[TILE_ROWS];
    const float *from = g->dy + first * g->stride + at + p;
    int inside = at + p < g->count;
    if (lines == TILE_ROWS && inside) UNROLL for (int64_t o = 0; o < TILE_ROWS; o++) rows[o] = _mm512_load_si512(from + o * g->stride);
    else UNROLL for (int64_t o = 0; o < TILE_ROWS; o++) rows[o] = o < lines && inside ? _mm512_load_si512(from + o * g->stride) : _mm512_setzero_si512();
    transpose(rows);
    UNROLL for (int64_t r = 0; r < TILE_ROWS; r++) {
      to.straight[BEFORE + p + r] = rows[r];
      to.exchanged[BEFORE + p + r] = exchange(rows[r]);
    }
  }
}

#define TAP(k)                                                 \
  do {                                                         \
    _tile_loadd(5, straight - (k), 64);                        \
    _tile_loadd(6, exchanged - (k), 64);                       \
    _tile_dpbf16ps(k, 4, 5);                                   \
    _tile_dpbf16ps(k, 4, 6);                                   \
  } while (0)

// Adds `count` positions to the sums of `taps` taps, a tile each.
TILE void sum_section(const float *x, int64_t stride, int64_t count, const __m512i *straight, const __m512i *exchanged, const int taps, float *sums) {
  _tile_loadd(0, sums, 64);
  if (taps > 1) _tile_loadd(1, sums + TILE_WORDS, 64);
  if (taps > 2) _tile_loadd(2, sums + 2 * TILE_WORDS, 64);
  for (int64_t at = 0; at < count; at += LANES, straight += TILE_ROWS, exchanged += TILE_ROWS) {
    _tile_loadd(4, x + at, stride);
    TAP(0);
    if (taps > 1) TAP(1);
    if (taps > 2) TAP(2);
  }
  _tile_stored(0, sums, 64);
  if (taps > 1) _tile_stored(1, sums + TILE_WORDS, 64);
  if (taps > 2) _tile_stored(2, sums + 2 * TILE_WORDS, 64);
}

TARGET static void sum_taps(const conv_line_gradients *g, const float *x, int64_t count, dy_rows dy, float *sums) {
  int64_t stride = g->stride * (int64_t)sizeof *x;
  for (int64_t k = 0; k < g->taps; k += TAPS, sums += TAPS * TILE_WORDS) {
    const __m512i *straight = dy.straight + BEFORE - k, *exchanged = dy.exchanged + BEFORE - k;
    if (g->taps - k >= 3) sum_section(x, stride, count, straight, exchanged, 3, sums);
    else if (g->taps - k == 2) sum_section(x, stride, count, straight, exchanged, 2, sums);
    else sum_section(x, stride, count, straight, exchanged, 1, sums);
  }
}

// Rows of [input][output] to the columns of the groups of outputs.
TARGET static void add_tile(const conv_line_gradients *g, int64_t first, int64_t input, int64_t tap, const float *tile) {
  for (int64_t m = first; m < min64(g->outputs, first + TILE_ROWS); m += GROUP) {
    int64_t width = group_width(m, g->outputs);
    __mmask8 lanes = (__mmask8)((1 << width) - 1);
    for (int64_t i = 0; i < min64(TILE_ROWS, g->inputs - input); i++) {
      float *to = g->sums + m * g->columns + ((input + i) * g->taps + tap) * width;
      _mm256_mask_storeu_ps(to, lanes, _mm256_add_ps(_mm256_maskz_loadu_ps(lanes, to), _mm256_loadu_ps(tile + i * TILE_ROWS + m - first)));
    }
  }
}

TARGET static void shape(int64_t rows) {
  tile_shapes shapes = {.palette = 1};
  set_shape(&shapes, 0, 3, rows, LANES);
  set_shape(&shapes, 4, 5, rows, LANES);
  set_shape(&shapes, 5, 7, TILE_ROWS, LANES);
  _tile_loadconfig(&shapes);
}

TARGET void conv_amx_gradients(const conv_line_gradients *g) {
  dy_rows dy = {(__m512i *)g->work, (__m512i *)g->work + ROWS};
  float *sums = g->work + LANES * 2 * ROWS;
  int64_t shaped = 0, end = g->count + (g->taps > 1 ? LANES : 0), block_floats = g->taps * TILE_WORDS;   // positions that the last tap sees
  for (int64_t m = 0; m < g->outputs; m += TILE_ROWS) {
    for (int64_t n = 0; n < (g->inputs + TILE_ROWS - 1) / TILE_ROWS * block_floats; n++) sums[n] = 0;
    for (int64_t at = 0; at < end; at += SECTION) {
      int64_t count = min64(SECTION, end - at);
      take_rows(g, m, at, count, dy);
      for (int64_t i = 0; i < g->inputs; i += TILE_ROWS) {
        int64_t rows = min64(TILE_ROWS, g->inputs - i);
        if (rows != shaped) shape(shaped = rows);
        sum_taps(g, g->x + i * g->stride + at, count, dy, sums + i / TILE_ROWS * block_floats);
      }
    }
    for (int64_t i = 0; i < g->inputs; i += TILE_ROWS)
      for (int64_t k = 0; k < g->taps; k++) add_tile(g, m, i, k, sums + i / TILE_ROWS * block_floats + k * TILE_WORDS);
  }
  _tile_release();
}
#endif
