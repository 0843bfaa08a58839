// Which runs of neighbouring rows touch, found 64 columns at a time, joined by union–find over runs (He, Chao & Suzuki 2008).
//
// Of all contacts only those are joined that do not follow from others, which leaves a few for an object's outline instead of some for every run:
// next to a contact with the same two runs; across faces in z where the voxels at y − 1 close the square; across edges and corners where a
// face neighbour of both is there. All joins together give the same components in whatever order they are made.
#include "include/seg.h"
#include "seg_clones.h"
#include <string.h>

typedef _Bool flags __attribute__((ext_vector_type(64)));

DCS_INLINE uint32_t root(uint32_t *parent, uint32_t i) {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

// Both point to the root afterwards, so that runs that touch in several places are soon seen to be joined.
DCS_INLINE void join(uint32_t *parent, uint32_t a, uint32_t b) {
  if (parent[a] == parent[b]) return;
  const uint32_t p = root(parent, a), q = root(parent, b), r = p < q ? p : q;
  parent[p] = parent[q] = parent[a] = parent[b] = r;
}

// A row that is looked at, from the current word on: its elements, where its runs begin, how many runs of the volume begin before. Absent rows have no elements.
typedef struct { const void *elements; const uint64_t *starts; uint32_t runs; } row_view;

// The run that holds element x of the word, -1 ... 64, of which the caller knows that there is one.
DCS_INLINE uint32_t run_at(const row_view *row, int x) {
  const uint64_t before = x < 63 ? ((uint64_t)1 << (x + 1)) - 1 : ~(uint64_t)0;
  return row->runs + (uint32_t)__builtin_popcountll(*row->starts & before) + (x == 64 ? (uint32_t)(row->starts[1] & 1) : 0) - 1;
}

static void join_contacts(uint32_t *parent, const row_view *a, const row_view *b, uint64_t contacts, int shift) {
  for (; contacts; contacts &= contacts - 1) {
    const int x = __builtin_ctzll(contacts);
    join(parent, run_at(a, x), run_at(b, x + shift));
  }
}

enum { HERE, BEFORE, BELOW, BELOW_BEFORE, BELOW_AFTER, AFTER, ROWS };   // y; y − 1; z − 1; z − 1 and y ∓ 1; y + 1

// EQUAL(b, shift): columns whose element agrees with that of row b, `shift` to the right; where only being foreground counts, that they are both.
#define EQUAL(b, shift)                                                                            \
  ({                                                                                               \
    uint64_t word = 0;                                                                             \
    if (rows[b].elements) {                                                                        \
      const block there = *(const block *)((const element *)rows[b].elements + (shift));           \
      const flags equal = __builtin_convertvector(by_value ? here == there : there != 0, flags);   \
      memcpy(&word, &equal, 8);                                                                    \
      word &= inside & ~((shift) < 0 ? (uint64_t)(first == 0) : (shift) > 0 ? ends_row << 63 : 0); \
    }                                                                                              \
    word;                                                                                          \
  })

// The contacts of one word with row b in column x and, with `corners`, in x ∓ 1; `seen`, where they follow from others.
#define TOUCH(b, equal, corners, seen)                                                                \
  if (near & 1u << b) {                                                                               \
    const uint64_t contact = (equal) & ~(((equal) << 1 | (carry[b] & 1)) & same) & ~(seen);           \
    if (contact) join_contacts(f->parent, &rows[HERE], &rows[b], contact, 0);                         \
    if (corners) {                                                                                    \
      const uint64_t open = inside & ~(equal) & ~(seen);                                              \
      if (open) {                                                                                     \
        const uint64_t left = EQUAL(b, -1) & open & ~same, right = EQUAL(b, 1) & open & ~(same >> 1); \
        if (left) join_contacts(f->parent, &rows[HERE], &rows[b], left, -1);                          \
        if (right) join_contacts(f->parent, &rows[HERE], &rows[b], right, 1);                         \
      }                                                                                               \
    }                                                                                                 \
    carry[b] = (equal) >> 63;                                                                         \
  }

#define JOIN(TYPE)                                                                                               \
  {                                                                                                              \
    typedef TYPE element;                                                                                        \
    typedef TYPE block __attribute__((ext_vector_type(64), aligned(sizeof(TYPE))));                              \
    TYPE padded[ROWS][66];                                                                                       \
    for (int64_t first = 0; first < f->row_length; first += 64) {                                                \
      const int64_t length = f->row_length - first < 64 ? f->row_length - first : 64;                            \
      const uint64_t ends_row = length == 64 && first + 64 == f->row_length;                                     \
      for (int b = 0; b < ROWS; b++) {                                                                           \
        if (!starts[b]) { rows[b].elements = 0; continue; }                                                      \
        const TYPE *row = (const TYPE *)starts[b] + first;                                                       \
        if (first > 0) rows[b].runs += (uint32_t)__builtin_popcountll(*rows[b].starts++);                        \
        if (length < 64 || (first == 0 && starts[b] == f->values)) { /* nothing outside of the volume is read */ \
          memset(padded[b], 0, sizeof padded[b]);                                                                \
          const int64_t left = first > 0, right = length == 64 && !ends_row;                                     \
          memcpy(padded[b] + 1 - left, row - left, (size_t)(left + length + right) * sizeof(TYPE));              \
          row = padded[b] + 1;                                                                                   \
        }                                                                                                        \
        rows[b].elements = row;                                                                                  \
      }                                                                                                          \
      const block here = *(const block *)rows[HERE].elements;                                                    \
      const flags some = __builtin_convertvector(here != 0, flags);                                              \
      uint64_t inside;                                                                                           \
      memcpy(&inside, &some, 8);                                                                                 \
      const uint64_t same = inside & ~*rows[HERE].starts;                                                        \
      const uint64_t before = EQUAL(BEFORE, 0), below = EQUAL(BELOW, 0);                                         \
      TOUCH(BEFORE, before, c > 1, 0)                                                                            \
      if (!(near >> BELOW)) continue;                                                                            \
      const uint64_t corner = EQUAL(BELOW_BEFORE, 0);                                                            \
      TOUCH(BELOW, below, c > 1, before & corner)                                                                \
      if (c < 2 || !(inside & ~below)) { carry[BELOW_BEFORE] = corner >> 63; carry[BELOW_AFTER] = 0; continue; } \
      TOUCH(BELOW_BEFORE, corner, c > 2, below | before)                                                         \
      const uint64_t other = EQUAL(BELOW_AFTER, 0);                                                              \
      TOUCH(BELOW_AFTER, other, c > 2, below | EQUAL(AFTER, 0))                                                  \
    }                                                                                                            \
  }

// Joins row `row` with the neighbours whose bit of `near` is set.
DCS_INLINE void join_row(const dcs_run_forest *f, const void *const *starts, row_view *rows, unsigned near, int width, int by_value) {
  const int c = f->connectivity;
  uint64_t carry[ROWS] = {0};
  switch (width) {
  case 1: JOIN(uint8_t) break;
  case 2: JOIN(uint16_t) break;
  case 4: JOIN(uint32_t) break;
  default: JOIN(uint64_t) break;
  }
}

DCS_CLONES void dcs_seg_join_rows(const dcs_run_forest *f, int64_t begin, int64_t end, int64_t near_begin, int64_t near_end) {
  const int64_t plane = f->rows_a_plane, bytes = f->row_length * f->width, words = (f->row_length + 63) / 64;
  for (int64_t row = begin; row < end; row++) {
    if (f->row_start[row] == f->row_start[row + 1]) continue;
    const int64_t y = row % plane;
    const int64_t numbers[ROWS] = {row, row - 1, row - plane, row - plane - 1, row - plane + 1, row + 1};
    const int exists[ROWS] = {1, y > 0, row >= plane, row >= plane && y > 0, row >= plane && y + 1 < plane, y + 1 < plane};
    const int axes[ROWS] = {0, 1, 1, 2, 2, 0};
    const void *starts[ROWS];
    row_view rows[ROWS];
    unsigned near = 0;
    for (int b = 0; b < ROWS; b++) {
      const int64_t number = numbers[b];
      const int some = exists[b] && f->row_start[number] != f->row_start[number + 1];
      starts[b] = some ? (const char *)f->values + number * bytes : 0;
      if (some) rows[b] = (row_view){starts[b], f->starts + number * words, (uint32_t)f->row_start[number]};
      if (some && axes[b] && axes[b] <= f->connectivity && number >= near_begin && number < near_end) near |= 1u << b;
    }
    if (!near) continue;
    if (f->by_value) join_row(f, starts, rows, near, f->width, 1); else join_row(f, starts, rows, near, f->width, 0);
  }
}
