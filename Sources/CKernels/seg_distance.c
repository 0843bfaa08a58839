// Squared Euclidean distances along the axes after the first (seg_scan.c): the lower envelope of parabolas, by one of two methods with the same answer:
//   near    for each output look 1, 2, … samples away until no closer parabola can exist; 16 lines at once. Cost ∝ distance.
//   far     Felzenszwalb & Huttenlocher 2012, one line at a time, cost independent of distance.
// A tile starts with `near` and changes to `far` when a fixed number of looks is spent: the choice depends on the data alone.
#include "include/seg.h"
#include "seg_clones.h"
#include <math.h>
#include <string.h>

enum { LANES = 16, TILE = DCS_SEG_TILE, LOOKS = 48 };   // LOOKS a sample on average: about what `far` costs
typedef float lanes __attribute__((vector_size(LANES * 4)));

static int64_t rounded(int64_t bytes) { return (bytes + 63) & ~(int64_t)63; }

int64_t dcs_seg_line_scratch(int64_t count, int doubled) {
  const int64_t samples = doubled ? 2 * count : count;
  return rounded(samples * TILE * 4) + rounded(count * LANES * 4) + rounded(samples * 4) + rounded(samples * 8) + rounded((samples + 1) * 8);
}

#define LESSER __builtin_elementwise_min

// tile[sample][TILE] -> out[sample / every][LANES]; returns 0 if the looks ran out.
DCS_INLINE int near_lines(const float *tile, int64_t samples, int64_t every, const float *table, float *out) {
  int64_t looks = LOOKS * (samples / every + 1);
  for (int64_t s = 0; s < samples; s += every, out += LANES) {
    lanes best = *(const lanes *)(tile + s * TILE);
    const int64_t down = s, up = samples - 1 - s, both = down < up ? down : up, all = down < up ? up : down;
    int64_t k = 1;
    for (; k <= both && __builtin_reduce_max(best) > table[k]; k++)
      best = LESSER(best, LESSER(*(const lanes *)(tile + (s - k) * TILE), *(const lanes *)(tile + (s + k) * TILE)) + table[k]);
    const float *side = tile + s * TILE;
    const int64_t step = down < up ? TILE : -TILE;
    for (; k <= all && __builtin_reduce_max(best) > table[k]; k++) best = LESSER(best, *(const lanes *)(side + k * step) + table[k]);
    looks -= k - 1;
    if (looks < 0) return 0;
    *(lanes *)out = best;
  }
  return 1;
}

// One line: f[samples] -> out[(sample / every) * LANES], for samples of [begin, end).
static void far_line(const float *f, int64_t samples, int64_t begin, int64_t end, int64_t every, const float *table, double square, float *out, int64_t *vertex, double *from) {
  int64_t last = -1;
  for (int64_t q = 0; q < samples; q++) {
    if (isinf(f[q])) continue;
    double start = -INFINITY;
    while (last >= 0) {
      const int64_t p = vertex[last];
      start = ((double)f[q] - (double)f[p]) / (2 * square * (double)(q - p)) + 0.5 * (double)(q + p);
      if (start > from[last]) break;
      last--;
      start = -INFINITY;
    }
    last++;
    vertex[last] = q;
    from[last] = start;
  }
  int64_t piece = 0;
  for (int64_t s = begin; s < end; s += every) {
    if (last < 0) { out[s / every * LANES] = INFINITY; continue; }
    while (piece < last && from[piece + 1] <= (double)s) piece++;
    const int64_t p = vertex[piece];
    out[s / every * LANES] = f[p] + table[s > p ? s - p : p - s];
  }
}

DCS_CLONES void dcs_seg_envelope_columns(const float *even, const float *odd, float *out, int64_t count, int64_t stride, int64_t columns, const float *table, double step, void *scratch) {
  const int64_t every = odd ? 2 : 1, samples = odd ? 2 * count - 1 : count;
  char *memory = scratch;
  float *tile = (float *)memory;
  memory += rounded((odd ? 2 * count : count) * TILE * 4);
  float *result = (float *)memory;
  memory += rounded(count * LANES * 4);
  float *line = (float *)memory;
  memory += rounded((odd ? 2 * count : count) * 4);
  int64_t *vertex = (int64_t *)memory;
  memory += rounded((odd ? 2 * count : count) * 8);
  double *from = (double *)memory;

  for (int64_t i = 0; i < count; i++) {
    memcpy(tile + i * every * TILE, even + i * stride, (size_t)columns * 4);
    if (odd && i + 1 < count) memcpy(tile + (2 * i + 1) * TILE, odd + i * stride, (size_t)columns * 4);
  }
  const int64_t used = (columns + LANES - 1) / LANES * LANES;
  for (int64_t s = 0; s < samples && used > columns; s++)
    for (int64_t c = columns; c < used; c++) tile[s * TILE + c] = 0;

  int is_near = 1;   // columns side by side are alike: what was far once is not tried again in this tile
  for (int64_t first = 0; first < columns; first += LANES) {
    const int64_t width = columns - first < LANES ? columns - first : LANES;
    is_near = is_near && near_lines(tile + first, samples, every, table, result);
    if (!is_near) {
      for (int64_t c = 0; c < width; c++) {
        for (int64_t s = 0; s < samples; s++) line[s] = tile[s * TILE + first + c];
        far_line(line, samples, 0, samples, every, table, step * step, result + c, vertex, from);
      }
    }
    for (int64_t i = 0; i < count; i++) memcpy(out + i * stride + first, result + i * LANES, (size_t)width * 4);
  }
}

