// Counts of pairs of ids, and maps from id to id: open addressing with linear probing, full 64-bit keys.
// Equal neighbours are the rule in label volumes, so a run of equal pairs costs one look-up.
#include "include/seg.h"
#include "seg_clones.h"
#include "seg_runs.h"
#include "seg_width.h"
#include <string.h>

typedef struct { uint64_t a, b, count; } cell;   // count 0: empty
struct dcs_seg_counts { cell *cells; uint64_t mask; int64_t used; int is_map; };

#define TABLE dcs_seg_counts
#define CELL cell
#define VERB(name) dcs_seg_counts_##name
#define HASH(t, c) mixed((c).a, (t)->is_map ? 0 : (c).b)
#include "seg_cells.h"

int dcs_seg_counts_add(dcs_seg_counts *t, uint64_t a, uint64_t b, uint64_t count) {
  if (!count) return 0;
  if (reserve(t)) return -1;
  uint64_t at = mixed(a, b) & t->mask;
  while (t->cells[at].count && (t->cells[at].a != a || t->cells[at].b != b)) at = (at + 1) & t->mask;
  if (!t->cells[at].count) {
    t->cells[at] = (cell){a, b, 0};
    t->used++;
  }
  t->cells[at].count += count;
  return 0;
}

// One look-up a look: cheaper than a branch on whether the id is another one, which nobody can predict.
DCS_CLONES static int add_ids(dcs_seg_counts *t, const void *ids, int width, int64_t count) {
#define ADD(TYPE)                                                                    \
  {                                                                                  \
    const TYPE *p = ids;                                                             \
    for (int64_t i = 0; i < count;) {                                                \
      const uint64_t id = p[i];                                                      \
      const int64_t equal = EQUAL(TYPE, p + i, count - i);                           \
      cell *c = &t->cells[mixed(id, 0) & t->mask];                                   \
      if (c->count && c->a == id && c->b == 0) c->count += (uint64_t)equal;          \
      else if (dcs_seg_counts_add(t, id, 0, (uint64_t)equal)) return -1;             \
      i += equal;                                                                    \
    }                                                                                \
  }
  BY_WIDTH(width, ADD)
  return 0;
}

int dcs_seg_counts_add_rows(dcs_seg_counts *t, const void *a, int a_width, const void *b, int b_width, const uint8_t *mask, int64_t count) {
  if (!b && !mask) return add_ids(t, a, a_width, count);
  uint64_t last_a = 0, last_b = 0, run = 0;
  for (int64_t i = 0; i < count; i++) {
    if (mask && !mask[i]) continue;
    const uint64_t va = load(a, i, a_width), vb = b ? load(b, i, b_width) : 0;
    if (va == last_a && vb == last_b) { run++; continue; }
    if (dcs_seg_counts_add(t, last_a, last_b, run)) return -1;
    last_a = va;
    last_b = vb;
    run = 1;
  }
  return dcs_seg_counts_add(t, last_a, last_b, run);
}

#define POLL(i) if (!((i) & 0xffff) && stop(context)) return 0;

// Ascending by a, then b: digits of a byte from the least on, those that all cells share left out. Cells go to and fro between two places; returns where they ended, or NULL if stopped.
static cell *sorted(cell *from, cell *to, int64_t count, dcs_seg_stop stop, const void *context) {
  uint64_t differing[2] = {0, 0};   // bits of b, of a
  for (int64_t i = 0; i < count; i++) {
    differing[0] |= from[i].b ^ from[0].b;
    differing[1] |= from[i].a ^ from[0].a;
  }
  for (int digit = 0; digit < 16; digit++) {
    const int shift = digit % 8 * 8, of_a = digit / 8;
    if (!(differing[of_a] >> shift & 255)) continue;
    int64_t place[256] = {0}, first = 0;
    for (int64_t i = 0; i < count; i++) {
      POLL(i)
      place[(of_a ? from[i].a : from[i].b) >> shift & 255]++;
    }
    for (int value = 0; value < 256; value++) {
      const int64_t here = place[value];
      place[value] = first;
      first += here;
    }
    for (int64_t i = 0; i < count; i++) {
      POLL(i)
      to[place[(of_a ? from[i].a : from[i].b) >> shift & 255]++] = from[i];
    }
    cell *other = from;
    from = to;
    to = other;
  }
  return from;
}

