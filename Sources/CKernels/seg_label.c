// Runs of a row as pairs of bit edges, joined by union–find over runs instead of voxels (He, Chao & Suzuki 2008).
// 64 elements become one word of "is foreground" bits and one of "differs from its left neighbour" bits.
#include "include/seg.h"
#include "seg_clones.h"
#include <stddef.h>
#include <string.h>

typedef struct { uint64_t starts, ends; } edges;

// Eight bytes of 0 or 1 become eight bits: byte i of the product's top byte collects bit i.
DCS_INLINE uint64_t pack64(const uint8_t *flags) {
  uint64_t word = 0;
  for (int j = 0; j < 8; j++) {
    uint64_t eight;
    memcpy(&eight, flags + 8 * j, 8);
    word |= ((eight * 0x0102040810204080ull) >> 56) << (8 * j);
  }
  return word;
}

// One pass over a row; `SINK` sees the edges of each word and its first index.
#define WALK(TYPE, SINK)                                                                                     \
  {                                                                                                          \
    const TYPE *row = pointer;                                                                               \
    uint64_t carry = 0;                                                                                      \
    for (int64_t first = 0; first < count; first += 64) {                                                    \
      uint8_t set[64], changed[64];                                                                          \
      TYPE padded[65];                                                                                       \
      const int64_t length = count - first < 64 ? count - first : 64;                                        \
      const TYPE *here = row + first;                                                                        \
      if (length < 64) {                                                                                     \
        memset(padded, 0, sizeof padded);                                                                    \
        memcpy(padded + 1, here, (size_t)length * sizeof(TYPE));                                             \
        padded[0] = first > 0 ? here[-1] : 0;                                                                \
        here = padded + 1;                                                                                   \
      }                                                                                                      \
      for (int i = 0; i < 64; i++) set[i] = here[i] != 0;                                                    \
      const uint64_t now = pack64(set), before = now << 1 | carry;                                           \
      uint64_t differs = now ^ before;                                                                       \
      if (by_value) {                                                                                        \
        changed[0] = first > 0 || here == padded + 1 ? here[0] != here[-1] : here[0] != 0;                   \
        for (int i = 1; i < 64; i++) changed[i] = here[i] != here[i - 1];                                    \
        differs = pack64(changed);                                                                           \
      }                                                                                                      \
      const edges found = {differs & now, differs & before};                                                 \
      SINK;                                                                                                  \
      carry = now >> 63;                                                                                     \
    }                                                                                                        \
    last_set = (int)carry;                                                                                   \
  }

#define WALK_ANY(SINK)                         \
  switch (width) {                             \
  case 1: WALK(uint8_t, SINK) break;           \
  case 2: WALK(uint16_t, SINK) break;          \
  case 4: WALK(uint32_t, SINK) break;          \
  default: WALK(uint64_t, SINK) break;         \
  }

DCS_CLONES int64_t dcs_seg_count_runs(const void *pointer, int64_t count, int width, int by_value) {
  int64_t runs = 0;
  int last_set = 0;
  WALK_ANY(runs += __builtin_popcountll(found.starts))
  (void)last_set;
  return runs;
}

DCS_CLONES void dcs_seg_find_runs(const void *pointer, int64_t count, int width, int by_value, dcs_run *runs) {
  dcs_run *start = runs, *end = runs;
  int last_set = 0;
  WALK_ANY({
    for (uint64_t bits = found.starts; bits; bits &= bits - 1) (start++)->begin = (int32_t)(first + __builtin_ctzll(bits));
    for (uint64_t bits = found.ends; bits; bits &= bits - 1) (end++)->end = (int32_t)(first + __builtin_ctzll(bits));
  })
  if (last_set) end->end = (int32_t)count;   // only a full last word can end inside a run
}

