// Counts over pairs of masks, and the byte masks that comparisons make.
#include "include/seg.h"
#include "seg_clones.h"
#include "seg_width.h"

// Strips keep the inner counters in 32 bits, which vectorise twice as wide as 64.
DCS_CLONES void dcs_seg_confusion(const uint8_t *a, const uint8_t *b, const uint8_t *mask, int64_t count, dcs_seg_table *table) {
  int64_t both = 0, in_a = 0, in_b = 0, all = 0;
  for (int64_t first = 0; first < count; first += 4096) {
    const int64_t end = first + 4096 < count ? first + 4096 : count;
    uint32_t n_both = 0, n_a = 0, n_b = 0, n_all = 0;
    if (mask) {
#pragma clang loop vectorize(assume_safety)
      for (int64_t i = first; i < end; i++) {
        const uint32_t p = a[i] != 0, t = b[i] != 0, m = mask[i] != 0;
        n_both += p & t & m;
        n_a += p & m;
        n_b += t & m;
        n_all += m;
      }
    } else {
#pragma clang loop vectorize(assume_safety)
      for (int64_t i = first; i < end; i++) {
        const uint32_t p = a[i] != 0, t = b[i] != 0;
        n_both += p & t;
        n_a += p;
        n_b += t;
      }
      n_all = (uint32_t)(end - first);
    }
    both += n_both; in_a += n_a; in_b += n_b; all += n_all;
  }
  table->both += both;
  table->only_a += in_a - both;
  table->only_b += in_b - both;
  table->neither += all - in_a - in_b + both;
}

DCS_CLONES void dcs_seg_sweep(const float *scores, const uint8_t *truth, const uint8_t *mask, int64_t count, const float *thresholds, int64_t steps, dcs_seg_table *tables) {
  enum { STRIP = 2048 };
  uint32_t inside[STRIP], positive[STRIP];
  for (int64_t first = 0; first < count; first += STRIP) {
    const int64_t n = count - first < STRIP ? count - first : STRIP;
    uint32_t all = 0, in_truth = 0;
    for (int64_t i = 0; i < n; i++) {
      inside[i] = mask ? mask[first + i] != 0 : 1;
      positive[i] = inside[i] & (truth[first + i] != 0);
      all += inside[i];
      in_truth += positive[i];
    }
    for (int64_t k = 0; k < steps; k++) {
      const float threshold = thresholds[k];
      uint32_t both = 0, above = 0;
#pragma clang loop vectorize(assume_safety)
      for (int64_t i = 0; i < n; i++) {
        const uint32_t p = scores[first + i] > threshold;
        both += p & positive[i];
        above += p & inside[i];
      }
      tables[k].both += both;
      tables[k].only_a += above - both;
      tables[k].only_b += in_truth - both;
      tables[k].neither += all - above - in_truth + both;
    }
  }
}

DCS_CLONES void dcs_seg_above(const float *values, int64_t count, float threshold, uint8_t *out) {
  for (int64_t i = 0; i < count; i++) out[i] = values[i] > threshold;
}

DCS_CLONES void dcs_seg_keep_greater(const float *values, int64_t count, uint32_t channel, float *best, uint32_t *index) {
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = 0; i < count; i++) {
    const int greater = values[i] > best[i];
    best[i] = greater ? values[i] : best[i];
    index[i] = greater ? channel : index[i];
  }
}

DCS_CLONES void dcs_seg_same(const void *a, const void *b, int64_t count, int width, int zero_counts, uint8_t *out) {
#define SAME(TYPE) { const TYPE *p = a, *q = b; for (int64_t i = 0; i < count; i++) out[i] = (p[i] == q[i]) & ((p[i] != 0) | zero_counts); }
  BY_WIDTH(width, SAME)
}

DCS_CLONES void dcs_seg_equals(const void *a, uint64_t value, int64_t count, int width, uint8_t *out) {
#define EQUALS(TYPE) { const TYPE *p = a; const TYPE v = (TYPE)value; for (int64_t i = 0; i < count; i++) out[i] = p[i] == v; }
  BY_WIDTH(width, EQUALS)
}

DCS_CLONES void dcs_seg_to_floats(const void *in, int width, int kind, int64_t count, float *out) {
#define FLOATS(TYPE) { const TYPE *p = in; for (int64_t i = 0; i < count; i++) out[i] = (float)(double)p[i]; }
  switch (kind * 16 + width) {
  case 1: FLOATS(uint8_t) break;
  case 2: FLOATS(uint16_t) break;
  case 4: FLOATS(uint32_t) break;
  case 8: FLOATS(uint64_t) break;
  case 17: FLOATS(int8_t) break;
  case 18: FLOATS(int16_t) break;
  case 20: FLOATS(int32_t) break;
  case 24: FLOATS(int64_t) break;
  case 34: FLOATS(_Float16) break;
  case 36: FLOATS(float) break;
  default: FLOATS(double) break;
  }
}

DCS_CLONES void dcs_seg_above_integer(const void *values, int64_t count, int width, int kind, int64_t bound, uint8_t *out) {
#define ABOVE(TYPE) { const TYPE *p = values; const TYPE limit = (TYPE)bound; for (int64_t i = 0; i < count; i++) out[i] = p[i] > limit; }
  switch (kind * 16 + width) {
  case 1: ABOVE(uint8_t) break;
  case 2: ABOVE(uint16_t) break;
  case 4: ABOVE(uint32_t) break;
  case 8: ABOVE(uint64_t) break;
  case 17: ABOVE(int8_t) break;
  case 18: ABOVE(int16_t) break;
  case 20: ABOVE(int32_t) break;
  default: ABOVE(int64_t) break;
  }
}
