// Clusters, and which of them exclude each other.
//
// Exclusions are pairs of roots in one hash set, and a row of partners at each root. When two clusters merge, the one with the shorter row gives its partners to the
// other: each pair is renamed and entered again. A partner that has itself been merged since is found through its root. So a pair is renamed at most log₂ times.
// A row lies in one piece of 2ᵏ partners in `room`, which is all that a row's length leaves open; pieces given up wait, by k, to be used again.
#pragma once
#include "include/seg.h"
#include "seg_memory.h"
#include <string.h>

static const uint32_t NONE = UINT32_MAX;
enum { BATCH = 16, LOOK = 64 };
typedef struct { uint32_t begin, length; } row;   // of partners; begin in pairs of `room`

struct dcs_seg_mutex {
  int64_t nodes;
  uint32_t *parent;                   // one a node
  row *rows;                          // of roots
  uint8_t *is_joined;                 // an end of some edge above 0
  uint32_t *room;
  uint64_t room_count, room_capacity;
  uint32_t spare[33];                 // pieces given up, by k; each holds the next
  uint64_t *pairs;                    // open addressing; EMPTY
  uint64_t pair_mask, pair_count;
  uint64_t renamed;                   // pairs, about
  uint64_t wanted;                    // room for how many pairs the next edge needs
  uint64_t *next, next_mask, next_count, moved;   // the table that takes over from `pairs`, of which so many places are done; NULL
};

static const uint64_t EMPTY = 0;   // no pair: its second root is above its first

static inline uint32_t root(uint32_t *parent, uint32_t node) {
  while (parent[node] != node) {
    parent[node] = parent[parent[node]];
    node = parent[node];
  }
  return node;
}

static inline uint64_t pair_of(uint32_t a, uint32_t b) { return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a; }

// Where a pair belongs in a table of so many places: the upper bits of its hash, so that a larger table has all in the same order, and taking over walks through both.
static inline uint64_t home(uint64_t pair, uint64_t mask) {
  uint64_t h = pair * 0x9e3779b97f4a7c15ull;
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93ull;
  return h >> __builtin_clzll(mask);
}

static int excludes(const dcs_seg_mutex *m, uint64_t pair) {
  uint64_t at = home(pair, m->pair_mask);
  while (m->pairs[at] != EMPTY && m->pairs[at] != pair) at = (at + 1) & m->pair_mask;
  return m->pairs[at] == pair;
}

static inline void ask(const dcs_seg_mutex *m, uint32_t a, uint32_t b) { __builtin_prefetch(&m->pairs[home(pair_of(a, b), m->pair_mask)]); }

// Whether `grow` must be called before `count` more pairs are entered.
static inline int lacks(const dcs_seg_mutex *m, uint64_t count) { return (m->pair_count + count) * 2 > m->pair_mask; }

// Takes over LOOK places. Which of them hold a pair, and which pairs are alive, nobody can guess: so they are gathered without a branch.
static void take_over(dcs_seg_mutex *m, const uint64_t *places) {
  uint64_t found[LOOK];
  uint32_t count = 0, alive = 0;
  for (int i = 0; i < LOOK; i++) {
    found[count] = places[i];
    count += places[i] != EMPTY;
  }
  for (uint32_t i = 0; i < count; i++) {
    __builtin_prefetch(&m->parent[found[i] >> 32]);
    __builtin_prefetch(&m->parent[(uint32_t)found[i]]);
  }
  for (uint32_t i = 0; i < count; i++) {
    const uint64_t pair = found[i];
    found[alive] = pair;
    alive += (m->parent[pair >> 32] == pair >> 32) & (m->parent[(uint32_t)pair] == (uint32_t)pair);
  }
  for (uint32_t i = 0; i < alive; i++) {
    uint64_t at = home(found[i], m->next_mask);
    while (m->next[at] != EMPTY) at = (at + 1) & m->next_mask;
    m->next[at] = found[i];
  }
  m->next_count += alive;
}

// A new table for `count` more pairs, taken over a part at a time: 1 if there is more to do, 0 if not, -1 without memory.
// Pairs of which one end is no root any more were renamed: the new table leaves them out. It has the old one's size if that would leave it two thirds empty.
static int grow(dcs_seg_mutex *m, uint64_t count) {
  if (!m->next) {
    const uint64_t alive = m->pair_count > m->renamed ? m->pair_count - m->renamed : 0;   // at least; a pair may be counted twice
    m->next_mask = m->pair_mask;
    while ((alive + count) * 3 > m->next_mask || (m->renamed * 2 <= m->pair_count && m->next_mask == m->pair_mask)) m->next_mask = m->next_mask * 2 + 1;
    m->next = roomy_zeroed((m->next_mask + 1) * 8);
    if (!m->next) return -1;
    m->moved = m->next_count = 0;
  }
  const uint64_t end = m->moved + (1 << 18) <= m->pair_mask ? m->moved + (1 << 18) : m->pair_mask + 1;
  for (; m->moved < end; m->moved += LOOK) take_over(m, m->pairs + m->moved);
  if (end <= m->pair_mask) return 1;
  free(m->pairs);
  m->pairs = m->next;
  m->pair_mask = m->next_mask;
  m->pair_count = m->next_count;
  m->next = NULL;
  m->renamed = 0;
  return lacks(m, count);
}

// 1 if the pair is new, 0 if it was there. There must be room.
static int insert(dcs_seg_mutex *m, uint64_t pair) {
  uint64_t at = home(pair, m->pair_mask);
  while (m->pairs[at] != EMPTY && m->pairs[at] != pair) at = (at + 1) & m->pair_mask;
  if (m->pairs[at] == pair) return 0;
  m->pairs[at] = pair;
  m->pair_count++;
  return 1;
}

static inline int class_of(uint32_t length) { return length > 2 ? 32 - __builtin_clz(length - 1) : 1; }

static inline uint32_t *at(const dcs_seg_mutex *m, uint32_t begin) { return m->room + (uint64_t)begin * 2; }

static inline void give_up(dcs_seg_mutex *m, uint32_t begin, int k) {
  *at(m, begin) = m->spare[k];
  m->spare[k] = begin;
}

// A piece of 2ᵏ partners, or NONE.
static uint32_t take(dcs_seg_mutex *m, int k) {
  if (m->spare[k] != NONE) {
    const uint32_t begin = m->spare[k];
    m->spare[k] = *at(m, begin);
    return begin;
  }
  const uint64_t size = 1ull << k;
  if (m->room_count + size > m->room_capacity) {
    uint64_t capacity = m->room_capacity;
    while (m->room_count + size > capacity) capacity *= 2;
    uint32_t *room = capacity / 2 < NONE ? realloc(m->room, capacity * 4) : NULL;   // large ones move by their page tables
    if (!room) return NONE;
    m->room = room;
    m->room_capacity = capacity;
  }
  m->room_count += size;
  return (uint32_t)((m->room_count - size) / 2);
}

static int push(dcs_seg_mutex *m, uint32_t node, uint32_t partner) {
  row *r = &m->rows[node];
  if (!r->length || (r->length >= 2 && !(r->length & (r->length - 1)))) {
    const uint32_t begin = take(m, class_of(r->length + 1));
    if (begin == NONE) return -1;
    if (r->length) {
      memcpy(at(m, begin), at(m, r->begin), (size_t)r->length * 4);
      give_up(m, r->begin, class_of(r->length));
    }
    r->begin = begin;
  }
  at(m, r->begin)[r->length++] = partner;
  return 0;
}
