// Loops of the Segmentation module: runs and their union, distance lines, weighted rows, counts.
// All arrays are packed in C order; `width` is the bytes of an element: 1, 2, 4 or 8.
#pragma once
#include <stdint.h>

// seg_label.c -- runs of one row, and which runs of neighbouring rows touch
typedef struct { int32_t begin, end; } dcs_run;

int64_t dcs_seg_count_runs(const void *row, int64_t count, int width, int by_value);
void dcs_seg_find_runs(const void *row, int64_t count, int width, int by_value, dcs_run *runs);

typedef struct {
  const dcs_run *runs;         // of all rows, in raster order
  const int64_t *row_start;    // first run of row r; one more entry at the end
  uint32_t *parent;            // one a run; a parent is never after its child
  const void *values;          // the volume, where runs join only if their values agree; else NULL
  int width;                   // of `values`
  int64_t row_length, rows_a_plane;
  int connectivity;
} dcs_run_forest;

// Joins the runs of rows [begin, end) with touching runs of earlier neighbour rows inside [near_begin, near_end).
void dcs_seg_join_rows(const dcs_run_forest *forest, int64_t begin, int64_t end, int64_t near_begin, int64_t near_end);
// Replaces parents by component numbers 1, 2, … in order of first appearance; returns how many.
uint32_t dcs_seg_number_runs(uint32_t *parent, int64_t count);
// Writes rows [begin, end) of the label volume (`out_width` 4 or 8), background included.
void dcs_seg_fill_rows(const dcs_run_forest *forest, int64_t begin, int64_t end, void *out, int out_width);

// seg_distance.c -- squared distances along lines; `table[k]` is (k · step)²
void dcs_seg_nearest_site(const uint8_t *sites, int64_t count, const float *table, float *out);
void dcs_seg_nearest_face(const uint8_t *faces, int64_t count, const float *half_table, float *out);
void dcs_seg_is_zero(const void *row, int64_t count, int width, uint8_t *out);
void dcs_seg_differs(const void *a, const void *b, int64_t count, int width, uint8_t *out);

enum { DCS_SEG_TILE = 64 };   // columns that are worked on together

// Lower envelope along lines of `count` samples, `stride` apart, for `columns` <= DCS_SEG_TILE neighbouring lines.
// `odd`, if not NULL, holds count - 1 more samples half way between; `table` then counts in half steps.
// `scratch` holds dcs_seg_line_scratch(count, odd != NULL) bytes, 64-byte aligned. `out` may be `even`.
int64_t dcs_seg_line_scratch(int64_t count, int doubled);
void dcs_seg_envelope_columns(const float *even, const float *odd, float *out, int64_t count, int64_t stride, int64_t columns, const float *table, double step, void *scratch);
void dcs_seg_square_roots(float *values, int64_t count);
// values[i] = min(values[i], row_limit, limits[i])
void dcs_seg_limit_row(float *values, int64_t count, float row_limit, const float *limits);
void dcs_seg_negate_where(float *values, int64_t count, const uint8_t *where);

// seg_filter.c
// out[i] = weights[0] · rows[0][i] + Σ weights[k] · (rows[2k - 1][i] + rows[2k][i]), k = 1 ... pairs
void dcs_seg_weighted_rows(const float *const *rows, const float *weights, int64_t pairs, int64_t count, float *out);

// seg_count.c
typedef struct { int64_t both, only_a, only_b, neither; } dcs_seg_table;
void dcs_seg_confusion(const uint8_t *a, const uint8_t *b, const uint8_t *mask, int64_t count, dcs_seg_table *table);
