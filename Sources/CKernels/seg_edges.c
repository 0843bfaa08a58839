// Edges of a voxel graph in order of their strength: counted by the upper bits of |weight|, scattered bucket by bucket, sorted within a bucket.
//
// An entry packs an edge so that ascending entries of a bucket are descending strengths, and equal strengths stay in edge order (offset, then voxel):
//
//     63 … 49            48 … 33    32 … 1    0
//     ~lower 15 bits     offset     voxel     1 if the weight is above 0
//     of |weight|
#include "include/seg.h"
#include "seg_clones.h"
#include <string.h>

DCS_INLINE uint32_t bits_of(float weight) {
  uint32_t bits;
  memcpy(&bits, &weight, 4);
  return bits & 0x7fffffff;
}

// Positions whose neighbour at the offset lies inside, from the first of them in steps.
typedef struct { int64_t begin, end, step; } range;
static range inside(int64_t extent, int64_t offset, int64_t step) {
  return (range){offset < 0 ? -offset : 0, offset > 0 ? extent - offset : extent, step};
}

#define FOR_EDGES(BODY)                                                                                                                  \
  const range ys = inside(e->height, offset[1], stride[1]), xs = inside(e->width, offset[2], stride[2]);                                 \
  const range zs = inside(e->depth, offset[0], stride[0]);                                                                               \
  const int64_t shift = (offset[0] * e->height + offset[1]) * e->width + offset[2];                                                      \
  const float *weights = e->weights + channel * e->depth * e->height * e->width;                                                         \
  for (int64_t z = zs.begin; z < zs.end; z += zs.step) {                                                                                 \
    if (z < z_begin || z >= z_end) continue;                                                                                             \
    for (int64_t y = ys.begin; y < ys.end; y += ys.step) {                                                                               \
      const int64_t row = (z * e->height + y) * e->width;                                                                                \
      for (int64_t x = xs.begin; x < xs.end; x += xs.step) {                                                                             \
        const int64_t voxel = row + x;                                                                                                   \
        const float weight = weights[voxel];                                                                                             \
        if (e->mask && !(e->mask[voxel] && e->mask[voxel + shift])) continue;                                                            \
        BODY                                                                                                                             \
      }                                                                                                                                  \
    }                                                                                                                                    \
  }

int64_t dcs_seg_count_edges(const dcs_seg_edges *e, int64_t channel, const int64_t offset[3], const int64_t stride[3], int64_t z_begin, int64_t z_end, uint64_t *histogram) {
  int64_t not_numbers = 0;
  FOR_EDGES({
    const uint32_t bits = bits_of(weight);
    if (bits > 0x7f800000) not_numbers++;
    else if (bits) histogram[bits >> 15]++;
  })
  return not_numbers;
}

void dcs_seg_scatter_edges(
    const dcs_seg_edges *e, int64_t channel, const int64_t offset[3], const int64_t stride[3], int64_t z_begin, int64_t z_end, uint32_t low, uint32_t high,
    uint64_t *next, uint64_t *entries) {
  FOR_EDGES({
    const uint32_t bits = bits_of(weight);
    const uint32_t bucket = bits >> 15;
    if (!bits || bucket < low || bucket >= high) continue;
    entries[next[bucket]++] = (uint64_t)(~bits & 0x7fff) << 49 | (uint64_t)channel << 33 | (uint64_t)voxel << 1 | (weight > 0);
  })
}

void dcs_seg_count_digits(const uint64_t *entries, int64_t count, int digit, uint64_t counts[256]) {
  const int shift = 49 + 8 * digit;
  for (int64_t i = 0; i < count; i++) counts[entries[i] >> shift & 255]++;
}

void dcs_seg_move_by_digit(const uint64_t *entries, int64_t count, int digit, uint64_t next[256], uint64_t *out) {
  const int shift = 49 + 8 * digit;
  for (int64_t i = 0; i < count; i++) out[next[entries[i] >> shift & 255]++] = entries[i];
}

// By the upper 15 bits, least significant digit first, since the rest is ascending already.
void dcs_seg_sort_edges(uint64_t *entries, uint64_t *scratch, int64_t count) {
  if (count < 64) {
    for (int64_t i = 1; i < count; i++) {
      const uint64_t entry = entries[i];
      int64_t j = i;
      for (; j > 0 && entries[j - 1] > entry; j--) entries[j] = entries[j - 1];
      entries[j] = entry;
    }
    return;
  }
  uint64_t *from = entries, *to = scratch;
  for (int digit = 0; digit < 2; digit++) {
    uint64_t counts[256] = {0}, at = 0;
    dcs_seg_count_digits(from, count, digit, counts);
    if (counts[from[0] >> (49 + 8 * digit) & 255] == (uint64_t)count) continue;
    for (int i = 0; i < 256; i++) {
      const uint64_t n = counts[i];
      counts[i] = at;
      at += n;
    }
    dcs_seg_move_by_digit(from, count, digit, counts, to);
    uint64_t *sorted = to;
    to = from;
    from = sorted;
  }
  if (from != entries) memcpy(entries, from, (size_t)count * 8);
}
