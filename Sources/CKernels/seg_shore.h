// A queue of voxels for flooding: lowest first, of equal ones the one that came first; what comes below the flood's height is at that height.
//
// Heights are known beforehand and each voxel enters once, so those above the flood wait in levels of known size: a level of one height is a plain row; a level of several,
// about 256 voxels, becomes a heap within the first cache when its turn comes. A bit a level, bits of bits above it, say which level is next. What the flood has reached
// waits in a ring. So a voxel costs the same in a volume of any size.
#pragma once
#include "seg_memory.h"
#include <string.h>

typedef struct { uint32_t key, age, voxel; } entry;
typedef struct { uint64_t first; uint32_t count, heaped; } level;   // `first` of `slots`, in words; the first `heaped` of its entries are a heap
typedef struct { uint32_t base, shift; } span;                      // level of a key: base + lower 16 bits >> shift

enum { STORIES = 5 };   // of bits: 2³⁰ levels

static const uint64_t MIXED = 1ull << 63;   // of `first`: the level holds several heights

typedef struct {
  level *levels;
  uint32_t level_count, age;
  span *spans;       // by the upper 16 bits of a key; NULL: the key is the level
  uint32_t *keys;    // of rows, with `spans`
  uint32_t *slots;
  uint64_t *bits[STORIES]; // bits[0] by level, bits[k + 1] by word of bits[k]
  uint32_t height;   // of the flood, a key
  uint32_t *ring;    // voxels at that height, in order of arrival
  uint64_t ring_mask, ring_begin, ring_end;
} shore;

static inline uint32_t level_of(const shore *s, uint32_t key) {
  if (!s->spans) return key;
  const span at = s->spans[key >> 16];
  return at.base + ((key & 0xffff) >> at.shift);
}

static inline void shore_destroy(shore *s) {
  free(s->levels); free(s->spans); free(s->keys); free(s->slots); free(s->ring);
  for (int i = 0; i < STORIES; i++) free(s->bits[i]);
}

/// Levels for keys of which `histogram` counts the upper 16 bits, or for the keys below `level_count` themselves. -1 without memory.
static inline int shore_divide(shore *s, const uint64_t *histogram, uint32_t level_count) {
  if (histogram) {
    s->spans = malloc(65536 * sizeof(span));
    if (!s->spans) return -1;
    uint32_t next = 0;
    for (int i = 0; i < 65536; i++) {
      uint32_t bits = 0;
      while (bits < 16 && histogram[i] >> bits > 256) bits++;
      s->spans[i] = (span){next, 16 - bits};
      if (histogram[i]) next += 1u << bits;
    }
    level_count = next;
    s->keys = malloc(((size_t)level_count + 1) * 4);
    if (!s->keys) return -1;
  }
  s->level_count = level_count;
  s->levels = calloc((size_t)level_count + 1, sizeof(level));
  if (!s->levels) return -1;
  size_t words = level_count;
  for (int i = 0; i < STORIES; i++) {
    words = words / 64 + 1;
    s->bits[i] = calloc(words, 8);
    if (!s->bits[i]) return -1;
  }
  s->ring_mask = 1023;
  s->ring = malloc((s->ring_mask + 1) * 4);
  return s->ring ? 0 : -1;
}

/// Tells of a voxel that may come.
static inline void shore_expect(shore *s, uint32_t key) {
  const uint32_t at = level_of(s, key);
  level *l = &s->levels[at];
  if (s->keys) {
    if (!l->count) s->keys[at] = key;
    else if (s->keys[at] != key) l->first = MIXED;
  }
  l->count++;
}

/// After all are told of. -1 without memory.
static inline int shore_lay_out(shore *s) {
  uint64_t next = 0;
  for (uint32_t i = 0; i < s->level_count; i++) {
    level *l = &s->levels[i];
    const uint64_t words = (uint64_t)l->count * (l->first ? 3 : 1);
    l->first |= next;
    l->count = 0;
    next += words;
  }
  s->slots = roomy((next + 1) * 4);
  return s->slots ? 0 : -1;
}

/// Adds a voxel above the flood.
static inline void shore_push(shore *s, uint32_t key, uint32_t voxel) {
  uint32_t at = level_of(s, key);
  level *l = &s->levels[at];
  uint32_t *slots = s->slots + (l->first & ~MIXED);
  if (l->first & MIXED) ((entry *)slots)[l->count++] = (entry){key, s->age++, voxel};
  else slots[l->count++] = voxel;
  if (l->count > 1) return;
  for (int i = 0; i < STORIES; i++, at >>= 6) {
    uint64_t *word = &s->bits[i][at >> 6];
    const uint64_t before = *word;
    *word = before | 1ull << (at & 63);
    if (before) return;
  }
}

/// Adds a voxel at the height of the flood, or below it. -1 without memory.
static inline int shore_reach(shore *s, uint32_t voxel) {
  if (s->ring_end - s->ring_begin > s->ring_mask) {
    const uint64_t count = s->ring_mask + 1;
    uint32_t *ring = malloc(count * 8);
    if (!ring) return -1;
    for (uint64_t i = 0; i < count; i++) ring[i] = s->ring[(s->ring_begin + i) & s->ring_mask];
    free(s->ring);
    s->ring = ring;
    s->ring_mask = 2 * count - 1;
    s->ring_begin = 0;
    s->ring_end = count;
  }
  s->ring[s->ring_end++ & s->ring_mask] = voxel;
  return 0;
}

static inline uint64_t rank_of(entry e) { return (uint64_t)e.key << 32 | e.age; }

static inline void sift_up(entry *heap, uint32_t at) {
  const entry e = heap[at];
  while (at > 0) {
    const uint32_t up = (at - 1) / 2;
    if (rank_of(heap[up]) <= rank_of(e)) break;
    heap[at] = heap[up];
    at = up;
  }
  heap[at] = e;
}

static inline void sift_down(entry *heap, uint32_t count, entry e) {
  uint32_t at = 0;
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count) child += rank_of(heap[child + 1]) < rank_of(heap[child]);
    if (rank_of(heap[child]) >= rank_of(e)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = e;
}

/// Raises the flood to the lowest voxels above it, whom the ring receives. 1, 0 if there are none, or -1 without memory.
static inline int shore_rise(shore *s) {
  if (!s->bits[STORIES - 1][0]) return 0;
  uint32_t index = 0;
  for (int i = STORIES - 1; i >= 0; i--) index = index << 6 | (uint32_t)__builtin_ctzll(s->bits[i][index]);
  level *l = &s->levels[index];
  uint32_t *slots = s->slots + (l->first & ~MIXED);
  if (l->first & MIXED) {
    entry *heap = (entry *)slots;
    while (l->heaped < l->count) sift_up(heap, l->heaped++);
    s->height = heap[0].key;
    do {
      if (shore_reach(s, heap[0].voxel)) return -1;
      l->heaped = --l->count;
      sift_down(heap, l->count, heap[l->count]);
    } while (l->count && heap[0].key == s->height);
  } else {
    s->height = s->keys ? s->keys[index] : index;
    for (uint32_t i = 0; i < l->count; i++)
      if (shore_reach(s, slots[i])) return -1;
    l->count = 0;
  }
  if (l->count) return 1;
  for (int i = 0; i < STORIES; i++, index >>= 6) {
    s->bits[i][index >> 6] &= ~(1ull << (index & 63));
    if (s->bits[i][index >> 6]) break;
  }
  return 1;
}
