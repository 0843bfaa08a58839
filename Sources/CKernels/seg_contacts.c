// Which labels meet, how often, and how strongly they are bound where they do. Open addressing by the pair; a run of equal pairs costs one look-up.
#include "include/seg.h"
#include <stdlib.h>

struct dcs_seg_contacts { dcs_seg_contact *cells; uint64_t mask; int64_t used; };

static inline uint64_t mixed(uint64_t a, uint64_t b) {
  uint64_t h = a * 0x9e3779b97f4a7c15ull ^ (b + 0x165667b19e3779f9ull) * 0xc2b2ae3d27d4eb4full;
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93ull;
  return h ^ h >> 32;
}

dcs_seg_contacts *dcs_seg_contacts_create(void) {
  dcs_seg_contacts *t = malloc(sizeof *t);
  if (!t) return NULL;
  *t = (dcs_seg_contacts){.cells = calloc(256, sizeof(dcs_seg_contact)), .mask = 255};
  if (!t->cells) { free(t); return NULL; }
  return t;
}

void dcs_seg_contacts_destroy(dcs_seg_contacts *t) {
  if (!t) return;
  free(t->cells);
  free(t);
}

int64_t dcs_seg_contacts_size(const dcs_seg_contacts *t) { return t->used; }

static int grow(dcs_seg_contacts *t) {
  const uint64_t mask = t->mask * 2 + 1;
  dcs_seg_contact *cells = calloc(mask + 1, sizeof(dcs_seg_contact));
  if (!cells) return -1;
  for (uint64_t i = 0; i <= t->mask; i++) {
    if (!t->cells[i].count) continue;
    uint64_t at = mixed(t->cells[i].a, t->cells[i].b) & mask;
    while (cells[at].count) at = (at + 1) & mask;
    cells[at] = t->cells[i];
  }
  free(t->cells);
  t->cells = cells;
  t->mask = mask;
  return 0;
}

static int add(dcs_seg_contacts *t, uint64_t a, uint64_t b, uint64_t count, double sum) {
  if (!count) return 0;
  if ((uint64_t)t->used * 2 > t->mask && grow(t)) return -1;
  uint64_t at = mixed(a, b) & t->mask;
  while (t->cells[at].count && (t->cells[at].a != a || t->cells[at].b != b)) at = (at + 1) & t->mask;
  if (!t->cells[at].count) {
    t->cells[at] = (dcs_seg_contact){a, b, 0, 0};
    t->used++;
  }
  t->cells[at].count += count;
  t->cells[at].sum += sum;
  return 0;
}

static inline __attribute__((always_inline)) uint64_t load(const void *p, int64_t i, int width) {
  switch (width) {
  case 1: return ((const uint8_t *)p)[i];
  case 2: return ((const uint16_t *)p)[i];
  case 4: return ((const uint32_t *)p)[i];
  default: return ((const uint64_t *)p)[i];
  }
}

int dcs_seg_contacts_add(dcs_seg_contacts *t, const void *a, const void *b, int width, const float *weights, int64_t count) {
  uint64_t last_a = 0, last_b = 0, run = 0;
  double sum = 0;
  for (int64_t i = 0; i < count; i++) {
    const uint64_t va = load(a, i, width), vb = load(b, i, width);
    if (va == vb || !va || !vb) continue;
    const uint64_t low = va < vb ? va : vb, high = va < vb ? vb : va;
    if (low != last_a || high != last_b) {
      if (add(t, last_a, last_b, run, sum)) return -1;
      last_a = low;
      last_b = high;
      run = 0;
      sum = 0;
    }
    run++;
    if (weights) sum += (double)weights[i];
  }
  return add(t, last_a, last_b, run, sum);
}

static int by_pair(const void *x, const void *y) {
  const dcs_seg_contact *p = x, *q = y;
  if (p->a != q->a) return p->a < q->a ? -1 : 1;
  return p->b < q->b ? -1 : p->b > q->b;
}

void dcs_seg_contacts_take(const dcs_seg_contacts *t, dcs_seg_contact *out) {
  int64_t used = 0;
  for (uint64_t i = 0; i <= t->mask; i++)
    if (t->cells[i].count) out[used++] = t->cells[i];
  qsort(out, (size_t)used, sizeof(dcs_seg_contact), by_pair);
}
