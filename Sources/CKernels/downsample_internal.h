// What the reducers of downsample.h share: a row of coarse voxels is made of some rows of fine ones.
#pragma once
#include "clones.h"
#include "include/downsample.h"
#include "include/elementwise.h"

/// `count` rows of `width` fine voxels, and the factor along them.
typedef struct { const void *const *rows; int64_t count, width, factor; } fine_rows;

void downsample_mean_row(int type, fine_rows fine, void *coarse, void *scratch);
void downsample_mode_row(int type, fine_rows fine, void *coarse, void *scratch);
void downsample_max_row(int type, fine_rows fine, void *coarse, void *scratch);