static int64_t packed(dcs_seg_counts *t, dcs_seg_stop stop, const void *context) {
  int64_t used = 0;
  for (uint64_t i = 0; i <= t->mask; i++) {
    POLL(i)
    if (t->cells[i].count) t->cells[used++] = t->cells[i];
  }
  return used;
}

int dcs_seg_counts_take(dcs_seg_counts *t, uint64_t *a, uint64_t *b, uint64_t *count, dcs_seg_stop stop, const void *context) {
  const int64_t used = packed(t, stop, context);
  const cell *cells = used == t->used ? sorted(t->cells, t->cells + used, used, stop, context) : 0;   // the table is half full at most
  if (!cells) return 1;
  for (int64_t i = 0; i < used; i++) {
    a[i] = cells[i].a;
    if (b) b[i] = cells[i].b;
    count[i] = cells[i].count;
  }
  memset(t->cells, 0, (t->mask + 1) * sizeof(cell));
  t->used = 0;
  return 0;
}

int64_t dcs_seg_counts_apply(const dcs_seg_counts *t, const uint64_t *a, const uint64_t *b, void *out, int out_width, int64_t count) {
#define APPLY_PAIRS(OUT)                                                                                      \
  {                                                                                                           \
    OUT *q = out;                                                                                             \
    for (int64_t i = 0; i < count; i++) {                                                                     \
      if (i && a[i] == a[i - 1] && b[i] == b[i - 1]) { q[i] = q[i - 1]; continue; }                           \
      uint64_t at = mixed(a[i], b[i]) & t->mask;                                                              \
      while (t->cells[at].count && (t->cells[at].a != a[i] || t->cells[at].b != b[i])) at = (at + 1) & t->mask; \
      if (!t->cells[at].count && (a[i] || b[i])) return i;                                                    \
      q[i] = (OUT)t->cells[at].count;                                                                         \
    }                                                                                                         \
  }
  BY_WIDTH(out_width, APPLY_PAIRS)
  return -1;
}

// A map keeps (id, new id) in the same cells with count 1, found by id alone.
int dcs_seg_map_set(dcs_seg_counts *t, uint64_t from, uint64_t to) {
  t->is_map = 1;
  if (reserve(t)) return -1;
  uint64_t at = mixed(from, 0) & t->mask;
  while (t->cells[at].count && t->cells[at].a != from) at = (at + 1) & t->mask;
  if (!t->cells[at].count) t->used++;
  t->cells[at] = (cell){from, to, 1};
  return 0;
}

// Where a new id is looked up it is written RUN_LOOK times; what that is too many is written over by the next.
DCS_CLONES int64_t dcs_seg_map_apply(const dcs_seg_counts *t, const void *in, int in_width, void *out, int out_width, int64_t count, int missing) {
#define APPLY(IN, OUT)                                                                         \
  {                                                                                            \
    typedef OUT look __attribute__((ext_vector_type(RUN_LOOK), aligned(1)));                   \
    const IN *p = in;                                                                          \
    OUT *q = out;                                                                              \
    for (int64_t i = 0; i < count;) {                                                          \
      const uint64_t id = p[i];                                                                \
      uint64_t at = mixed(id, 0) & t->mask, value;                                             \
      while (t->cells[at].count && t->cells[at].a != id) at = (at + 1) & t->mask;              \
      if (t->cells[at].count) value = t->cells[at].b;                                          \
      else if (id == 0 || missing == DCS_SEG_MISSING_ZERO) value = 0;                          \
      else if (missing == DCS_SEG_MISSING_KEEP) value = id;                                    \
      else return i;                                                                           \
      const int64_t equal = EQUAL(IN, p + i, count - i);                                       \
      if (count - i >= RUN_LOOK) *(look *)(q + i) = (look)(OUT)value;                          \
      else for (int64_t k = 0; k < equal; k++) q[i + k] = (OUT)value;                          \
      i += equal;                                                                              \
    }                                                                                          \
  }
#define FROM_8(OUT) APPLY(uint8_t, OUT)
#define FROM_16(OUT) APPLY(uint16_t, OUT)
#define FROM_32(OUT) APPLY(uint32_t, OUT)
#define FROM_64(OUT) APPLY(uint64_t, OUT)
  switch (in_width) {
  case 1: BY_WIDTH(out_width, FROM_8) break;
  case 2: BY_WIDTH(out_width, FROM_16) break;
  case 4: BY_WIDTH(out_width, FROM_32) break;
  default: BY_WIDTH(out_width, FROM_64) break;
  }
  return -1;
}
