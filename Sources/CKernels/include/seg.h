// Loops of the Segmentation module: runs and their union, distance lines, weighted rows, counts.
// All arrays are packed in C order; `width` is the bytes of an element: 1, 2, 4 or 8.
#pragma once
#include <stdint.h>

// seg_label.c -- runs of one row, and which runs of neighbouring rows touch
// Marks where runs begin, a bit an element, in (count + 63) / 64 words; returns how many there are.
int64_t dcs_seg_mark_runs(const void *row, int64_t count, int width, int by_value, uint64_t *starts);

typedef struct {
  const uint64_t *starts;      // of each row its words of dcs_seg_mark_runs
  const int64_t *row_start;    // first run of row r, in raster order; one more entry at the end
  uint32_t *parent;            // one a run; a parent is never after its child
  const void *values;          // the volume
  int width;                   // of its elements
  int by_value;                // runs join only if their values agree
  int64_t row_length, rows_a_plane;
  int connectivity;
} dcs_run_forest;

// seg_join.c -- joins the runs of rows [begin, end) with touching runs of earlier neighbour rows inside [near_begin, near_end).
void dcs_seg_join_rows(const dcs_run_forest *forest, int64_t begin, int64_t end, int64_t near_begin, int64_t near_end);
// Replaces parents of runs [begin, end) by component numbers 1, 2, … in order of first appearance, after those before have theirs; returns how many there are now.
uint32_t dcs_seg_number_runs(uint32_t *parent, int64_t begin, int64_t end, uint32_t components);
// Writes rows [begin, end) of the label volume (`out_width` 4 or 8), background included; `ids` begins with that of row `begin`'s first run.
void dcs_seg_fill_rows(const dcs_run_forest *forest, int64_t begin, int64_t end, const uint32_t *ids, void *out, int out_width);

// seg_scan.c -- squared distances along lines of the first axis; `table[k]` is (k · step)²
void dcs_seg_nearest_site(const uint8_t *sites, int64_t count, const float *table, float *out);
void dcs_seg_nearest_face(const uint8_t *faces, int64_t count, const float *half_table, float *out);
void dcs_seg_nearest_other(const uint8_t *faces, const uint8_t *zeros, int64_t count, const float *table, float *out);
void dcs_seg_is_zero(const void *row, int64_t count, int width, uint8_t *out);
void dcs_seg_differs(const void *a, const void *b, int64_t count, int width, uint8_t *out);

// seg_distance.c -- and along the others
enum { DCS_SEG_TILE = 64 };   // columns that are worked on together

// Lower envelope along lines of `count` samples, `stride` apart, for `columns` <= DCS_SEG_TILE neighbouring lines.
// `odd`, if not NULL, holds count - 1 more samples half way between; `table` then counts in half steps.
// `scratch` holds dcs_seg_line_scratch(count, odd != NULL) bytes, 64-byte aligned. `out` may be `even`.
int64_t dcs_seg_line_scratch(int64_t count, int doubled);
void dcs_seg_envelope_columns(const float *even, const float *odd, float *out, int64_t count, int64_t stride, int64_t columns, const float *table, double step, void *scratch);
// The same within runs of equal `labels`, whose voxels lie as the samples do; what is next to a run is 0 away. `scratch`: dcs_seg_run_scratch(count) bytes.
int64_t dcs_seg_run_scratch(int64_t count);
void dcs_seg_envelope_runs(const float *squares, const void *labels, int width, float *out, int64_t count, int64_t stride, int64_t columns, const float *table, double step, void *scratch);
void dcs_seg_square_roots(float *values, int64_t count);
// values[i] = min(values[i], row_limit, limits[i])
void dcs_seg_limit_row(float *values, int64_t count, float row_limit, const float *limits);
void dcs_seg_negate_where(float *values, int64_t count, const uint8_t *where);

// seg_ball.c -- masks as bits, rows of (count + 63) / 64 words; the bits behind a row's end are 1
// `zeros` are bytes, 1 where a voxel is 0; bits are 1 where that is `zeros_count`.
void dcs_seg_pack_bits(const uint8_t *zeros, int64_t count, int zeros_count, uint64_t *bits);
void dcs_seg_unpack_bits(const uint64_t *bits, int64_t count, int invert, uint8_t *out);
typedef struct {
  const uint64_t *bits;           // [depth, height, words]
  int64_t depth, height, words;
  int64_t z_radius, y_radius;
  const int32_t *half_widths;     // [z_radius + 1, y_radius + 1], of the ball's segments along x, -1 where there is none; a segment is no longer farther out
} dcs_seg_ball;
// Rows [begin, end) of plane z, eroded. `scratch` holds 2 * words.
void dcs_seg_erode_bits(const dcs_seg_ball *ball, int64_t z, int64_t begin, int64_t end, uint64_t *out, uint64_t *scratch);

