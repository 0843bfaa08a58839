// Clusters that may be forbidden to merge: union–find whose roots keep which roots they exclude.
//
// Exclusions are pairs of roots in one hash set, and a list of partners at each root. When two clusters merge, the one with the shorter list gives its partners to the
// other: each pair is renamed and entered again. A partner that has itself been merged since is found through its root. So a pair is renamed at most log₂ times.
#include "include/seg.h"
#include <stdlib.h>
#include <string.h>

enum { NONE = UINT32_MAX };
typedef struct { uint32_t partner, next; } link;

struct dcs_seg_mutex {
  int64_t nodes;
  uint32_t *parent, *head, *length;   // one a node; head and length of roots
  uint8_t *is_joined;                 // an end of some edge above 0
  link *links;
  uint64_t link_count, link_capacity;
  uint32_t free_link;
  uint64_t *pairs;                    // open addressing; EMPTY
  uint64_t pair_mask, pair_count;
};

static const uint64_t EMPTY = UINT64_MAX;

dcs_seg_mutex *dcs_seg_mutex_create(int64_t nodes) {
  if (nodes < 0 || nodes >= (int64_t)NONE) return NULL;
  dcs_seg_mutex *m = calloc(1, sizeof *m);
  if (!m) return NULL;
  const size_t count = (size_t)nodes + 1;
  m->nodes = nodes;
  m->parent = malloc(count * 4);
  m->head = malloc(count * 4);
  m->length = calloc(count, 4);
  m->is_joined = calloc(count, 1);
  m->link_capacity = 1024;
  m->links = malloc(m->link_capacity * sizeof(link));
  m->free_link = NONE;
  m->pair_mask = 1023;
  m->pairs = malloc((m->pair_mask + 1) * 8);
  if (!m->parent || !m->head || !m->length || !m->is_joined || !m->links || !m->pairs) { dcs_seg_mutex_destroy(m); return NULL; }
  for (uint32_t i = 0; i < (uint32_t)nodes; i++) m->parent[i] = i;
  memset(m->head, 0xff, count * 4);
  memset(m->pairs, 0xff, (m->pair_mask + 1) * 8);
  return m;
}

void dcs_seg_mutex_destroy(dcs_seg_mutex *m) {
  if (!m) return;
  free(m->parent); free(m->head); free(m->length); free(m->is_joined); free(m->links); free(m->pairs);
  free(m);
}

int64_t dcs_seg_mutex_bytes(const dcs_seg_mutex *m) { return m->nodes * 13 + (int64_t)(m->link_capacity * sizeof(link) + (m->pair_mask + 1) * 8); }

static inline uint32_t root(uint32_t *parent, uint32_t node) {
  while (parent[node] != node) {
    parent[node] = parent[parent[node]];
    node = parent[node];
  }
  return node;
}

static inline uint64_t pair_of(uint32_t a, uint32_t b) { return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a; }

static inline uint64_t mixed(uint64_t pair) {
  uint64_t h = pair * 0x9e3779b97f4a7c15ull;
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93ull;
  return h ^ h >> 29;
}

static int excludes(const dcs_seg_mutex *m, uint64_t pair) {
  uint64_t at = mixed(pair) & m->pair_mask;
  while (m->pairs[at] != EMPTY && m->pairs[at] != pair) at = (at + 1) & m->pair_mask;
  return m->pairs[at] == pair;
}

// Pairs of which one end is no root any more were renamed: growing drops them.
static int grow(dcs_seg_mutex *m) {
  uint64_t alive = 0;
  for (uint64_t i = 0; i <= m->pair_mask; i++) {
    const uint64_t pair = m->pairs[i];
    if (pair != EMPTY && m->parent[pair >> 32] == pair >> 32 && m->parent[(uint32_t)pair] == (uint32_t)pair) alive++;
  }
  const uint64_t mask = alive * 4 > m->pair_mask ? m->pair_mask * 2 + 1 : m->pair_mask;
  uint64_t *pairs = malloc((mask + 1) * 8);
  if (!pairs) return -1;
  memset(pairs, 0xff, (mask + 1) * 8);
  for (uint64_t i = 0; i <= m->pair_mask; i++) {
    const uint64_t pair = m->pairs[i];
    if (pair == EMPTY || m->parent[pair >> 32] != pair >> 32 || m->parent[(uint32_t)pair] != (uint32_t)pair) continue;
    uint64_t at = mixed(pair) & mask;
    while (pairs[at] != EMPTY) at = (at + 1) & mask;
    pairs[at] = pair;
  }
  free(m->pairs);
  m->pairs = pairs;
  m->pair_mask = mask;
  m->pair_count = alive;
  return 0;
}

