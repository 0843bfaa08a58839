// Counts of pairs of ids, and maps from id to id: open addressing with linear probing, full 64-bit keys.
// Equal neighbours are the rule in label volumes, so a run of equal pairs costs one look-up.
#include "include/seg.h"
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

int dcs_seg_counts_add_rows(dcs_seg_counts *t, const void *a, int a_width, const void *b, int b_width, const uint8_t *mask, int64_t count) {
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

// Ascending by a, then b: digits of a byte from the least on, those that all cells share left out. Cells go to and fro between two places; returns where they ended.
static cell *sorted(cell *from, cell *to, int64_t count) {
  uint64_t differing[2] = {0, 0};   // bits of b, of a
  for (int64_t i = 0; i < count; i++) {
    differing[0] |= from[i].b ^ from[0].b;
    differing[1] |= from[i].a ^ from[0].a;
  }
  for (int digit = 0; digit < 16; digit++) {
    const int shift = digit % 8 * 8, of_a = digit / 8;
    if (!(differing[of_a] >> shift & 255)) continue;
    int64_t place[256] = {0}, first = 0;
    for (int64_t i = 0; i < count; i++) place[(of_a ? from[i].a : from[i].b) >> shift & 255]++;
    for (int value = 0; value < 256; value++) {
      const int64_t here = place[value];
      place[value] = first;
      first += here;
    }
    for (int64_t i = 0; i < count; i++) to[place[(of_a ? from[i].a : from[i].b) >> shift & 255]++] = from[i];
    cell *other = from;
    from = to;
    to = other;
  }
  return from;
}

void dcs_seg_counts_take(dcs_seg_counts *t, uint64_t *a, uint64_t *b, uint64_t *count) {
  int64_t used = 0;
  for (uint64_t i = 0; i <= t->mask; i++)
    if (t->cells[i].count) t->cells[used++] = t->cells[i];
  const cell *cells = sorted(t->cells, t->cells + used, used);   // the table is half full at most
  for (int64_t i = 0; i < used; i++) {
    a[i] = cells[i].a;
    if (b) b[i] = cells[i].b;
    count[i] = cells[i].count;
  }
  memset(t->cells, 0, (t->mask + 1) * sizeof(cell));
  t->used = 0;
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

int64_t dcs_seg_map_apply(const dcs_seg_counts *t, const void *in, int in_width, void *out, int out_width, int64_t count, int missing) {
  uint64_t last = 0, value = 0;
  int known = 0;
  for (int64_t i = 0; i < count; i++) {
    const uint64_t id = load(in, i, in_width);
    if (!known || id != last) {
      uint64_t at = mixed(id, 0) & t->mask;
      while (t->cells[at].count && t->cells[at].a != id) at = (at + 1) & t->mask;
      if (t->cells[at].count) value = t->cells[at].b;
      else if (id == 0 || missing == DCS_SEG_MISSING_ZERO) value = 0;
      else if (missing == DCS_SEG_MISSING_KEEP) value = id;
      else return i;
      last = id;
      known = 1;
    }
    switch (out_width) {
    case 1: ((uint8_t *)out)[i] = (uint8_t)value; break;
    case 2: ((uint16_t *)out)[i] = (uint16_t)value; break;
    case 4: ((uint32_t *)out)[i] = (uint32_t)value; break;
    default: ((uint64_t *)out)[i] = value; break;
    }
  }
  return -1;
}