// seg_filter.c
// out[i] = weights[0] · rows[0][i] + Σ weights[k] · (rows[2k - 1][i] + rows[2k][i]), k = 1 ... pairs
void dcs_seg_weighted_rows(const float *const *rows, const float *weights, int64_t pairs, int64_t count, float *out);
// Numbers of any type: `kind` 0 unsigned or bool, 1 signed, 2 floating.
// out[i] = least or greatest of rows[k][i], k in 0..<row_count
void dcs_seg_extreme_rows(const void *const *rows, int64_t row_count, int64_t count, int width, int kind, int greatest, void *out);
// out[s] = the same over samples s - radius … s + radius, for `columns` lines side by side of `count` samples; strides in elements. `out` must not be `in`.
// `scratch` holds dcs_seg_extreme_scratch(count, radius, columns, width) bytes.
int64_t dcs_seg_extreme_scratch(int64_t count, int64_t radius, int64_t columns, int width);
void dcs_seg_extreme_columns(const void *in, int64_t in_stride, int64_t count, int64_t columns, int64_t radius, int width, int kind, int greatest, void *out, int64_t out_stride, void *scratch);
// out[i] = the same over padded[i] … padded[i + window - 1], i < count; `padded` is written over.
void dcs_seg_extreme_row(void *padded, int64_t count, int64_t window, int width, int kind, int greatest, void *out);
// out[i] = median of rows[k][i + j], k in 0..<row_count, j in 0..<across; the number of values is odd.
// `scratch` holds dcs_seg_median_scratch(row_count * across) bytes, 64-byte aligned.
int64_t dcs_seg_median_scratch(int64_t values);
void dcs_seg_median_rows(const void *const *rows, int64_t row_count, int64_t across, int64_t count, int width, int kind, void *out, void *scratch);

// seg_count.c
typedef struct { int64_t both, only_a, only_b, neither; } dcs_seg_table;
void dcs_seg_confusion(const uint8_t *a, const uint8_t *b, const uint8_t *mask, int64_t count, dcs_seg_table *table);
// Numbers of any type as float32, by way of double where 32 bits do not hold them.
void dcs_seg_to_floats(const void *in, int width, int kind, int64_t count, float *out);
// one table for each of `thresholds`: a = scores[i] > threshold, b = truth
void dcs_seg_sweep(const float *scores, const uint8_t *truth, const uint8_t *mask, int64_t count, const float *thresholds, int64_t steps, dcs_seg_table *tables);
// out[i] = values[i] > threshold
void dcs_seg_above(const float *values, int64_t count, float threshold, uint8_t *out);
// Likewise for integers; `bound` is read as unsigned for kind 0 and must fit the element type.
void dcs_seg_above_integer(const void *values, int64_t count, int width, int kind, int64_t bound, uint8_t *out);
// best[i], index[i] follow values[i] where it is strictly greater: one channel of an argmax
void dcs_seg_keep_greater(const float *values, int64_t count, uint32_t channel, float *best, uint32_t *index);
// out[i] = a[i] == b[i] && a[i] != 0; `zero_counts` drops the second condition
void dcs_seg_same(const void *a, const void *b, int64_t count, int width, int zero_counts, uint8_t *out);
void dcs_seg_equals(const void *a, uint64_t value, int64_t count, int width, uint8_t *out);

// seg_table.c -- functions that return int give -1 when there is no memory
typedef struct dcs_seg_counts dcs_seg_counts;
enum { DCS_SEG_MISSING_KEEP, DCS_SEG_MISSING_ZERO, DCS_SEG_MISSING_STOP };
dcs_seg_counts *dcs_seg_counts_create(void);
void dcs_seg_counts_destroy(dcs_seg_counts *table);
int64_t dcs_seg_counts_size(const dcs_seg_counts *table);
int dcs_seg_counts_add(dcs_seg_counts *table, uint64_t a, uint64_t b, uint64_t count);
// Counts pairs (a[i], b[i]), or (a[i], 0) without b, where mask[i] is not 0.
int dcs_seg_counts_add_rows(dcs_seg_counts *table, const void *a, int a_width, const void *b, int b_width, const uint8_t *mask, int64_t count);
// Whether to stop, asked every 2^16 steps or so.
typedef int (*dcs_seg_stop)(const void *context);
// Writes all pairs in ascending order and empties the table; 1 if stopped, and then the table is good for nothing but to be destroyed.
int dcs_seg_counts_take(dcs_seg_counts *table, uint64_t *a, uint64_t *b, uint64_t *count, dcs_seg_stop stop, const void *context);
// out[i] = the count of the pair (a[i], b[i]), of `out_width` bytes; (0, 0) is 0 if it was never counted. Returns the first i whose pair was not; else -1.
int64_t dcs_seg_counts_apply(const dcs_seg_counts *table, const uint64_t *a, const uint64_t *b, void *out, int out_width, int64_t count);
int dcs_seg_map_set(dcs_seg_counts *map, uint64_t from, uint64_t to);
// Returns the first i whose id the map lacks, under MISSING_STOP; else -1. 0 stays 0 unless the map says otherwise.
int64_t dcs_seg_map_apply(const dcs_seg_counts *map, const void *in, int in_width, void *out, int out_width, int64_t count, int missing);

