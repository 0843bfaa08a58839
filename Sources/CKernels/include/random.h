// Random numbers that are a function of a key and a voxel's index alone.
#pragma once
#include <stdint.h>

/// target[i] = low + (high − low) · u, u uniform in [0, 1) from the index first + i.
/// `digits` is how many binary digits u has: 53, or 24 where the target becomes float32 and must not round up to `high`.
void dcs_random_uniform(uint64_t key, uint64_t first, int digits, double low, double high, double *target, int64_t n);

/// target[i] = mean + deviation · g, g standard normal from the index first + i.
void dcs_random_normal(uint64_t key, uint64_t first, double mean, double deviation, double *target, int64_t n);
