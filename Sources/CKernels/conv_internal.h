// What the drivers of convolution (geometry, blocking, threads) ask of an instruction level: a few inner loops.
#pragma once
#include "clones.h"
#include "include/conv.h"
#include <stddef.h>

// Channels are packed in groups of 8; the last group of a kernel may be 1, 2, 4 or 8 wide.
enum { GROUP = 8 };

// A block of positions of one line, for one group of output channels and a run of input channels:
//
//   sums[m][p] (+)= sum over c, r, k of weights[c][r][k][m] * input[c * sc + rows[r] + p + k]
//
// Positions are rounded up to whole vectors; `sums` has room for that (its stride is a multiple of 96 and 64-byte aligned).
typedef struct {
  const float *input;
  int64_t channels, sc;
  const int64_t *rows;      // kz * ky offsets
  int64_t row_count, taps;  // taps = kx
  const float *weights;
  int64_t weight_step;      // floats from an input channel to the next; more than row_count * taps * width when rows are left out
  int64_t width;            // m: 1, 2, 4, 8
  int64_t positions;
  float *sums;
  int64_t stride;
  int resume;               // 1: start from what `sums` holds
} conv_strip;

// Products of rows of dy with shifted rows of the input, over `planes` of `count` positions (a multiple of 16, dy 64-byte aligned):
//
//   sums[j * width + m] += sum over q, p of dy[m * stride + q * count + p] * columns[j][q * column_plane + p]
typedef struct {
  const float *dy;
  int64_t stride, width;   // width: 1, 2, 4, 8
  int64_t planes, count;
  const float *const *columns;
  int64_t column_count, column_plane;
  float *sums;
} conv_dots;

// Products of gradients, channels side by side, with shifted rows of the input, over `rows` of `width` positions:
//
//   sums[group][j][m] += sum over p of dy[group][p][m] * columns[j][p]
typedef struct {
  const float *dy;
  int64_t dy_group, groups;        // floats from a group of 8 channels to the next; how many
  int64_t rows, pitch, width;
  const float *const *columns;
  int64_t column_count;
  float *sums;
  int64_t sums_group;
} conv_outer;

// Rows of positions for groups of 8 output channels, side by side, and a run of input channels:
//
//   sums[group][row * width + x][m] (+)= sum over c, k of weights[group][c][k][m] * input[c * sc + row * pitch + x + k]
typedef struct {
  const float *input;
  int64_t channels, sc, taps;
  const float *weights;
  int64_t weights_group, groups;   // floats from a group of 8 channels to the next; how many
  int64_t rows, pitch, width;
  float *sums;
  int64_t sums_group;              // room for 6 positions at least
  int resume;                      // 1: start from what `sums` holds
  const float *next;               // what the next call reads: asked for on the way
  int64_t next_floats;
} conv_lanes;

// Rows of a tile, each of `count` floats, summed up into rows `plane` floats apart (conv_winograd_rows.h); all of whole vectors.
typedef struct {
  const float *const *rows;   // [plane along z][row along y]
  int64_t tile;               // 4 or 3 outputs an axis
  int64_t planes, count;      // planes: 1 where nothing is transformed along z
  float *to;
  int64_t plane;
} conv_rows;

// What becomes of finished sums: row = sum + bias, its ReLU, or row += sum + bias. `sums` may be read to the end of a vector.
enum { FINISH_STORE, FINISH_RELU, FINISH_ADD };

// Points of a tile, each of `count` floats, summed up into rows that are finished; nothing is written behind a row.
typedef struct {
  const float *const *points;
  int64_t tile;
  int64_t planes, count;      // planes: of points
  float *const *rows;         // [plane along z][row along y]; NULL: not in the volume
  float bias;
  int how;
} conv_sums;

typedef struct {
  const char *name;
  void (*strip)(const conv_strip *);
  void (*dots)(const conv_dots *);
  void (*finish)(const float *sums, int64_t count, float bias, int how, float *row);
  void (*transform_inputs)(const conv_rows *);      // 6 rows an axis to 6 points; of tiles of 3, 5 to 5
  void (*transform_sums)(const conv_sums *);        // 6 points to 4 rows, 5 to 3
  void (*transform_gradients)(const conv_rows *);   // 4 rows to 6 points, 3 to 5
  void (*outer)(const conv_outer *);                // NULL: `dots` is what there is
  void (*interleave)(const float *const *rows, int64_t count, float *to);   // 8 rows, for `outer`
  void (*lanes)(const conv_lanes *);                // NULL: `strip` is what there is
  void (*separate)(const float *from, int64_t count, float *to, int64_t step);   // what `interleave` joined, into rows `step` apart
} conv_level;

extern const conv_level conv_level_baseline;
#if defined(__x86_64__)
extern const conv_level conv_level_avx2, conv_level_avx512;
void conv_outer_avx2(const conv_outer *outer);
void conv_interleave_avx2(const float *const *rows, int64_t count, float *to);
void conv_lanes_avx2(const conv_lanes *lanes);
void conv_separate_avx2(const float *from, int64_t count, float *to, int64_t step);
#endif
const conv_level *conv_current_level(void);

static inline int64_t round_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

// The width of the group that starts at `channel`: 8, or for the last ones the smallest of 1, 2, 4, 8 that holds them.
static inline int64_t group_width(int64_t channel, int64_t channels) {
  int64_t left = channels - channel;
  return left > 4 ? 8 : left > 2 ? 4 : left;
}

static inline int64_t kernel_volume(dcs_extent kernel) { return kernel.depth * kernel.height * kernel.width; }

static inline int64_t channel_total(const dcs_tensor *tensors, int count) {
  return tensors[0].channels + (count > 1 ? tensors[1].channels : 0);
}
