// Seeded flooding (seg_shore.h has the order). One bit a voxel says whether it is still open, so that looking at neighbours stays within the caches.
#include "include/seg.h"
#include "seg_clones.h"
#include "seg_shore.h"

struct dcs_seg_flood {
  const void *heights;
  const uint8_t *mask;
  void *labels;
  int height_width, label_width;
  int64_t extents[3];
  int neighbour_count;
  int8_t steps[26][3];
  int64_t shifts[26];
  uint64_t *open;       // a bit a voxel
  uint64_t *histogram;  // of the upper 16 bits of keys; floats only
  shore shore;
};

// Heights as numbers that ascend with them; NaN is above all others.
DCS_INLINE uint32_t key_of(const dcs_seg_flood *f, int64_t voxel, int width) {
  if (width == 1) return ((const uint8_t *)f->heights)[voxel];
  if (width == 2) return ((const uint16_t *)f->heights)[voxel];
  const float height = ((const float *)f->heights)[voxel] + 0.0f;   // -0 is 0
  uint32_t bits;
  memcpy(&bits, &height, 4);
  if (height != height) return UINT32_MAX;
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}

DCS_INLINE int is_labelled(const dcs_seg_flood *f, int64_t i) {
  return f->label_width == 4 ? ((const uint32_t *)f->labels)[i] != 0 : ((const uint64_t *)f->labels)[i] != 0;
}

// Faces, then edges, then corners, each in raster order. An axis of one voxel has no neighbours.
static void set_neighbours(dcs_seg_flood *f, int connectivity) {
  const int64_t plane = f->extents[1] * f->extents[2];
  for (int moved = 1; moved <= connectivity; moved++)
    for (int code = 0; code < 27; code++) {
      const int step[3] = {code / 9 - 1, code / 3 % 3 - 1, code % 3 - 1};
      if ((step[0] != 0) + (step[1] != 0) + (step[2] != 0) != moved) continue;
      if ((step[0] && f->extents[0] == 1) || (step[1] && f->extents[1] == 1) || (step[2] && f->extents[2] == 1)) continue;
      for (int axis = 0; axis < 3; axis++) f->steps[f->neighbour_count][axis] = (int8_t)step[axis];
      f->shifts[f->neighbour_count++] = step[0] * plane + step[1] * f->extents[2] + step[2];
    }
}

dcs_seg_flood *dcs_seg_flood_create(const void *heights, int height_width, const uint8_t *mask, const int64_t extents[3], int connectivity, void *labels, int label_width) {
  dcs_seg_flood *f = calloc(1, sizeof *f);
  if (!f) return NULL;
  f->heights = heights; f->height_width = height_width; f->mask = mask; f->labels = labels; f->label_width = label_width;
  memcpy(f->extents, extents, sizeof f->extents);
  set_neighbours(f, connectivity);
  f->open = calloc((size_t)(extents[0] * extents[1] * extents[2]) / 64 + 1, 8);
  f->histogram = height_width == 4 ? calloc(65536, 8) : NULL;
  if (!f->open || (height_width == 4 && !f->histogram)) { dcs_seg_flood_destroy(f); return NULL; }
  return f;
}

void dcs_seg_flood_destroy(dcs_seg_flood *f) {
  if (!f) return;
  free(f->open); free(f->histogram);
  shore_destroy(&f->shore);
  free(f);
}

void dcs_seg_flood_survey(dcs_seg_flood *f, int64_t begin, int64_t end) {
  if (f->histogram) for (int64_t voxel = begin; voxel < end; voxel++) f->histogram[key_of(f, voxel, 4) >> 16]++;
}

int dcs_seg_flood_divide(dcs_seg_flood *f) { return shore_divide(&f->shore, f->histogram, f->height_width == 1 ? 1 << 8 : 1 << 16); }

