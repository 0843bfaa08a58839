// Erosion of a mask by a ball, in bits: 64 voxels a word, 1 is foreground, and so is all that lies outside the volume.
//
// A ball is a stack of segments along x, one for each (dz, dy). A row eroded by a segment of half width w is that of w - 1, moved one voxel to both sides,
// so a row is eroded by all of its segments in turn, widest last, and each result is joined with "and" to the rows that see it at (dz, dy).
#include "include/seg.h"
#include "seg_clones.h"
#include <string.h>

DCS_CLONES void dcs_seg_pack_bits(const uint8_t *zeros, int64_t count, int zeros_count, uint64_t *bits) {
  for (int64_t first = 0; first < count; first += 64, bits++) {
    uint8_t flags[64] = {0};
    const int64_t length = count - first < 64 ? count - first : 64;
    for (int64_t i = 0; i < length; i++) flags[i] = (zeros[first + i] != 0) == zeros_count;
    uint64_t word = 0;
    for (int j = 0; j < 8; j++) {
      uint64_t eight;   // of 0 or 1; the product's top byte collects one bit of each
      memcpy(&eight, flags + 8 * j, 8);
      word |= ((eight * 0x0102040810204080ull) >> 56) << (8 * j);
    }
    *bits = length < 64 ? word | ~0ull << length : word;
  }
}

DCS_CLONES void dcs_seg_unpack_bits(const uint64_t *bits, int64_t count, int invert, uint8_t *out) {
  for (int64_t i = 0; i < count; i++) out[i] = (uint8_t)((bits[i >> 6] >> (i & 63) & 1) ^ (uint64_t)invert);
}

// to[x] = from[x - 1] & from[x] & from[x + 1]; from a second step on the middle is in the others already.
DCS_INLINE void narrow(const uint64_t *from, int64_t words, uint64_t *to) {
  for (int64_t i = 0; i < words; i++) {
    const uint64_t before = i > 0 ? from[i - 1] >> 63 : 1, after = i + 1 < words ? from[i + 1] << 63 : 1ull << 63;
    to[i] = (from[i] << 1 | before) & from[i] & (from[i] >> 1 | after);
  }
}

DCS_CLONES void dcs_seg_erode_bits(const dcs_seg_ball *ball, int64_t z, int64_t begin, int64_t end, uint64_t *out, uint64_t *scratch) {
  const int64_t words = ball->words;
  memset(out, 0xff, (size_t)((end - begin) * words) * 8);
  for (int64_t dz = -ball->z_radius; dz <= ball->z_radius; dz++) {
    if (z + dz < 0 || z + dz >= ball->depth) continue;
    const int32_t *half = ball->half_widths + (dz < 0 ? -dz : dz) * (ball->y_radius + 1);
    const int64_t first = begin > ball->y_radius ? begin - ball->y_radius : 0, last = end + ball->y_radius < ball->height ? end + ball->y_radius : ball->height;
    for (int64_t y = first; y < last; y++) {
      const uint64_t *row = ball->bits + ((z + dz) * ball->height + y) * words;
      uint64_t *held[2] = {scratch, scratch + words};
      int32_t width = 0;
      for (int64_t dy = ball->y_radius; dy >= 0; dy--) {
        if (half[dy] < 0) continue;
        for (; width < half[dy]; width++) {
          narrow(row, words, held[width & 1]);
          row = held[width & 1];
        }
        for (int side = -1; side <= (dy ? 1 : -1); side += 2) {
          const int64_t to = y + side * dy - begin;
          if (to < 0 || to >= end - begin) continue;
          for (int64_t i = 0; i < words; i++) out[to * words + i] &= row[i];
        }
      }
    }
  }
}
