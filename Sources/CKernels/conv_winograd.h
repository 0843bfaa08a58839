// Minimal filtering F(4, 3) or F(3, 3) along y, and along z where the kernel has three planes: what its files share.
//
// Four neighbouring outputs of a 3-tap filter are A^T ((G w) * (B^T d)), d being the 6 inputs they see (Winograd 1980; for two axes Lavin &
// Gray 2016, "Fast algorithms for convolutional neural networks"). Rows of A, B, G belong to the points 0, a, -a, b, -b, infinity.
// With a = 3/4, b = 3/2 all numbers of A and B are exact in binary and the error over 432 channels is a quarter of that of the usual 1, 2
// (measured: 2e-5 of the output's rms at most, beside 7e-5). F(3, 3) has the points a, -a, b, -b, infinity with a = 1/2, b = 3/2, and half of that
// error; it takes fewer products where 4 leave much of the last tile empty: 15² instead of 18² for 9² outputs.
//
// Nothing is transformed along x, so all transforms are sums of whole rows: each of the 6 (or 36) points is a convolution of rows with kx taps.
#pragma once
#include "conv_run.h"
#include "include/conv_winograd.h"
#include <string.h>

enum { WINOGRAD_TILE = 4, WINOGRAD_SPAN = 6, WINOGRAD_POINTS = 36, WINOGRAD_SEGMENT = 256 };   // of the larger tile

// Cuts an output into units: some tiles, counted along y and then z, and a segment of columns. Rows of a unit's tiles follow each other in one line.
typedef struct {
  int64_t tile, side;                    // outputs and input rows along y: 4 and 6, or 3 and 5
  int64_t deep, span;                    // the same along z, or 1 and 1
  int64_t points;                        // side * span
  int64_t y_tiles, tiles;                // along y, and in all
  int64_t groups, group;                 // groups of that many tiles
  int64_t segments, segment;             // segments of that many columns
  int64_t pitch;                         // of a row in a line; of the widest segment
  int64_t units;
  int64_t stride;                        // floats of a line, room for whole vectors included
} winograd_cut;

typedef struct { int64_t first, tiles, x, width, pitch, line; } winograd_unit;   // width: output columns; pitch: of a row in the line
typedef struct { int64_t z, y; } winograd_place;                                // of a tile's first output

// The zeros in front of an input, from how much it is smaller than what the output's taps span.
static inline dcs_extent winograd_before(const dcs_tensor *output, const dcs_tensor *input, dcs_extent kernel) {
  return (dcs_extent){(output->depth + kernel.depth - 1 - input->depth) / 2, (output->height + kernel.height - 1 - input->height) / 2,
                      (output->width + kernel.width - 1 - input->width) / 2};
}

// `before`: zeros left of the input; `positions`: about how long a line is to be, less where there would be fewer units than `wanted`.
winograd_cut winograd_cut_of(const dcs_tensor *output, dcs_extent kernel, int64_t tile, int64_t input_width, int64_t before, int64_t positions, int64_t wanted);
winograd_unit winograd_unit_of(const winograd_cut *cut, const dcs_tensor *output, dcs_extent kernel, int64_t index);

// Floats from one point's lines to the next one's: so far off whole pages that a voxel's points fall on different cache sets.
static inline int64_t winograd_plane(int64_t lines, int64_t stride) { return round_up(lines * stride, 1024) + 9 * 16; }

static inline winograd_place winograd_place_of(const winograd_cut *cut, int64_t tile) {
  return (winograd_place){tile / cut->y_tiles * cut->deep, tile % cut->y_tiles * cut->tile};
}

// As far as a line is read: by whole vectors, from each tap on.
static inline int64_t winograd_end(const winograd_cut *cut, const winograd_unit *unit) { return min64(cut->stride, unit->line + 32); }

// Zeros on some columns of each point's line.
static inline void winograd_zero(float *from, int64_t count, int64_t points, int64_t plane) {
  for (int64_t f = 0; f < points; f++, from += plane) {
    if (count > 2) memset(from, 0, (size_t)count * sizeof *from);
    else for (int64_t x = 0; x < count; x++) from[x] = 0;   // between rows, for 3 taps
  }
}

// B^T d of some channels for each tile of a unit: a line a channel, cut->stride apart, and points `plane` apart. `before` zeros lie around the
// input; where they are beside each other in a line they are one another's. Zeros follow the last row.
void winograd_take(const conv_level *level, const winograd_cut *cut, const winograd_unit *unit, const dcs_tensor *input, int64_t first, int64_t channels,
                   dcs_extent before, float *to, int64_t plane);
// The same for channels of up to two ranges.
void winograd_take_ranges(const conv_level *level, const winograd_cut *cut, const winograd_unit *unit, const dcs_tensor *inputs, int64_t first, int64_t channels,
                          dcs_extent before, float *to, int64_t plane);

// The transforms of a channel's sums, `plane` apart a point, to rows, which are finished and stored.
void winograd_store(const conv_level *level, const winograd_cut *cut, const winograd_unit *unit, const conv_pass *pass, int64_t channel, const float *sums, int64_t plane);
// The same for 8 channels from `channel` on that lie side by side, without gaps between rows. `scratch`: (tile * deep + 1) * 8 * width floats and a vector.
void winograd_store_group(const conv_level *level, const winograd_cut *cut, const winograd_unit *unit, const conv_pass *pass, int64_t channel, const float *sums,
                          int64_t plane, float *scratch);

// Weights as they are, [o, i, kz, ky, kx] or for the pass back transposed and flipped; `outputs`, `inputs`: of the pass.
typedef struct {
  const float *weights;
  int64_t outputs, inputs, step_output, step_input;
  dcs_extent kernel;
  int flipped;
  int64_t tile;
} winograd_source;

winograd_source winograd_source_of(const float *weights, int64_t outputs, int64_t inputs, dcs_extent kernel, int flipped, int64_t tile);
// Points of the group from output `first` on and `count` inputs, `plane` floats apart.
void winograd_pack(const winograd_source *source, int64_t first, int64_t input, int64_t count, float *to, int64_t plane);

// Sums of products at points, `plane` floats apart, that become the gradients of a kernel of `planes` x 3 x `taps`.
typedef struct { int64_t tile, planes, taps, plane; } winograd_points;

// dw[m][kernel], `step` apart, from sums[point][tap along x][m] for `channels` of a group that lies `width` wide; added to what is there where `adds`.
void winograd_taps(const winograd_points *points, const float *sums, int64_t width, int64_t channels, int adds, float *dw, int64_t step);
