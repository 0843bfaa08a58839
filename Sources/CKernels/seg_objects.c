// What each id of a label volume covers: voxels, bounds, and sums of coordinates and of their products. A run of equal voxels costs one look-up.
// Objects lie in the order in which they were met, each with its sums of products behind it where those are wanted; a table by id, of two words
// an entry, says where, so that it stays small and quick to enlarge.
#include "include/seg.h"
#include "seg_clones.h"
#include "seg_runs.h"
#include "seg_width.h"

typedef struct { uint64_t id; int64_t count; } entry;   // count: 1 + number of the object

typedef struct { uint64_t of[6][2]; } products;   // zz, yy, xx, zy, zx, yx

struct dcs_seg_objects { entry *cells; uint64_t mask; int64_t used; char *objects; int64_t room; int has_products; };

#define TABLE dcs_seg_objects
#define CELL entry
#define VERB(name) dcs_seg_objects_##name
#define HASH(t, c) mixed((c).id, 0)
#define ALSO(t) (t)->objects
#include "seg_cells.h"

static size_t stride(const dcs_seg_objects *t) { return sizeof(dcs_seg_object) + (t->has_products ? sizeof(products) : 0); }
static dcs_seg_object *object_at(const dcs_seg_objects *t, int64_t i) { return (dcs_seg_object *)(t->objects + (size_t)i * stride(t)); }
static products *products_of(const dcs_seg_objects *t, dcs_seg_object *object) { return t->has_products ? (products *)(object + 1) : NULL; }

static dcs_seg_object *object_of(dcs_seg_objects *t, uint64_t id) {
  if (reserve(t)) return NULL;
  uint64_t at = mixed(id, 0) & t->mask;
  while (t->cells[at].count && t->cells[at].id != id) at = (at + 1) & t->mask;
  if (!t->cells[at].count) {
    if (t->used == t->room) {
      const int64_t room = t->room ? t->room + t->room / 2 : 64;
      char *objects = realloc(t->objects, (size_t)room * stride(t));
      if (!objects) return NULL;
      t->objects = objects;
      t->room = room;
    }
    dcs_seg_object *new = object_at(t, t->used);
    *new = (dcs_seg_object){.id = id, .begin = {INT64_MAX, INT64_MAX, INT64_MAX}, .end = {INT64_MIN, INT64_MIN, INT64_MIN}};
    if (t->has_products) *products_of(t, new) = (products){0};
    t->cells[at] = (entry){id, ++t->used};
  }
  return object_at(t, t->cells[at].count - 1);
}

static inline __int128 wide(const uint64_t words[2]) { return (__int128)((unsigned __int128)words[1] << 64 | words[0]); }

static inline void add_to(uint64_t sum[2], __int128 value) {
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

DCS_CLONES int dcs_seg_objects_add_rows(dcs_seg_objects *t, const void *labels, int width, int64_t height, int64_t row_length, const int64_t strides[2], int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; row++) {
    const int64_t place[2] = {row / height, row % height}, first = place[0] * strides[0] + place[1] * strides[1];
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
          add_to(c->sum[axis], (__int128)place[axis] * n);
        }
        if (x < c->begin[2]) c->begin[2] = x;
        if (stop > c->end[2]) c->end[2] = stop;
        const int64_t z = place[0], y = place[1], sum_x = (x + stop - 1) * n / 2;
        add_to(c->sum[2], sum_x);
        products *p = products_of(t, c);
        if (p) {
          add_to(p->of[0], (__int128)z * z * n);
          add_to(p->of[1], (__int128)y * y * n);
          add_to(p->of[2], squares_below(stop) - squares_below(x));
          add_to(p->of[3], (__int128)z * y * n);
          add_to(p->of[4], (__int128)z * sum_x);
          add_to(p->of[5], (__int128)y * sum_x);
        }
      }
      x = stop;
    }
  }
  return 0;
}

void dcs_seg_objects_keep_products(dcs_seg_objects *t) { t->has_products = 1; }

const dcs_seg_object *dcs_seg_objects_at(const dcs_seg_objects *t, int64_t i) { return object_at(t, i); }

const uint64_t *dcs_seg_objects_products(const dcs_seg_objects *t, int64_t i) { return t->has_products ? products_of(t, object_at(t, i))->of[0] : NULL; }

int dcs_seg_objects_add(dcs_seg_objects *t, const dcs_seg_objects *part, const int64_t offset[3], int64_t begin, int64_t end) {
  static const int pairs[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
  for (int64_t i = begin; i < end; i++) {
    dcs_seg_object *other = object_at(part, i), *c = object_of(t, other->id);
    if (!c) return -1;
    c->count += other->count;
    for (int axis = 0; axis < 3; axis++) {
      if (other->begin[axis] + offset[axis] < c->begin[axis]) c->begin[axis] = other->begin[axis] + offset[axis];
      if (other->end[axis] + offset[axis] > c->end[axis]) c->end[axis] = other->end[axis] + offset[axis];
      add_to(c->sum[axis], wide(other->sum[axis]) + (__int128)offset[axis] * other->count);
    }
    products *p = products_of(t, c), *q = products_of(part, other);
    if (!p || !q) continue;
    for (int k = 0; k < 6; k++) {
      // Σ (a + da)(b + db) over the voxels
      const int a = pairs[k][0], b = pairs[k][1];
      add_to(p->of[k], wide(q->of[k]) + offset[a] * wide(other->sum[b]) + offset[b] * wide(other->sum[a]) + (__int128)offset[a] * offset[b] * other->count);
    }
  }
  return 0;
}
