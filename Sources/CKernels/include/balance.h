// Weights of training patches: how many trusted voxels lie on each side of a class, and what each of them weighs.
#pragma once
#include <stdint.h>

// 1 where a value lies above `threshold`, else 0 (also for NaN).
void dcs_balance_above(const float *values, int64_t count, float threshold, uint8_t *sides);
// Adds to counts[0] the voxels with `trusted` != 0, to counts[1] those of them with `sides` != 0.
void dcs_balance_count(const uint8_t *trusted, const uint8_t *sides, int64_t count, int64_t counts[2]);
// 0 where not trusted, else `inside` where `sides` != 0, else `outside`.
void dcs_balance_fill(const uint8_t *trusted, const uint8_t *sides, int64_t count, float outside, float inside, float *weights);
// Sum, in sixteen parts that do not depend on the machine; `all_one`: whether every value is 1.
double dcs_balance_sum(const float *weights, int64_t count, int *all_one);
void dcs_balance_scale(float *weights, int64_t count, float factor);