DCS_INLINE uint32_t root(uint32_t *parent, uint32_t i) {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

DCS_INLINE void join(uint32_t *parent, uint32_t a, uint32_t b) {
  if (parent[a] == parent[b]) return;
  a = root(parent, a);
  b = root(parent, b);
  if (a < b) parent[b] = a; else parent[a] = b;
}

DCS_INLINE uint64_t value_at(const dcs_run_forest *f, int64_t row, int32_t x) {
  const int64_t index = row * f->row_length + x;
  switch (f->width) {
  case 1: return ((const uint8_t *)f->values)[index];
  case 2: return ((const uint16_t *)f->values)[index];
  case 4: return ((const uint32_t *)f->values)[index];
  default: return ((const uint64_t *)f->values)[index];
  }
}

// Joins touching runs of two rows; `reach` 1 lets runs touch across a corner in x.
static void join_two_rows(const dcs_run_forest *f, int64_t row, int64_t near, int32_t reach) {
  int64_t a = f->row_start[row], b = f->row_start[near];
  const int64_t a_end = f->row_start[row + 1], b_end = f->row_start[near + 1];
  const dcs_run *runs = f->runs;
  while (a < a_end && b < b_end) {
    if (runs[a].begin < runs[b].end + reach && runs[b].begin < runs[a].end + reach)
      if (!f->values || value_at(f, row, runs[a].begin) == value_at(f, near, runs[b].begin)) join(f->parent, (uint32_t)a, (uint32_t)b);
    // the one that ends first can touch nothing further, except by reaching over a corner: then both ends count
    if (runs[a].end < runs[b].end) a++;
    else if (runs[b].end < runs[a].end) b++;
    else {
      if (reach) {
        if (b + 1 < b_end && runs[b + 1].begin < runs[a].end + 1)
          if (!f->values || value_at(f, row, runs[a].begin) == value_at(f, near, runs[b + 1].begin)) join(f->parent, (uint32_t)a, (uint32_t)(b + 1));
        if (a + 1 < a_end && runs[a + 1].begin < runs[b].end + 1)
          if (!f->values || value_at(f, row, runs[a + 1].begin) == value_at(f, near, runs[b].begin)) join(f->parent, (uint32_t)(a + 1), (uint32_t)b);
      }
      a++;
      b++;
    }
  }
}

void dcs_seg_join_rows(const dcs_run_forest *f, int64_t begin, int64_t end, int64_t near_begin, int64_t near_end) {
  const int c = f->connectivity;
  for (int64_t row = begin; row < end; row++) {
    if (f->row_start[row] == f->row_start[row + 1]) continue;
    const int64_t y = row % f->rows_a_plane, plane = f->rows_a_plane;
    // (neighbour row, axes already used): y - 1; z - 1; z - 1 and y ± 1
    const struct { int64_t near; int exists, axes; } neighbours[4] = {
        {row - 1, y > 0, 1},
        {row - plane, 1, 1},
        {row - plane - 1, y > 0, 2},
        {row - plane + 1, y + 1 < plane, 2},
    };
    for (int i = 0; i < 4; i++) {
      const int64_t near = neighbours[i].near;
      if (!neighbours[i].exists || neighbours[i].axes > c || near < near_begin || near >= near_end) continue;
      join_two_rows(f, row, near, c > neighbours[i].axes);
    }
  }
}

uint32_t dcs_seg_number_runs(uint32_t *parent, int64_t count) {
  uint32_t components = 0;
  for (int64_t i = 0; i < count; i++) parent[i] = parent[i] == i ? ++components : parent[parent[i]];
  return components;
}

#define FILL(TYPE)                                                                                 \
  for (int64_t row = begin; row < end; row++) {                                                    \
    TYPE *line = (TYPE *)out + row * f->row_length;                                                \
    int64_t x = 0;                                                                                 \
    for (int64_t i = f->row_start[row]; i < f->row_start[row + 1]; i++) {                          \
      const TYPE label = f->parent[i];                                                             \
      for (; x < f->runs[i].begin; x++) line[x] = 0;                                               \
      for (; x < f->runs[i].end; x++) line[x] = label;                                             \
    }                                                                                              \
    for (; x < f->row_length; x++) line[x] = 0;                                                    \
  }

DCS_CLONES void dcs_seg_fill_rows(const dcs_run_forest *f, int64_t begin, int64_t end, void *out, int out_width) {
  if (out_width == 4) FILL(uint32_t) else FILL(uint64_t)
}
