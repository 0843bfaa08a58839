// Walks over the rows of coarse voxels; maximum and nearest.
#include "downsample_internal.h"
#include <string.h>

static int64_t up(int64_t a, int64_t b) { return (a + b - 1) / b; }

static int64_t size_of(int type) {
  switch (type) {
    case DCS_BOOL: case DCS_UINT8: case DCS_INT8: return 1;
    case DCS_UINT16: case DCS_INT16: case DCS_FLOAT16: return 2;
    case DCS_UINT32: case DCS_INT32: case DCS_FLOAT32: return 4;
    default: return 8;
  }
}

static int64_t rows_of(const dcs_blocks *b) { return b->factor[0] * b->factor[1]; }

int64_t dcs_downsample_scratch(int reducer, const dcs_blocks *b) {
  int64_t pointers = up(rows_of(b) * 8, 16) * 16;
  switch (reducer) {
    case DCS_MEAN: return pointers + b->width * 16;                       // a sum of up to 128 bits a column
    case DCS_MODE: return pointers + rows_of(b) * b->factor[2] * 8;       // the values of one block
    default: return pointers;
  }
}

#define MAX_ROW(C, T) case C: { const T *const *rows = (const T *const *)fine.rows; T *out = coarse; \
  for (int64_t x = 0, first = 0; first < fine.width; x++, first += fine.factor) { \
    int64_t last = min64(fine.width, first + fine.factor); \
    T best = rows[0][first]; \
    for (int64_t r = 0; r < fine.count; r++) for (int64_t i = first; i < last; i++) { T v = rows[r][i]; if (v > best || v != v) best = v; if (best != best) goto done_##C; } \
    done_##C: out[x] = best; } } break;

void downsample_max_row(int type, fine_rows fine, void *coarse) {
  switch (type) {
    MAX_ROW(DCS_BOOL, uint8_t) MAX_ROW(DCS_UINT8, uint8_t) MAX_ROW(DCS_UINT16, uint16_t) MAX_ROW(DCS_UINT32, uint32_t) MAX_ROW(DCS_UINT64, uint64_t)
    MAX_ROW(DCS_INT8, int8_t) MAX_ROW(DCS_INT16, int16_t) MAX_ROW(DCS_INT32, int32_t) MAX_ROW(DCS_INT64, int64_t)
    MAX_ROW(DCS_FLOAT16, _Float16) MAX_ROW(DCS_FLOAT32, float) MAX_ROW(DCS_FLOAT64, double)
  }
}

static void nearest_row(int64_t size, fine_rows fine, void *coarse) {
  const char *row = fine.rows[0];
  char *out = coarse;
  for (int64_t first = 0; first < fine.width; first += fine.factor, out += size)
    memcpy(out, row + (first + (min64(fine.factor, fine.width - first) - 1) / 2) * size, size);
}

void dcs_downsample(int reducer, int type, const void *fine, const dcs_blocks *b, void *coarse, void *scratch) {
  const int64_t size = size_of(type), row = b->width * size, plane = b->height * row, width = up(b->width, b->factor[2]);
  const void **rows = scratch;
  void *rest = (char *)scratch + up(rows_of(b) * 8, 16) * 16;
  char *out = coarse;
  for (int64_t o = 0; o < b->outer; o++)
    for (int64_t z = 0; z < b->depth; z += b->factor[0])
      for (int64_t y = 0; y < b->height; y += b->factor[1], out += width * size) {
        const int64_t deep = min64(b->factor[0], b->depth - z), high = min64(b->factor[1], b->height - y);
        const char *base = (const char *)fine + (o * b->depth + z) * plane + y * row;
        if (reducer == DCS_NEAREST) {
          rows[0] = base + (deep - 1) / 2 * plane + (high - 1) / 2 * row;
          nearest_row(size, (fine_rows){rows, 1, b->width, b->factor[2]}, out);
          continue;
        }
        for (int64_t i = 0; i < deep * high; i++) rows[i] = base + i / high * plane + i % high * row;
        fine_rows all = {rows, deep * high, b->width, b->factor[2]};
        if (reducer == DCS_MEAN) downsample_mean_row(type, all, out, rest);
        else if (reducer == DCS_MODE) downsample_mode_row(type, all, out, rest);
        else downsample_max_row(type, all, out);
      }
}
