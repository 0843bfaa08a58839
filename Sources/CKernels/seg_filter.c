// Weighted sums of rows: the one loop of every separable symmetric filter, in any direction.
#include "include/seg.h"
#include "seg_clones.h"
#include <string.h>

enum { LANES = 16, STRIP = 4 * LANES };
typedef float lanes __attribute__((vector_size(LANES * 4), aligned(4)));

DCS_CLONES void dcs_seg_weighted_rows(const float *const *rows, const float *weights, int64_t pairs, int64_t count, float *out) {
  int64_t i = 0;
  for (; i + STRIP <= count; i += STRIP) {
    const lanes *middle = (const lanes *)(rows[0] + i);
    lanes s0 = middle[0] * weights[0], s1 = middle[1] * weights[0], s2 = middle[2] * weights[0], s3 = middle[3] * weights[0];
    for (int64_t k = 1; k <= pairs; k++) {
      const lanes *a = (const lanes *)(rows[2 * k - 1] + i), *b = (const lanes *)(rows[2 * k] + i);
      const float w = weights[k];
      s0 += (a[0] + b[0]) * w;
      s1 += (a[1] + b[1]) * w;
      s2 += (a[2] + b[2]) * w;
      s3 += (a[3] + b[3]) * w;
    }
    lanes *target = (lanes *)(out + i);
    target[0] = s0; target[1] = s1; target[2] = s2; target[3] = s3;
  }
  // one lane of the same vector arithmetic, so that a voxel's value does not depend on where its row ends
  for (; i < count; i += LANES) {
    const int64_t length = count - i < LANES ? count - i : LANES;
    float a[LANES] = {0}, b[LANES] = {0};
    memcpy(a, rows[0] + i, (size_t)length * 4);
    lanes sum = *(const lanes *)a * weights[0];
    for (int64_t k = 1; k <= pairs; k++) {
      memcpy(a, rows[2 * k - 1] + i, (size_t)length * 4);
      memcpy(b, rows[2 * k] + i, (size_t)length * 4);
      sum += (*(const lanes *)a + *(const lanes *)b) * weights[k];
    }
    memcpy(out + i, &sum, (size_t)length * 4);
  }
}
