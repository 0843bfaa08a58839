// One convolution pass, forward or backward-data: they differ in the packing of the weights and in what is done with the sums.
#pragma once
#include "conv_internal.h"

// Where the taps of a kernel lie along one axis, from an output's place in the input, ascending along z.
typedef struct { int64_t count, at[7]; } conv_taps;

static inline conv_taps taps_from(int64_t first, int64_t count, int64_t distance) {
  conv_taps taps = {.count = count};
  for (int64_t k = 0; k < count; k++) taps.at[k] = first + k * distance;
  return taps;
}

typedef struct {
  dcs_tensor inputs[2], outputs[2];   // one or two ranges of channels each
  int input_count, output_count;
  conv_taps z, y, x;                  // conv_run: taps on planes that do not exist add nothing; other voxels that they see exist
  dcs_extent step;                    // conv_run: voxels of the input from one output to the next
  dcs_extent kernel, before;          // minimal filtering: 3 x 3 x k, and the zeros around the inputs, which exist nowhere
  const float *packed, *bias;
  int relu, accumulate;               // accumulate: bit r for output range r
} conv_pass;

void conv_run(dcs_pool *pool, const conv_pass *pass);