// 1 if the pair is new, 0 if it was there.
static int insert(dcs_seg_mutex *m, uint64_t pair) {
  if (m->pair_count * 2 > m->pair_mask && grow(m)) return -1;
  uint64_t at = mixed(pair) & m->pair_mask;
  while (m->pairs[at] != EMPTY && m->pairs[at] != pair) at = (at + 1) & m->pair_mask;
  if (m->pairs[at] == pair) return 0;
  m->pairs[at] = pair;
  m->pair_count++;
  return 1;
}

static int push(dcs_seg_mutex *m, uint32_t node, uint32_t partner) {
  uint32_t at = m->free_link;
  if (at != NONE) m->free_link = m->links[at].next;
  else {
    if (m->link_count == m->link_capacity) {
      const uint64_t capacity = m->link_capacity * 2;
      if (capacity >= NONE) return -1;
      link *links = realloc(m->links, capacity * sizeof(link));
      if (!links) return -1;
      m->links = links;
      m->link_capacity = capacity;
    }
    at = (uint32_t)m->link_count++;
  }
  m->links[at] = (link){partner, m->head[node]};
  m->head[node] = at;
  m->length[node]++;
  return 0;
}

static int merge(dcs_seg_mutex *m, uint32_t a, uint32_t b) {
  const int a_stays = m->length[a] != m->length[b] ? m->length[a] > m->length[b] : a < b;
  const uint32_t keep = a_stays ? a : b, gone = a_stays ? b : a;
  m->parent[gone] = keep;
  for (uint32_t at = m->head[gone]; at != NONE;) {
    const uint32_t next = m->links[at].next, partner = root(m->parent, m->links[at].partner);
    const int is_new = insert(m, pair_of(keep, partner));
    if (is_new < 0) return -1;
    if (is_new) {
      m->links[at] = (link){partner, m->head[keep]};
      m->head[keep] = at;
      m->length[keep]++;
    } else {
      m->links[at].next = m->free_link;
      m->free_link = at;
    }
    at = next;
  }
  m->head[gone] = NONE;
  m->length[gone] = 0;
  return 0;
}

int dcs_seg_mutex_run(dcs_seg_mutex *m, const uint64_t *entries, int64_t count, const int64_t *shifts) {
  for (int64_t i = 0; i < count; i++) {
    const uint64_t entry = entries[i];
    const uint32_t u = (uint32_t)(entry >> 1), v = (uint32_t)((int64_t)u + shifts[entry >> 33 & 0xffff]);
    const uint32_t a = root(m->parent, u), b = root(m->parent, v);
    if (entry & 1) {
      m->is_joined[u] = m->is_joined[v] = 1;
      if (a != b && !excludes(m, pair_of(a, b)) && merge(m, a, b)) return -1;
    } else if (a != b) {
      const int is_new = insert(m, pair_of(a, b));
      if (is_new < 0 || (is_new && (push(m, a, b) || push(m, b, a)))) return -1;
    }
  }
  return 0;
}

uint64_t dcs_seg_mutex_labels(dcs_seg_mutex *m, uint64_t *labels) {
  uint32_t count = 0;
  uint32_t *number = m->head;   // no longer needed
  memset(number, 0, (size_t)m->nodes * 4);
  for (int64_t node = 0; node < m->nodes; node++) {
    labels[node] = 0;
    if (!m->is_joined[node]) continue;
    const uint32_t r = root(m->parent, (uint32_t)node);
    if (!number[r]) number[r] = ++count;
    labels[node] = number[r];
  }
  return count;
}
