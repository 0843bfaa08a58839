// Which labels meet, how often, and how strongly they are bound where they do. Open addressing by the pair; a run of equal pairs costs one look-up.
#include "include/seg.h"

struct dcs_seg_contacts { dcs_seg_contact *cells; uint64_t mask; int64_t used; };

#define TABLE dcs_seg_contacts
#define CELL dcs_seg_contact
#define VERB(name) dcs_seg_contacts_##name
#define HASH(t, c) mixed((c).a, (c).b)
#include "seg_cells.h"

static int add(dcs_seg_contacts *t, uint64_t a, uint64_t b, uint64_t count, double sum) {
  if (!count) return 0;
  if (reserve(t)) return -1;
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

static inline __attribute__((always_inline)) int add_row(dcs_seg_contacts *t, const void *a, const void *b, int width, const float *weights, int64_t count) {
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

int dcs_seg_contacts_add(dcs_seg_contacts *t, const void *a, const void *b, int width, const float *weights, int64_t count) {
  switch (width) {
  case 1: return add_row(t, a, b, 1, weights, count);
  case 2: return add_row(t, a, b, 2, weights, count);
  case 4: return add_row(t, a, b, 4, weights, count);
  default: return add_row(t, a, b, 8, weights, count);
  }
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
