// Products of points for AMX: 16 output channels x 16 positions of sums in a tile for each of three taps.
//
// A tile of weights is 16 outputs x 16 input channels of one tap, a tile of inputs these channels x 16 positions of their lines, as they lie. A tile that does
// not lie on whole cache lines takes seven times as long to load, so each tap has sums of its own, which are shifted when they are added. Where channels
// are no multiple of 16 the last block begins earlier, its weights zero for the channels that it has in common with the block before: no line is read
// that is not there.
//
// Measured on a core of a Xeon of the fourth generation, lines of 259 positions in the second cache, beside AVX-512's strips at 130 to 155 GFLOP/s:
// 16 -> 16 channels 215, 48 -> 16 235, 32 -> 32 255, 72 -> 72 290 GFLOP/s. Where another thread of that core uses its tiles too, no faster than strips.
#if defined(__x86_64__)
#include "conv_amx.h"

enum { WEIGHTS = 9 * 7, PAIR = 2 * TILE_ROWS };   // WEIGHTS: pairs of tiles; PAIR: vectors of one

typedef struct {
  const conv_line_products *p;
  int64_t blocks, depth;      // blocks of input channels, channels of each
  __m512i *weights;           // [block][tap], pairs
  float *ring;                // [step][tap], tiles of sums
} product_walk;

static inline int64_t block_start(const product_walk *w, int64_t block) { return min64(block * TILE_ROWS, w->p->channels - w->depth); }

// Eight weights (or as many as the group has) of each of two groups.
TILE __m512 weights_of(const float *low, int64_t low_width, const float *high, int64_t high_width) {
  __m256 a = _mm256_maskz_loadu_ps((__mmask8)((1 << low_width) - 1), low), b = _mm256_maskz_loadu_ps((__mmask8)((1 << high_width) - 1), high);
  return _mm512_insertf32x8(_mm512_castps256_ps512(a), b, 1);
}

// Pairs [block][tap] of the outputs from `first` on.
TARGET static void make_weights(const product_walk *w, int64_t first, __m512i *to) {
  const conv_line_products *p = w->p;
  int64_t low_width = group_width(first, p->outputs), high_width = p->outputs - first > GROUP ? group_width(first + GROUP, p->outputs) : 0;
  const float *low = p->weights + first / GROUP * p->group_step + p->before * p->taps * low_width;
  const float *high = high_width ? p->weights + (first / GROUP + 1) * p->group_step + p->before * p->taps * high_width : low;
  for (int64_t block = 0; block < w->blocks; block++) {
    int64_t start = block_start(w, block), fresh = block * TILE_ROWS - start;   // channels before `fresh` are done
    for (int64_t k = 0; k < p->taps; k++, to += PAIR) {
      __m512i rows[TILE_ROWS];
      UNROLL for (int64_t c = 0; c < TILE_ROWS; c++) {
        int64_t at = (start + c) * p->taps + k;
        rows[c] = c < fresh || c >= w->depth ? _mm512_setzero_si512() : split(weights_of(low + at * low_width, low_width, high + at * high_width, high_width));
      }
      transpose(rows);
      UNROLL for (int64_t m = 0; m < TILE_ROWS; m++) to[m] = rows[m], to[TILE_ROWS + m] = exchange(rows[m]);
    }
  }
}

#define MULTIPLY(sum, k)                               \
  do {                                                 \
    _tile_loadd(7, weights + (k) * PAIR, 64);          \
    _tile_dpbf16ps(sum, 7, 6);                         \
    _tile_loadd(7, weights + (k) * PAIR + TILE_ROWS, 64); \
    _tile_dpbf16ps(sum, 7, 6);                         \
  } while (0)

// Sums of each of up to three taps for 16 positions of the lines, in tiles a, b, c; to `to`, dense.
#define SUM_TAPS(name, a, b, c)                                                                                    \
  TILE void name(const product_walk *w, const __m512i *weights, const float *from, const int taps, float *to) {    \
    int64_t stride = w->p->stride * (int64_t)sizeof *to;                                                           \
    _tile_zero(a);                                                                                                 \
    if (taps > 1) _tile_zero(b);                                                                                   \
    if (taps > 2) _tile_zero(c);                                                                                   \
    for (int64_t block = 0; block < w->blocks; block++, weights += w->p->taps * PAIR) {                            \
      _tile_loadd(6, from + block_start(w, block) * w->p->stride, stride);                                         \
      MULTIPLY(a, 0);                                                                                              \
      if (taps > 1) MULTIPLY(b, 1);                                                                                \
      if (taps > 2) MULTIPLY(c, 2);                                                                                \
    }                                                                                                              \
    _tile_stored(a, to, 64);                                                                                       \
    if (taps > 1) _tile_stored(b, to + TILE_WORDS, 64);                                                            \
    if (taps > 2) _tile_stored(c, to + 2 * TILE_WORDS, 64);                                                        \
  }
