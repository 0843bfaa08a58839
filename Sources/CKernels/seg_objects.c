// What each id of a label volume covers: voxels, bounds, and sums of coordinates and of their products. Open addressing by id; a run of equal voxels costs one look-up.
#include "include/seg.h"
#include "seg_clones.h"
#include "seg_runs.h"

struct dcs_seg_objects { dcs_seg_object *cells; uint64_t mask; int64_t used; };

#define TABLE dcs_seg_objects
#define CELL dcs_seg_object
#define VERB(name) dcs_seg_objects_##name
#define HASH(t, c) mixed((c).id, 0)
#include "seg_cells.h"

static dcs_seg_object *cell_of(dcs_seg_objects *t, uint64_t id) {
  if (reserve(t)) return NULL;
  uint64_t at = mixed(id, 0) & t->mask;
  while (t->cells[at].count && t->cells[at].id != id) at = (at + 1) & t->mask;
  dcs_seg_object *c = &t->cells[at];
  if (!c->count) {
    *c = (dcs_seg_object){.id = id, .begin = {INT64_MAX, INT64_MAX, INT64_MAX}, .end = {INT64_MIN, INT64_MIN, INT64_MIN}};
    t->used++;
  }
  return c;
}

static inline void add_product(uint64_t sum[2], __int128 value) {
  const unsigned __int128 total = ((unsigned __int128)sum[1] << 64 | sum[0]) + (unsigned __int128)value;
  sum[0] = (uint64_t)total;
  sum[1] = (uint64_t)(total >> 64);
}

static inline __int128 squares_below(int64_t n) { return (__int128)(n - 1) * n * (2 * n - 1) / 6; }

// The end of the run that begins at x.
DCS_INLINE int64_t run_end(const void *row, int width, int64_t x, int64_t length) {
  int64_t end = x;
#define END(TYPE)                                                                \
  {                                                                              \
    const TYPE *p = row;                                                         \
    do end += EQUAL(TYPE, p + end, length - end);                                \
    while (end < length && p[end] == p[x]);                                      \
  }
  BY_ID_WIDTH(width, END)
  return end;
}

DCS_CLONES int dcs_seg_objects_add_rows(dcs_seg_objects *t, const void *labels, int width, int64_t height, int64_t row_length, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; row++) {
    const int64_t place[2] = {row / height, row % height}, first = row * row_length;
    for (int64_t x = 0; x < row_length;) {
      const uint64_t id = load(labels, first + x, width);
      const int64_t stop = run_end((const char *)labels + first * width, width, x, row_length), n = stop - x;
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
        const int64_t z = place[0], y = place[1], sum_x = (x + stop - 1) * n / 2;
        c->sum[2] += sum_x;
        add_product(c->products[0], (__int128)z * z * n);
        add_product(c->products[1], (__int128)y * y * n);
        add_product(c->products[2], squares_below(stop) - squares_below(x));
        add_product(c->products[3], (__int128)z * y * n);
        add_product(c->products[4], (__int128)z * sum_x);
        add_product(c->products[5], (__int128)y * sum_x);
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