void dcs_seg_flood_expect(dcs_seg_flood *f, int64_t begin, int64_t end) {
  for (int64_t voxel = begin; voxel < end; voxel++) {
    if (f->mask && !f->mask[voxel]) continue;
    shore_expect(&f->shore, key_of(f, voxel, f->height_width));
    if (!is_labelled(f, voxel)) f->open[voxel >> 6] |= 1ull << (voxel & 63);
  }
}

int dcs_seg_flood_lay_out(dcs_seg_flood *f) { return shore_lay_out(&f->shore); }

// Writes the open neighbours of a voxel; how many there are.
DCS_INLINE int open_neighbours(const dcs_seg_flood *f, uint32_t voxel, int64_t near[26]) {
  const uint32_t row_length = (uint32_t)f->extents[2], height = (uint32_t)f->extents[1];
  const uint32_t row = voxel / row_length, x = voxel - row * row_length, z = row / height, y = row - z * height;
  const int64_t at[3] = {z, y, x};
  int is_inside = 1, count = 0;
  for (int axis = 0; axis < 3; axis++) is_inside &= f->extents[axis] == 1 || (at[axis] > 0 && at[axis] + 1 < f->extents[axis]);
  for (int i = 0; i < f->neighbour_count; i++) {
    if (!is_inside) {
      int is_out = 0;
      for (int axis = 0; axis < 3; axis++) is_out |= (uint64_t)(at[axis] + f->steps[i][axis]) >= (uint64_t)f->extents[axis];
      if (is_out) continue;
    }
    const int64_t other = (int64_t)voxel + f->shifts[i];
    near[count] = other;
    count += f->open[other >> 6] >> (other & 63) & 1;
  }
  return count;
}

void dcs_seg_flood_seed(dcs_seg_flood *f, int64_t begin, int64_t end) {
  int64_t near[27];
  for (int64_t voxel = begin; voxel < end; voxel++)
    if (is_labelled(f, voxel) && open_neighbours(f, (uint32_t)voxel, near)) shore_push(&f->shore, key_of(f, voxel, f->height_width), (uint32_t)voxel);
}

DCS_INLINE int run(dcs_seg_flood *f, int64_t steps, int height_width, int label_width) {
  int64_t near[27];
  shore *s = &f->shore;
  for (; steps > 0; steps--) {
    if (s->ring_begin == s->ring_end) {
      const int status = shore_rise(s);
      if (status <= 0) return status;
    }
    const uint32_t voxel = s->ring[s->ring_begin++ & s->ring_mask];
    const int64_t soon = s->ring[(s->ring_begin + 7 < s->ring_end ? s->ring_begin + 7 : s->ring_end - 1) & s->ring_mask];
    __builtin_prefetch((const char *)f->labels + soon * label_width);
    for (int i = 0; i < f->neighbour_count; i += f->neighbour_count - 1) __builtin_prefetch((const char *)f->heights + (soon + f->shifts[i]) * height_width);
    const int count = open_neighbours(f, voxel, near);
    for (int i = 0; i < count; i++) {
      const int64_t other = near[i];
      f->open[other >> 6] &= ~(1ull << (other & 63));
      if (label_width == 4) ((uint32_t *)f->labels)[other] = ((const uint32_t *)f->labels)[voxel];
      else ((uint64_t *)f->labels)[other] = ((const uint64_t *)f->labels)[voxel];
      const uint32_t key = key_of(f, other, height_width);
      if (key > s->height) shore_push(s, key, (uint32_t)other);
      else if (shore_reach(s, (uint32_t)other)) return -1;
    }
  }
  return 1;
}

int dcs_seg_flood_run(dcs_seg_flood *f, int64_t steps) {
  switch (f->height_width * 8 + f->label_width) {
  case 8 + 4: return run(f, steps, 1, 4);
  case 8 + 8: return run(f, steps, 1, 8);
  case 16 + 4: return run(f, steps, 2, 4);
  case 16 + 8: return run(f, steps, 2, 8);
  case 32 + 4: return run(f, steps, 4, 4);
  default: return run(f, steps, 4, 8);
  }
}
