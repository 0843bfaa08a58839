// Coarser volumes: blocks of factor[0] × factor[1] × factor[2] voxels become one.
//
//   fine    [outer, depth, height, width], packed
//   coarse  [outer, ⌈depth / f0⌉, ⌈height / f1⌉, ⌈width / f2⌉]: a block at an upper end is what is there of it
// Types are numbered as in elementwise.h. One call runs on one thread.
#pragma once
#include <stdint.h>

typedef struct { int64_t outer, depth, height, width, factor[3]; } dcs_blocks;

enum dcs_reducer {
  /// Integers: the exact mean, halves to even. Floats: summed as doubles, columns of the block first, then along x.
  DCS_MEAN,
  /// The most frequent value, of several the smallest. Not for floats.
  DCS_MODE,
  /// NaN where there is one.
  DCS_MAX,
  /// The voxel at (count − 1) / 2 along each axis of the block.
  DCS_NEAREST,
};

/// Bytes that `scratch` of dcs_downsample must have, aligned to 16.
int64_t dcs_downsample_scratch(int reducer, const dcs_blocks *blocks);

void dcs_downsample(int reducer, int type, const void *fine, const dcs_blocks *blocks, void *coarse, void *scratch);
