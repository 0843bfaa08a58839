// What each id of a label volume covers: voxels, bounds, and sums of coordinates. Open addressing by id; a run of equal voxels costs one look-up.
#include "include/seg.h"
#include <stdlib.h>

struct dcs_seg_objects { dcs_seg_object *cells; uint64_t mask; int64_t used; };

static inline uint64_t mixed(uint64_t id) {
  uint64_t h = id * 0x9e3779b97f4a7c15ull;
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93ull;
  return h ^ h >> 32;
}

dcs_seg_objects *dcs_seg_objects_create(void) {
  dcs_seg_objects *t = malloc(sizeof *t);
  if (!t) return NULL;
  t->mask = 255;
  t->used = 0;
  t->cells = calloc(t->mask + 1, sizeof(dcs_seg_object));
  if (!t->cells) { free(t); return NULL; }
  return t;
}

void dcs_seg_objects_destroy(dcs_seg_objects *t) {
  if (!t) return;
  free(t->cells);
  free(t);
}

int64_t dcs_seg_objects_size(const dcs_seg_objects *t) { return t->used; }

static int grow(dcs_seg_objects *t) {
  const uint64_t mask = t->mask * 2 + 1;
  dcs_seg_object *cells = calloc(mask + 1, sizeof(dcs_seg_object));
  if (!cells) return -1;
  for (uint64_t i = 0; i <= t->mask; i++) {
    if (!t->cells[i].count) continue;
    uint64_t at = mixed(t->cells[i].id) & mask;
    while (cells[at].count) at = (at + 1) & mask;
    cells[at] = t->cells[i];
  }
  free(t->cells);
  t->cells = cells;
  t->mask = mask;
  return 0;
}

static dcs_seg_object *cell_of(dcs_seg_objects *t, uint64_t id) {
  if ((uint64_t)t->used * 2 > t->mask && grow(t)) return NULL;
  uint64_t at = mixed(id) & t->mask;
  while (t->cells[at].count && t->cells[at].id != id) at = (at + 1) & t->mask;
  dcs_seg_object *c = &t->cells[at];
  if (!c->count) {
    *c = (dcs_seg_object){.id = id, .begin = {INT64_MAX, INT64_MAX, INT64_MAX}, .end = {INT64_MIN, INT64_MIN, INT64_MIN}};
    t->used++;
  }
  return c;
}

static inline __attribute__((always_inline)) uint64_t load(const void *p, int64_t i, int width) {
  switch (width) {
  case 1: return ((const uint8_t *)p)[i];
  case 2: return ((const uint16_t *)p)[i];
  case 4: return ((const uint32_t *)p)[i];
  default: return ((const uint64_t *)p)[i];
  }
}

int dcs_seg_objects_add_rows(dcs_seg_objects *t, const void *labels, int width, int64_t height, int64_t row_length, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; row++) {
    const int64_t place[2] = {row / height, row % height}, first = row * row_length;
    for (int64_t x = 0; x < row_length;) {
      const uint64_t id = load(labels, first + x, width);
      int64_t stop = x + 1;
      while (stop < row_length && load(labels, first + stop, width) == id) stop++;
      const int64_t n = stop - x;
      if (id) {
        dcs_seg_object *c = cell_of(t, id);
        if (!c) return -1;
        c->count += n;
        for (int axis = 0; axis < 2; axis++) {
          if (place[axis] < c->begin[axis]) c->begin[axis] = place[axis];
          if (place[axis] + 1 > c->end[axis]) c->end[axis] = place[axis] + 1;
          c->sum[axis] += place[axis] * n;
        }
        if (x < c->begin[2]) c->begin[2] = x;
        if (stop > c->end[2]) c->end[2] = stop;
        c->sum[2] += (x + stop - 1) * n / 2;
      }
      x = stop;
    }
  }
  return 0;
}

static int by_id(const void *x, const void *y) {
  const uint64_t a = ((const dcs_seg_object *)x)->id, b = ((const dcs_seg_object *)y)->id;
  return a < b ? -1 : a > b;
}

void dcs_seg_objects_take(const dcs_seg_objects *t, dcs_seg_object *out) {
  int64_t used = 0;
  for (uint64_t i = 0; i <= t->mask; i++)
    if (t->cells[i].count) out[used++] = t->cells[i];
  qsort(out, (size_t)used, sizeof(dcs_seg_object), by_id);
}
