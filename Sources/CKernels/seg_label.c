// Runs of a row as pairs of bit edges, joined by union–find over runs instead of voxels (He, Chao & Suzuki 2008).
// 64 elements become one word of "is foreground" bits and one of "differs from its left neighbour" bits.
#include "include/seg.h"
#include "seg_clones.h"
#include <stddef.h>
#include <string.h>

typedef struct { uint64_t starts, ends; } edges;

typedef _Bool flags __attribute__((ext_vector_type(64)));

// 64 flags as 64 bits.
DCS_INLINE uint64_t word_of(flags f) {
  uint64_t word;
  memcpy(&word, &f, 8);
  return word;
}

// One pass over a row; `SINK` sees the edges of each word and its first index.
#define WALK(TYPE, SINK)                                                                                     \
  {                                                                                                          \
    typedef TYPE block __attribute__((ext_vector_type(64), aligned(sizeof(TYPE))));                          \
    const TYPE *row = pointer;                                                                               \
    uint64_t carry = 0;                                                                                      \
    for (int64_t first = 0; first < count; first += 64) {                                                    \
      TYPE padded[65];                                                                                       \
      const int64_t length = count - first < 64 ? count - first : 64;                                        \
      const TYPE *here = row + first;                                                                        \
      if (length < 64 || first == 0) { /* what is read before and behind the row is 0 */                     \
        memset(padded, 0, sizeof padded);                                                                    \
        memcpy(padded + 1, here, (size_t)length * sizeof(TYPE));                                             \
        padded[0] = first > 0 ? here[-1] : 0;                                                                \
        here = padded + 1;                                                                                   \
      }                                                                                                      \
      const block values = *(const block *)here;                                                             \
      const uint64_t now = word_of(__builtin_convertvector(values != 0, flags)), before = now << 1 | carry;  \
      uint64_t differs = now ^ before;                                                                       \
      if (by_value) differs = word_of(__builtin_convertvector(values != *(const block *)(here - 1), flags)); \
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

// Both point to the root afterwards, so that runs that touch in several places are soon seen to be joined.
DCS_INLINE void join(uint32_t *parent, uint32_t a, uint32_t b) {
  const uint32_t p = root(parent, a), q = root(parent, b), r = p < q ? p : q;
  parent[p] = parent[q] = parent[a] = parent[b] = r;
}

// Joins touching runs of two rows; `reach` 1 lets runs touch across a corner in x. Specialised for masks and for each width of values.
DCS_INLINE int agree(const void *values, int width, int64_t a, int64_t b) {
  switch (width) {
  case 1: return ((const uint8_t *)values)[a] == ((const uint8_t *)values)[b];
  case 2: return ((const uint16_t *)values)[a] == ((const uint16_t *)values)[b];
  case 4: return ((const uint32_t *)values)[a] == ((const uint32_t *)values)[b];
  case 8: return ((const uint64_t *)values)[a] == ((const uint64_t *)values)[b];
  default: return 1;
  }
}

DCS_INLINE void join_two_rows(const dcs_run_forest *f, int64_t row, int64_t near, int32_t reach, int width) {
  const int64_t a_first = f->row_start[row], b_first = f->row_start[near];
  const dcs_run *a = f->runs + a_first, *b = f->runs + b_first;
  const dcs_run *const a_end = f->runs + f->row_start[row + 1], *const b_end = f->runs + f->row_start[near + 1];
  uint32_t *const parent = f->parent;
  while (a < a_end && b < b_end) {
    const uint32_t i = (uint32_t)(a - f->runs), j = (uint32_t)(b - f->runs);
    if (a->begin < b->end + reach && b->begin < a->end + reach && parent[i] != parent[j])
      if (agree(f->values, width, row * f->row_length + a->begin, near * f->row_length + b->begin)) join(parent, i, j);
    // the one that ends first can touch nothing further, except by reaching over a corner; where runs lie side by side, both that end together may
    if (width && reach && a->end == b->end) {
      if (b + 1 < b_end && b[1].begin < a->end + 1 && agree(f->values, width, row * f->row_length + a->begin, near * f->row_length + b[1].begin)) join(parent, i, j + 1);
      if (a + 1 < a_end && a[1].begin < b->end + 1 && agree(f->values, width, row * f->row_length + a[1].begin, near * f->row_length + b->begin)) join(parent, i + 1, j);
    }
    const int32_t a_last = a->end, b_last = b->end;
    a += a_last <= b_last;
    b += b_last <= a_last;
  }
}

static void join_rows_of(const dcs_run_forest *f, int64_t row, int64_t near, int32_t reach) {
  if (!f->values) { join_two_rows(f, row, near, reach, 0); return; }
  switch (f->width) {
  case 1: join_two_rows(f, row, near, reach, 1); break;
  case 2: join_two_rows(f, row, near, reach, 2); break;
  case 4: join_two_rows(f, row, near, reach, 4); break;
  default: join_two_rows(f, row, near, reach, 8); break;
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
      join_rows_of(f, row, near, c > neighbours[i].axes);
    }
  }
}

uint32_t dcs_seg_number_runs(uint32_t *parent, int64_t begin, int64_t end, uint32_t components) {
  for (int64_t i = begin; i < end; i++) parent[i] = parent[i] == i ? ++components : parent[parent[i]];
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
