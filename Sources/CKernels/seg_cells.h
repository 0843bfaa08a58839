// What the tables by id and by pair of ids share: open addressing with linear probing, full 64-bit keys, half full at most.
//
// An including file defines first
//   TABLE        the table's struct: `CELL *cells; uint64_t mask; int64_t used;` and what else it needs, all 0 in a new one
//   CELL         one entry; its `count` is 0 while it is empty
//   VERB(name)   the public function of that name, e.g. dcs_seg_counts_##name
//   HASH(t, c)   where the entry `c` of the table `t` belongs
//   ALSO(t)      memory besides the cells that goes with the table; may be left out
#pragma once
#include <stdint.h>
#include <stdlib.h>

static inline uint64_t mixed(uint64_t a, uint64_t b) {
  uint64_t h = a * 0x9e3779b97f4a7c15ull ^ (b + 0x165667b19e3779f9ull) * 0xc2b2ae3d27d4eb4full;
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93ull;
  return h ^ h >> 32;
}

/// An id of `width` bytes.
static inline __attribute__((always_inline)) uint64_t load(const void *p, int64_t i, int width) {
  switch (width) {
  case 1: return ((const uint8_t *)p)[i];
  case 2: return ((const uint16_t *)p)[i];
  case 4: return ((const uint32_t *)p)[i];
  default: return ((const uint64_t *)p)[i];
  }
}

TABLE *VERB(create)(void) {
  TABLE *t = calloc(1, sizeof *t);
  if (!t) return NULL;
  t->mask = 255;
  t->cells = calloc(t->mask + 1, sizeof(CELL));
  if (!t->cells) { free(t); return NULL; }
  return t;
}

void VERB(destroy)(TABLE *t) {
  if (!t) return;
#ifdef ALSO
  free(ALSO(t));
#endif
  free(t->cells);
  free(t);
}

int64_t VERB(size)(const TABLE *t) { return t->used; }

/// Makes room for one more entry; -1 without memory, the table as it was.
static inline int reserve(TABLE *t) {
  if ((uint64_t)t->used * 2 <= t->mask) return 0;
  const uint64_t mask = t->mask * 2 + 1;
  CELL *cells = calloc(mask + 1, sizeof(CELL));
  if (!cells) return -1;
  for (uint64_t i = 0; i <= t->mask; i++) {
    if (!t->cells[i].count) continue;
    uint64_t at = HASH(t, t->cells[i]) & mask;
    while (cells[at].count) at = (at + 1) & mask;
    cells[at] = t->cells[i];
  }
  free(t->cells);
  t->cells = cells;
  t->mask = mask;
  return 0;
}
