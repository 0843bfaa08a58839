// What each id of a label volume covers: voxels, bounds, and sums of coordinates and of their products. A run of equal voxels costs one look-up.
// Objects lie in the order in which they were met; a table by id, of two words an entry, says where, so that it stays small and quick to enlarge.
#include "include/seg.h"
#include "seg_clones.h"
#include "seg_runs.h"
#include "seg_width.h"

typedef struct { uint64_t id; int64_t count; } entry;   // count: 1 + number of the object

struct dcs_seg_objects { entry *cells; uint64_t mask; int64_t used; dcs_seg_object *objects; int64_t room; };

#define TABLE dcs_seg_objects
#define CELL entry
#define VERB(name) dcs_seg_objects_##name
#define HASH(t, c) mixed((c).id, 0)
#define ALSO(t) (t)->objects
#include "seg_cells.h"

static dcs_seg_object *object_of(dcs_seg_objects *t, uint64_t id) {
  if (reserve(t)) return NULL;
  uint64_t at = mixed(id, 0) & t->mask;
  while (t->cells[at].count && t->cells[at].id != id) at = (at + 1) & t->mask;
  if (!t->cells[at].count) {
    if (t->used == t->room) {
      const int64_t room = t->room ? t->room + t->room / 2 : 64;
      dcs_seg_object *objects = realloc(t->objects, (size_t)room * sizeof *objects);
      if (!objects) return NULL;
      t->objects = objects;
      t->room = room;
    }
    t->objects[t->used] = (dcs_seg_object){.id = id, .begin = {INT64_MAX, INT64_MAX, INT64_MAX}, .end = {INT64_MIN, INT64_MIN, INT64_MIN}};
    t->cells[at] = (entry){id, ++t->used};
  }
  return &t->objects[t->cells[at].count - 1];
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
  BY_WIDTH(width, END)
  return end;
}

DCS_CLONES int dcs_seg_objects_add_rows(dcs_seg_objects *t, const void *labels, int width, int64_t height, int64_t row_length, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; row++) {
    const int64_t place[2] = {row / height, row % height}, first = row * row_length;
    for (int64_t x = 0; x < row_length;) {
      const uint64_t id = load(labels, first + x, width);
      const int64_t stop = run_end((const char *)labels + first * width, width, x, row_length), n = stop - x;
      if (id) {
        dcs_seg_object *c = object_of(t, id);
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

const dcs_seg_object *dcs_seg_objects_all(const dcs_seg_objects *t) { return t->objects; }

int dcs_seg_objects_add(dcs_seg_objects *t, const dcs_seg_object *part) {
  dcs_seg_object *c = object_of(t, part->id);
  if (!c) return -1;
  c->count += part->count;
  for (int axis = 0; axis < 3; axis++) {
    if (part->begin[axis] < c->begin[axis]) c->begin[axis] = part->begin[axis];
    if (part->end[axis] > c->end[axis]) c->end[axis] = part->end[axis];
    c->sum[axis] += part->sum[axis];
  }
  for (int i = 0; i < 6; i++) add_product(c->products[i], (__int128)((unsigned __int128)part->products[i][1] << 64 | part->products[i][0]));
  return 0;
}