// seg_objects.c -- functions that return int give -1 when there is no memory
// z, y, x; sums of the voxels' indices in 128 bits, the lower ones first
typedef struct { uint64_t id; int64_t count, begin[3], end[3]; uint64_t sum[3][2]; } dcs_seg_object;
typedef struct dcs_seg_objects dcs_seg_objects;
dcs_seg_objects *dcs_seg_objects_create(void);
// Of a new table: sums of products of indices are wanted, too.
void dcs_seg_objects_keep_products(dcs_seg_objects *table);
void dcs_seg_objects_destroy(dcs_seg_objects *table);
int64_t dcs_seg_objects_size(const dcs_seg_objects *table);
// Adds rows [begin, end) of a volume of `height` rows a plane; planes and rows begin `strides` voxels apart; 0 is no object.
int dcs_seg_objects_add_rows(dcs_seg_objects *table, const void *labels, int width, int64_t height, int64_t row_length, const int64_t strides[2], int64_t begin, int64_t end);
// Adds objects [begin, end) of another part of the volume, whose first voxel is at `offset` of the whole.
int dcs_seg_objects_add(dcs_seg_objects *table, const dcs_seg_objects *part, const int64_t offset[3], int64_t begin, int64_t end);
// In the order in which they were met; until the next is added.
const dcs_seg_object *dcs_seg_objects_at(const dcs_seg_objects *table, int64_t index);
// Of zz, yy, xx, zy, zx, yx, two words each, the lower first; NULL where they were not wanted.
const uint64_t *dcs_seg_objects_products(const dcs_seg_objects *table, int64_t index);

// seg_corners.c -- faces that show, in quarters, along z, y, x, and Euler's number of closed voxels, in eighths
typedef struct { uint64_t id; int64_t count, euler, faces[3]; } dcs_seg_corner;
typedef struct dcs_seg_corners dcs_seg_corners;
dcs_seg_corners *dcs_seg_corners_create(void);
void dcs_seg_corners_destroy(dcs_seg_corners *table);
int64_t dcs_seg_corners_size(const dcs_seg_corners *table);
int64_t dcs_seg_corners_scratch(int64_t row_length, int width);
// Adds the corners before voxels z, [y_begin, y_end), [x_begin, x_end) of a volume, each of which may be the extent itself; outside is 0. -1 without memory.
int dcs_seg_corners_add_rows(dcs_seg_corners *table, const void *labels, int width, const int64_t extents[3], int64_t z, int64_t y_begin, int64_t y_end, int64_t x_begin, int64_t x_end, void *scratch);
// Writes all objects in no order.
void dcs_seg_corners_take(const dcs_seg_corners *table, dcs_seg_corner *out);

// seg_lsd.c
typedef struct {
  const void *labels;          // samples of the volume: every factor-th voxel
  const void *volume;          // all of it; the same for factor 1
  int width, rank;             // bytes of a label; 2 leaves out z
  int64_t height, row_length;  // of the samples
  int64_t factor[3], extents[3];            // extents of the volume
  uint64_t id;                 // the object
  int64_t object_begin[3], object_end[3];   // its bounds, z, y, x, in samples
  int64_t region_begin[3], region_end[3];   // what is to be described, inside its bounds
  int64_t radius[3];
  const float *weights[3];     // radius + 1 values each, the middle first; their mirrored sum is 1
  double voxel_size[3], sigma[3];
  float *out;                  // channel 0 of voxel 0
  int64_t channel_stride;
} dcs_seg_lsd;
int64_t dcs_seg_lsd_scratch(const dcs_seg_lsd *job);
// Writes the descriptors of the region's voxels that carry the id: mean offsets, variances, correlations, mass, each in 0...1; a voxel has those of the sample at or before it.
// In steps of a plane, 0, 1, …; 0 after the last one.
int dcs_seg_lsd_step(const dcs_seg_lsd *job, void *scratch, int64_t step);
void dcs_seg_lsd_x(const float *mask, const float *weights, int64_t radius, int64_t count, float *s0, float *s1, float *s2);
void dcs_seg_lsd_add(const float *from, float w, float k, int64_t count, float *to0, float *to1, float *to2);

