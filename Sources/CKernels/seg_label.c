// Runs of a row as bits where they begin and end; components are joined over runs instead of voxels (He, Chao & Suzuki 2008).
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
  }

#define WALK_ANY(SINK)                         \
  switch (width) {                             \
  case 1: WALK(uint8_t, SINK) break;           \
  case 2: WALK(uint16_t, SINK) break;          \
  case 4: WALK(uint32_t, SINK) break;          \
  default: WALK(uint64_t, SINK) break;         \
  }

DCS_CLONES int64_t dcs_seg_mark_runs(const void *pointer, int64_t count, int width, int by_value, uint64_t *starts) {
  int64_t runs = 0;
  WALK_ANY({
    runs += __builtin_popcountll(found.starts);
    *starts++ = found.starts;
  })
  return runs;
}

uint32_t dcs_seg_number_runs(uint32_t *parent, int64_t begin, int64_t end, uint32_t components) {
  for (int64_t i = begin; i < end; i++) parent[i] = parent[i] == i ? ++components : parent[parent[i]];
  return components;
}

// From edge to edge: an id, or none, goes on until the next.
#define FILL(TYPE)                                                                                           \
  {                                                                                                          \
    TYPE *line = (TYPE *)out + row * count, id = 0;                                                          \
    WALK_ANY({                                                                                               \
      int64_t x = first;                                                                                     \
      for (uint64_t bits = found.starts | found.ends; bits; bits &= bits - 1) {                              \
        const int bit = __builtin_ctzll(bits);                                                               \
        for (; x < first + bit; x++) line[x] = id;                                                           \
        id = found.starts >> bit & 1 ? *ids++ : 0;                                                           \
      }                                                                                                      \
      for (; x < first + length; x++) line[x] = id;                                                          \
    })                                                                                                       \
  }

DCS_CLONES void dcs_seg_fill_rows(const dcs_run_forest *f, int64_t begin, int64_t end, const uint32_t *ids, void *out, int out_width) {
  const int64_t count = f->row_length;
  const int width = f->width, by_value = f->by_value;
  for (int64_t row = begin; row < end; row++) {
    const void *pointer = (const char *)f->values + row * count * width;
    if (out_width == 4) FILL(uint32_t) else FILL(uint64_t)
  }
}