// The same within runs of equal labels. The nearest voxel of another label along a line lies in the run or is the first one behind an end of it: what is
// farther away than an end is never nearer than that end. So `near` may look on beyond it, and only must not take another label's square for its own.
typedef int32_t counts __attribute__((vector_size(LANES * 4)));

int64_t dcs_seg_run_scratch(int64_t count) { return 2 * rounded(count * TILE * 4) + rounded(count * LANES * 4) + rounded((count + 2) * 4) + 2 * rounded((count + 3) * 8) + rounded(TILE); }

// The squares at `at` that belong to the runs `own`, else 0.
#define OWN_SQUARE(at) (lanes)(*(const counts *)(tile + (at)) & (*(const counts *)(runs + (at)) == own))

DCS_INLINE int near_runs(const float *tile, const int32_t *runs, int64_t count, const float *table, float *out) {
  int64_t looks = LOOKS * (count + 1);
  for (int64_t s = 0; s < count; s++, out += LANES) {
    lanes best = *(const lanes *)(tile + s * TILE);
    const counts own = *(const counts *)(runs + s * TILE);
    const int64_t down = s, up = count - 1 - s, both = down < up ? down : up, all = down < up ? up : down;
    int64_t k = 1;
    for (; k <= both && __builtin_reduce_max(best) > table[k]; k++)
      best = LESSER(best, LESSER(OWN_SQUARE((s - k) * TILE), OWN_SQUARE((s + k) * TILE)) + table[k]);
    const int64_t step = down < up ? 1 : -1;
    for (; k <= all && __builtin_reduce_max(best) > table[k]; k++) best = LESSER(best, OWN_SQUARE((s + k * step) * TILE) + table[k]);
    looks -= k - 1;
    if (looks < 0) return 0;
    *(lanes *)out = best;
  }
  return 1;
}

DCS_CLONES void dcs_seg_envelope_runs(const float *squares, const void *labels, int width, float *out, int64_t count, int64_t stride, int64_t columns, const float *table, double step, void *scratch) {
  char *memory = scratch;
  float *tile = (float *)memory;
  memory += rounded(count * TILE * 4);
  int32_t *runs = (int32_t *)memory;
  memory += rounded(count * TILE * 4);
  float *result = (float *)memory;
  memory += rounded(count * LANES * 4);
  float *line = (float *)memory;
  memory += rounded((count + 2) * 4);
  int64_t *vertex = (int64_t *)memory;
  memory += rounded((count + 3) * 8);
  double *from = (double *)memory;
  memory += rounded((count + 3) * 8);
  uint8_t *differs = (uint8_t *)memory;

  const int64_t used = (columns + LANES - 1) / LANES * LANES;
  memset(runs, 0, TILE * 4);
  for (int64_t s = 0; s < count; s++) {
    memcpy(tile + s * TILE, squares + s * stride, (size_t)columns * 4);
    for (int64_t c = columns; c < used; c++) tile[s * TILE + c] = 0;
    if (s == 0) continue;
    const char *here = (const char *)labels + s * stride * width;
    memset(differs, 0, TILE);
    dcs_seg_differs(here, here - stride * width, columns, width, differs);
    for (int64_t c = 0; c < TILE; c++) runs[s * TILE + c] = runs[(s - 1) * TILE + c] + differs[c];
  }
  int is_near = 1;
  for (int64_t first = 0; first < columns; first += LANES) {
    const int64_t wide = columns - first < LANES ? columns - first : LANES;
    is_near = is_near && near_runs(tile + first, runs + first, count, table, result);
    for (int64_t c = 0; c < wide && !is_near; c++) {
      const int32_t *run = runs + first + c;
      for (int64_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && run[end * TILE] == run[begin * TILE];) end++;
        const int64_t before = begin > 0, samples = end - begin + before + (end < count);
        line[0] = line[samples - 1] = 0;   // where there is another label
        for (int64_t s = begin; s < end; s++) line[s - begin + before] = tile[s * TILE + first + c];
        far_line(line, samples, before, end - begin + before, 1, table, step * step, result + (begin - before) * LANES + c, vertex, from);
      }
    }
    for (int64_t i = 0; i < count; i++) memcpy(out + i * stride + first, result + i * LANES, (size_t)wide * 4);
  }
}
