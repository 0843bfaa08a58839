// Seeded flooding in order of height: a heap of voxels, lowest first, of equal ones the one that was reached first.
//
// A heap entry's key holds the height's bits, made ascending, above the number of the arrival; four children a node keep a sift within few cache lines.
#include "include/seg.h"
#include <stdlib.h>
#include <string.h>

typedef struct { uint64_t key; uint32_t voxel; } entry;

struct dcs_seg_flood {
  const float *heights;
  const uint8_t *mask;
  int64_t extents[3];
  void *labels;
  int width;
  entry *heap;
  int64_t count, capacity;
  uint64_t arrivals;
};

static inline uint32_t ascending(float height) {
  uint32_t bits;
  height += 0.0f;   // -0 is 0
  memcpy(&bits, &height, 4);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}

static int push(dcs_seg_flood *f, uint32_t voxel) {
  if (f->count == f->capacity) {
    const int64_t capacity = f->capacity * 2;
    entry *heap = realloc(f->heap, (size_t)capacity * sizeof(entry));
    if (!heap) return -1;
    f->heap = heap;
    f->capacity = capacity;
  }
  const entry e = {(uint64_t)ascending(f->heights[voxel]) << 32 | (uint32_t)f->arrivals++, voxel};
  int64_t at = f->count++;
  while (at > 0) {
    const int64_t up = (at - 1) / 4;
    if (f->heap[up].key <= e.key) break;
    f->heap[at] = f->heap[up];
    at = up;
  }
  f->heap[at] = e;
  return 0;
}

static uint32_t pop(dcs_seg_flood *f) {
  const uint32_t voxel = f->heap[0].voxel;
  const entry e = f->heap[--f->count];
  int64_t at = 0;
  for (;;) {
    const int64_t first = 4 * at + 1, end = first + 4 < f->count ? first + 4 : f->count;
    if (first >= f->count) break;
    int64_t least = first;
    for (int64_t child = first + 1; child < end; child++)
      if (f->heap[child].key < f->heap[least].key) least = child;
    if (f->heap[least].key >= e.key) break;
    f->heap[at] = f->heap[least];
    at = least;
  }
  if (f->count) f->heap[at] = e;
  return voxel;
}

static inline uint64_t label_of(const dcs_seg_flood *f, int64_t i) { return f->width == 4 ? ((const uint32_t *)f->labels)[i] : ((const uint64_t *)f->labels)[i]; }

static inline void set_label(dcs_seg_flood *f, int64_t i, int64_t from) {
  if (f->width == 4) ((uint32_t *)f->labels)[i] = ((const uint32_t *)f->labels)[from];
  else ((uint64_t *)f->labels)[i] = ((const uint64_t *)f->labels)[from];
}

dcs_seg_flood *dcs_seg_flood_create(const float *heights, const uint8_t *mask, int64_t depth, int64_t height, int64_t row_length, void *labels, int width) {
  dcs_seg_flood *f = malloc(sizeof *f);
  if (!f) return NULL;
  *f = (dcs_seg_flood){.heights = heights, .mask = mask, .extents = {depth, height, row_length}, .labels = labels, .width = width, .capacity = 1024};
  f->heap = malloc((size_t)f->capacity * sizeof(entry));
  if (!f->heap) { free(f); return NULL; }
  return f;
}

void dcs_seg_flood_destroy(dcs_seg_flood *f) {
  if (!f) return;
  free(f->heap);
  free(f);
}

// The neighbours of a voxel that are to be flooded, ascending.
static inline int open_neighbours(const dcs_seg_flood *f, int64_t voxel, int64_t out[6]) {
  const int64_t row_length = f->extents[2], plane = row_length * f->extents[1];
  const int64_t z = voxel / plane, y = voxel / row_length % f->extents[1], x = voxel % row_length;
  const int64_t near[6] = {z > 0 ? voxel - plane : -1, y > 0 ? voxel - row_length : -1, x > 0 ? voxel - 1 : -1,
                           x + 1 < row_length ? voxel + 1 : -1, y + 1 < f->extents[1] ? voxel + row_length : -1, z + 1 < f->extents[0] ? voxel + plane : -1};
  int count = 0;
  for (int i = 0; i < 6; i++)
    if (near[i] >= 0 && (!f->mask || f->mask[near[i]]) && !label_of(f, near[i])) out[count++] = near[i];
  return count;
}

int dcs_seg_flood_seed(dcs_seg_flood *f, int64_t begin, int64_t end) {
  int64_t near[6];
  for (int64_t voxel = begin; voxel < end; voxel++)
    if (label_of(f, voxel) && open_neighbours(f, voxel, near) && push(f, (uint32_t)voxel)) return -1;
  return 0;
}

int64_t dcs_seg_flood_run(dcs_seg_flood *f, int64_t steps) {
  int64_t near[6];
  for (; steps > 0 && f->count; steps--) {
    const int64_t voxel = pop(f);
    const int count = open_neighbours(f, voxel, near);
    for (int i = 0; i < count; i++) {
      set_label(f, near[i], voxel);
      if (push(f, (uint32_t)near[i])) return -1;
    }
  }
  return f->count;
}
