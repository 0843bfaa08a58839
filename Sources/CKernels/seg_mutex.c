// Clusters that may be forbidden to merge: union–find whose roots keep which roots they exclude (seg_exclusions.h).
//
// Edges come in no order of place, so nearly all memory is far away: what an edge needs is asked for some edges before its turn.
#include "seg_exclusions.h"

dcs_seg_mutex *dcs_seg_mutex_create(int64_t nodes) {
  if (nodes < 0 || nodes >= (int64_t)NONE) return NULL;
  dcs_seg_mutex *m = calloc(1, sizeof *m);
  if (!m) return NULL;
  const size_t count = (size_t)nodes + 1;
  m->nodes = nodes;
  m->parent = roomy(count * 4);
  m->rows = roomy(count * sizeof(row));
  m->is_joined = calloc(count, 1);
  m->room_capacity = 1024;
  m->room = malloc(m->room_capacity * 4);
  memset(m->spare, 0xff, sizeof m->spare);
  m->pair_mask = 1023;
  m->pairs = calloc(m->pair_mask + 1, 8);
  if (!m->parent || !m->rows || !m->is_joined || !m->room || !m->pairs) { dcs_seg_mutex_destroy(m); return NULL; }
  for (uint32_t i = 0; i < (uint32_t)nodes; i++) m->parent[i] = i;
  memset(m->rows, 0, count * sizeof(row));
  return m;
}

void dcs_seg_mutex_destroy(dcs_seg_mutex *m) {
  if (!m) return;
  free(m->parent); free(m->rows); free(m->is_joined); free(m->room); free(m->pairs); free(m->next);
  free(m);
}

int64_t dcs_seg_mutex_bytes(const dcs_seg_mutex *m) { return m->nodes * 13 + (int64_t)(m->room_capacity * 4 + (m->pair_mask + 1) * 8 + (m->next ? (m->next_mask + 1) * 8 : 0)); }

// Partners are taken a batch at a time: first all of its memory is asked for, then it is used.
static int merge(dcs_seg_mutex *m, uint32_t a, uint32_t b) {
  const int a_stays = m->rows[a].length != m->rows[b].length ? m->rows[a].length > m->rows[b].length : a < b;
  const uint32_t keep = a_stays ? a : b, gone = a_stays ? b : a;
  const row moved = m->rows[gone];
  m->parent[gone] = keep;
  m->renamed += moved.length;
  for (uint32_t begin = 0; begin < moved.length; begin += BATCH) {
    uint32_t partners[BATCH];
    const uint32_t count = moved.length - begin < BATCH ? moved.length - begin : BATCH;
    for (uint32_t i = 0; i < count; i++) {
      partners[i] = at(m, moved.begin)[begin + i];
      __builtin_prefetch(&m->parent[partners[i]]);
    }
    for (uint32_t i = 0; i < count; i++) {
      partners[i] = root(m->parent, partners[i]);
      ask(m, keep, partners[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
      const int is_new = insert(m, pair_of(keep, partners[i]));
      if (is_new && push(m, keep, partners[i])) return -1;
    }
  }
  if (moved.length) give_up(m, moved.begin, class_of(moved.length));
  m->rows[gone].length = 0;
  return 0;
}

static inline uint32_t first_end(uint64_t entry) { return (uint32_t)(entry >> 1); }
static inline uint32_t second_end(uint64_t entry, const int64_t *shifts) { return (uint32_t)((int64_t)(uint32_t)(entry >> 1) + shifts[entry >> 33 & 0xffff]); }

// Ends are looked at twice BATCH edges ahead, roots and exclusions BATCH ahead, so that memory is there when an edge's turn comes. What was a root then leads to what is one now.
int64_t dcs_seg_mutex_run(dcs_seg_mutex *m, const uint64_t *entries, int64_t count, const int64_t *shifts) {
  uint32_t roots[BATCH][2];
  for (int64_t i = -2 * BATCH; i < count; i++) {
    const int64_t far = i + 2 * BATCH, near = i + BATCH;
    if (far < count) {
      __builtin_prefetch(&m->parent[first_end(entries[far])]);
      __builtin_prefetch(&m->parent[second_end(entries[far], shifts)]);
    }
    uint32_t *slot = roots[near & (BATCH - 1)], a = slot[0], b = slot[1];
    if (near >= 0 && near < count) {
      slot[0] = root(m->parent, first_end(entries[near]));
      slot[1] = root(m->parent, second_end(entries[near], shifts));
      if (slot[0] != slot[1]) {
        ask(m, slot[0], slot[1]);
        __builtin_prefetch(&m->rows[slot[0]]);
        __builtin_prefetch(&m->rows[slot[1]]);
      }
    }
    const int64_t soon = i + BATCH / 2;
    if (soon >= 0 && soon < count) {
      const uint32_t *ends = roots[soon & (BATCH - 1)];
      if (ends[0] != ends[1])
        for (int k = 0; k < 2; k++)
          if (m->rows[ends[k]].length) __builtin_prefetch(at(m, m->rows[ends[k]].begin));
    }
    if (i < 0) continue;
    if (a == b) continue;   // once one cluster, always one; ends in one are joined
    a = root(m->parent, a);
    b = root(m->parent, b);
    if (a == b) continue;
    if (entries[i] & 1) {
      m->is_joined[first_end(entries[i])] = m->is_joined[second_end(entries[i], shifts)] = 1;
      if (excludes(m, pair_of(a, b))) continue;
      const uint32_t moving = m->rows[a].length < m->rows[b].length ? m->rows[a].length : m->rows[b].length;
      if (lacks(m, moving)) {
        m->wanted = moving;
        return i;
      }
      if (merge(m, a, b)) return -1;
    } else {
      if (lacks(m, 1)) {
        m->wanted = 1;
        return i;
      }
      const int is_new = insert(m, pair_of(a, b));
      if (is_new && (push(m, a, b) || push(m, b, a))) return -1;
    }
  }
  return count;
}

int dcs_seg_mutex_grow(dcs_seg_mutex *m) { return grow(m, m->wanted); }

uint64_t dcs_seg_mutex_labels(dcs_seg_mutex *m, int64_t begin, int64_t end, uint64_t count, uint64_t *labels) {
  uint32_t *number = (uint32_t *)m->rows;   // no longer needed
  if (!begin) memset(number, 0, (size_t)m->nodes * 4);
  for (int64_t node = begin; node < end; node++) {
    labels[node] = 0;
    if (!m->is_joined[node]) continue;
    const uint32_t r = root(m->parent, (uint32_t)node);
    if (!number[r]) number[r] = (uint32_t)++count;
    labels[node] = number[r];
  }
  return count;
}