// seg_edges.c -- edges (voxel, voxel + offset) of weight weights[channel, voxel], inside the volume and, where there is a mask, on it
typedef struct {
  const float *weights;        // [channel, z, y, x]
  const uint8_t *mask;         // NULL: everywhere
  int64_t depth, height, width;
} dcs_seg_edges;
// Edges of planes [z_begin, z_end), every stride-th along each axis, by the upper 16 bits of |weight|: 65,536 counts. Weights of 0 are no edges. Returns how many weights are NaN.
int64_t dcs_seg_count_edges(const dcs_seg_edges *edges, int64_t channel, const int64_t offset[3], const int64_t stride[3], int64_t z_begin, int64_t z_end, uint64_t *histogram);
// Writes the edges of buckets [low, high) at next[bucket]++.
void dcs_seg_scatter_edges(
    const dcs_seg_edges *edges, int64_t channel, const int64_t offset[3], const int64_t stride[3], int64_t z_begin, int64_t z_end, uint32_t low, uint32_t high,
    uint64_t *next, uint64_t *entries);
// Sorts one bucket; `scratch` holds as many entries.
void dcs_seg_sort_edges(uint64_t *entries, uint64_t *scratch, int64_t count);
// The same for large buckets, a part at a time: how often each value of digit 0, then 1, occurs, and where its entries go.
void dcs_seg_count_digits(const uint64_t *entries, int64_t count, int digit, uint64_t counts[256]);
void dcs_seg_move_by_digit(const uint64_t *entries, int64_t count, int digit, uint64_t next[256], uint64_t *out);

// seg_mutex.c
typedef struct dcs_seg_mutex dcs_seg_mutex;
dcs_seg_mutex *dcs_seg_mutex_create(int64_t nodes);   // fewer than 2³² − 1; NULL without memory
void dcs_seg_mutex_destroy(dcs_seg_mutex *mutex);
int64_t dcs_seg_mutex_bytes(const dcs_seg_mutex *mutex);
// Takes edges in order: above 0 merges unless the clusters exclude each other, below 0 makes them exclude each other. Returns how many it took, -1 without memory.
// Where that is not all, `grow` must be called until it returns 0 (-1 without memory), a part at a time.
int64_t dcs_seg_mutex_run(dcs_seg_mutex *mutex, const uint64_t *entries, int64_t count, const int64_t *shifts);
int dcs_seg_mutex_grow(dcs_seg_mutex *mutex);
// Numbers clusters from `count` + 1 on by first node, over nodes in ascending ranges; nodes without an edge above 0 are 0. The clusters are spent. Returns how many there are now.
uint64_t dcs_seg_mutex_labels(dcs_seg_mutex *mutex, int64_t begin, int64_t end, uint64_t count, uint64_t *labels);

// seg_flood.c -- labels (4 or 8 bytes) hold the seeds, and are flooded in place; heights are uint8, uint16 (1, 2 bytes) or float (4)
typedef struct dcs_seg_flood dcs_seg_flood;
dcs_seg_flood *dcs_seg_flood_create(const void *heights, int height_width, const uint8_t *mask, const int64_t extents[3], int connectivity, void *labels, int label_width);
void dcs_seg_flood_destroy(dcs_seg_flood *flood);
// In this order, each over all voxels in ascending ranges: survey; divide; expect; lay out; seed. -1 without memory.
void dcs_seg_flood_survey(dcs_seg_flood *flood, int64_t begin, int64_t end);
int dcs_seg_flood_divide(dcs_seg_flood *flood);
void dcs_seg_flood_expect(dcs_seg_flood *flood, int64_t begin, int64_t end);
int dcs_seg_flood_lay_out(dcs_seg_flood *flood);
void dcs_seg_flood_seed(dcs_seg_flood *flood, int64_t begin, int64_t end);
// Floods on from at most `steps` voxels: 1 if some are left to flood from, 0 if none, -1 without memory.
int dcs_seg_flood_run(dcs_seg_flood *flood, int64_t steps);

// seg_contacts.c -- pairs of different ids, neither 0, that meet
typedef struct { uint64_t a, b, count; double sum; } dcs_seg_contact;   // a < b
typedef struct dcs_seg_contacts dcs_seg_contacts;
dcs_seg_contacts *dcs_seg_contacts_create(void);
void dcs_seg_contacts_destroy(dcs_seg_contacts *table);
int64_t dcs_seg_contacts_size(const dcs_seg_contacts *table);
// Pairs (a[i], b[i]), with weights[i] or 0 added to their sum. -1 without memory.
int dcs_seg_contacts_add(dcs_seg_contacts *table, const void *a, const void *b, int width, const float *weights, int64_t count);
// Writes all contacts, ascending by a, then b.
void dcs_seg_contacts_take(const dcs_seg_contacts *table, dcs_seg_contact *out);
