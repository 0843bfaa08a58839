// Counts over pairs of masks.
#include "include/seg.h"
#include "seg_clones.h"

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