SUM_TAPS(sum_even, 0, 1, 2)
SUM_TAPS(sum_odd, 3, 4, 5)

// sums (+)= the taps' sums for 16 positions, each as many positions further; `next`: of the 16 positions behind.
TILE void add_taps(const float *here, const float *next, const int taps, int64_t rows, float *sums, int64_t stride, int resume) {
  for (int64_t m = 0; m < rows; m++, here += LANES, next += LANES, sums += stride) {
    __m512 sum = _mm512_load_ps(here);
#define FURTHER(k) _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_load_si512(next + (k) * TILE_WORDS), _mm512_load_si512(here + (k) * TILE_WORDS), k))
    if (taps > 1) sum = _mm512_add_ps(sum, FURTHER(1));
    if (taps > 2) sum = _mm512_add_ps(sum, FURTHER(2));
    _mm512_store_ps(sums, resume ? _mm512_add_ps(_mm512_load_ps(sums), sum) : sum);
  }
}

enum { LAG = 2, RING = 4 };   // sums are read some steps after they were stored

TILE void sum_line(const product_walk *w, const __m512i *weights, int64_t first, int64_t rows, const int taps, float *sums, int resume) {
  const conv_line_products *p = w->p;
  int64_t vectors = (p->positions + LANES - 1) / LANES, made = (p->positions + taps - 1 + LANES - 1) / LANES;
  for (int64_t v = 0; v < max64(made, vectors + LAG); v++) {
    float *to = w->ring + v % RING * 3 * TILE_WORDS;
    if (v < made && v % 2 == 0) sum_even(w, weights, p->input + first + v * LANES, taps, to);
    if (v < made && v % 2 == 1) sum_odd(w, weights, p->input + first + v * LANES, taps, to);
    int64_t done = v - LAG;
    if (done >= 0 && done < vectors)
      add_taps(w->ring + done % RING * 3 * TILE_WORDS, w->ring + (done + 1) % RING * 3 * TILE_WORDS, taps, rows, sums + done * LANES, p->stride, resume);
  }
}

TARGET static void shape(int64_t rows, int64_t depth) {
  tile_shapes shapes = {.palette = 1};
  set_shape(&shapes, 0, 6, rows, LANES);
  set_shape(&shapes, 6, 7, depth, LANES);
  set_shape(&shapes, 7, 8, rows, depth);
  _tile_loadconfig(&shapes);
}

static product_walk walk_of(const conv_line_products *p) {
  return (product_walk){p, (p->channels + TILE_ROWS - 1) / TILE_ROWS, min64(p->channels, TILE_ROWS), (__m512i *)p->work, p->work + LANES * WEIGHTS * PAIR};
}

TARGET void conv_amx_weights(const conv_line_products *p, float *prepared) {
  product_walk w = walk_of(p);
  for (int64_t m = 0; m < p->outputs; m += TILE_ROWS, prepared += LANES * w.blocks * p->taps * PAIR) make_weights(&w, m, (__m512i *)prepared);
}

TARGET void conv_amx_products(const conv_line_products *p) {
  product_walk w = walk_of(p);
  int64_t shaped = 0;
  for (int64_t m = 0; m < p->outputs; m += TILE_ROWS) {
    int64_t rows = min64(TILE_ROWS, p->outputs - m);
    const __m512i *made = w.weights;
    if (p->prepared) made = (const __m512i *)p->prepared + m / TILE_ROWS * w.blocks * p->taps * PAIR;
    else make_weights(&w, m, w.weights);
    if (rows != shaped) shape(shaped = rows, w.depth);
    for (int64_t k = 0; k < p->taps; k += 3) {
      float *sums = p->sums + m * p->stride;
      const __m512i *weights = made + k * PAIR;
      int resume = p->resume || k > 0;
      if (p->taps - k >= 3) sum_line(&w, weights, k, rows, 3, sums, resume);
      else if (p->taps - k == 2) sum_line(&w, weights, k, rows, 2, sums, resume);
      else sum_line(&w, weights, k, rows, 1, sums, resume);
    }
  }
  _tile_release();
}
#endif
