// Weights of training patches, side by side.
#include "include/balance.h"
#include "clones.h"

CLONED void dcs_balance_above(const float *values, int64_t count, float threshold, uint8_t *sides) {
  for (int64_t i = 0; i < count; i++) sides[i] = values[i] > threshold;
}

CLONED void dcs_balance_count(const uint8_t *trusted, const uint8_t *sides, int64_t count, int64_t counts[2]) {
  for (int64_t begin = 0; begin < count; begin += 1 << 16) {
    const int64_t end = min64(count, begin + (1 << 16));
    int32_t known = 0, inside = 0;
    for (int64_t i = begin; i < end; i++) {
      known += trusted[i] != 0;
      inside += (trusted[i] != 0) & (sides[i] != 0);
    }
    counts[0] += known;
    counts[1] += inside;
  }
}

CLONED void dcs_balance_fill(const uint8_t *trusted, const uint8_t *sides, int64_t count, float outside, float inside, float *weights) {
  for (int64_t i = 0; i < count; i++) {
    const float weight = sides[i] ? inside : outside;
    weights[i] = trusted[i] ? weight : 0;
  }
}

CLONED double dcs_balance_sum(const float *weights, int64_t count, int *all_one) {
  enum { PARTS = 16 };
  double parts[PARTS] = {0}, sum = 0;
  int one = 1;
  int64_t i = 0;
  for (; i + PARTS <= count; i += PARTS)
    for (int p = 0; p < PARTS; p++) {
      parts[p] += (double)weights[i + p];
      one &= weights[i + p] == 1;
    }
  for (; i < count; i++) {
    parts[0] += (double)weights[i];
    one &= weights[i] == 1;
  }
  for (int p = 0; p < PARTS; p++) sum += parts[p];
  *all_one = one;
  return sum;
}

CLONED void dcs_balance_scale(float *weights, int64_t count, float factor) {
  for (int64_t i = 0; i < count; i++) weights[i] *= factor;
}
