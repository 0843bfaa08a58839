// Copies of boxes between memories of any strides.
#pragma once
#include <stdint.h>

enum { DCS_COPY_AXES = 32 };

/// Copies a box of elements of 1, 2, 4 or 8 bytes; strides in elements, of any sign. The last axis of the target should be its fastest.
/// Each cache line of either side is touched once where its elements lie in the box: what is transposed goes by tiles of one line squared.
void dcs_copy_box(int size, int rank, const int64_t *shape, const void *source, const int64_t *source_strides, void *target, const int64_t *target_strides);

/// Copies bytes past the caches where the machine can: for results too large to stay in them.
void dcs_copy_past(const void *source, void *target, int64_t bytes);

/// Waits until what this thread copied past the caches can be seen by others. Once a block: it costs as much as a strip.
void dcs_copy_past_done(void);
