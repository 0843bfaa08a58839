// How many faces each object shows, and its Euler number, from the corners of voxels: the eight voxels about a corner say what of it is the object's.
//
// With each voxel a closed cube, Euler's number is corners − edges + faces − cubes of the object: 1 for a lump, one less a tunnel, one more a hollow. An edge belongs to two
// corners, a face to four, a cube to eight, so a corner's share is counted in eighths, and faces that show in quarters. Where all eight voxels are alike there is nothing to
// count: those corners are passed over a row at a time. Shares of disjoint sets of corners add.
#include "include/seg.h"
#include "seg_clones.h"
#include <string.h>

struct dcs_seg_corners { dcs_seg_corner *cells; uint64_t mask; int64_t used; };

#define TABLE dcs_seg_corners
#define CELL dcs_seg_corner
#define VERB(name) dcs_seg_corners_##name
#define HASH(t, c) mixed((c).id, 0)
#include "seg_cells.h"

static int add(dcs_seg_corners *t, const dcs_seg_corner *share) {
  if (!share->count) return 0;
  if (reserve(t)) return -1;
  uint64_t at = mixed(share->id, 0) & t->mask;
  while (t->cells[at].count && t->cells[at].id != share->id) at = (at + 1) & t->mask;
  dcs_seg_corner *c = &t->cells[at];
  if (!c->count) t->used++;
  c->id = share->id;
  c->count += share->count;
  c->euler += share->euler;
  for (int axis = 0; axis < 3; axis++) c->faces[axis] += share->faces[axis];
  return 0;
}

// Bit 4 dz + 2 dy + dx of `voxels` says that the object has the voxel there.
static inline void count_corner(dcs_seg_corner *c, unsigned voxels) {
  static const unsigned char lower[3] = {0x0f, 0x33, 0x55};   // voxels before the corner along z, y, x
  const int cubes = __builtin_popcount(voxels);
  int edges = 0, faces = 0;
  for (int axis = 0; axis < 3; axis++) {
    const unsigned step = 4u >> axis, below = lower[axis];
    edges += ((voxels & below) != 0) + ((voxels & ~below & 0xff) != 0);
    faces += __builtin_popcount((voxels | voxels >> step) & below);
    c->faces[axis] += __builtin_popcount((voxels ^ voxels >> step) & below);
  }
  c->count++;
  c->euler += 8 - 4 * edges + 2 * faces - cubes;
}

#define FIND_MIXED(T)                                                                                                          \
  DCS_CLONES void dcs_seg_mixed_##T(const T *a, const T *b, const T *c, const T *d, int64_t count, uint8_t *out) {             \
    for (int64_t i = 0; i < count; i++) out[i] = (uint8_t)((a[i] != b[i]) | (a[i] != c[i]) | (a[i] != d[i]));                  \
    for (int64_t i = count - 1; i > 0; i--) out[i] = (uint8_t)(out[i] | out[i - 1] | (a[i] != a[i - 1]));                      \
  }
FIND_MIXED(uint8_t)
FIND_MIXED(uint16_t)
FIND_MIXED(uint32_t)
FIND_MIXED(uint64_t)

static void find_mixed(const void *const rows[4], int64_t count, int width, uint8_t *out) {
  switch (width) {
  case 1: dcs_seg_mixed_uint8_t(rows[0], rows[1], rows[2], rows[3], count, out); return;
  case 2: dcs_seg_mixed_uint16_t(rows[0], rows[1], rows[2], rows[3], count, out); return;
  case 4: dcs_seg_mixed_uint32_t(rows[0], rows[1], rows[2], rows[3], count, out); return;
  default: dcs_seg_mixed_uint64_t(rows[0], rows[1], rows[2], rows[3], count, out); return;
  }
}

// Shares wait in a few places until another object needs theirs.
enum { WAITING = 8 };

static int count_ids(dcs_seg_corners *t, dcs_seg_corner waiting[WAITING], const uint64_t ids[8]) {
  unsigned left = 0xff;
  while (left) {
    const uint64_t id = ids[__builtin_ctz(left)];
    unsigned same = 0;
    for (int i = 0; i < 8; i++) same |= (unsigned)(ids[i] == id) << i;
    left &= ~same;
    if (!id) continue;
    dcs_seg_corner *c = &waiting[mixed(id, 0) % WAITING];
    if (c->id != id) {
      if (add(t, c)) return -1;
      *c = (dcs_seg_corner){.id = id};
    }
    count_corner(c, same);
  }
  return 0;
}

int64_t dcs_seg_corners_scratch(int64_t row_length, int width) { return row_length * (width + 1) + 16; }

int dcs_seg_corners_add_rows(dcs_seg_corners *t, const void *labels, int width, const int64_t extents[3], int64_t z, int64_t y_begin, int64_t y_end, int64_t x_begin, int64_t x_end, void *scratch) {
  const int64_t row_length = extents[2];
  uint8_t *is_mixed = (uint8_t *)scratch + row_length * width;
  dcs_seg_corner waiting[WAITING] = {0};
  memset(scratch, 0, (size_t)(row_length * width));   // the row outside
  for (int64_t y = y_begin; y < y_end; y++) {
    const void *rows[4];
    for (int i = 0; i < 4; i++) {
      const int64_t row_z = z - 1 + i / 2, row_y = y - 1 + i % 2;
      const int is_out = row_z < 0 || row_z >= extents[0] || row_y < 0 || row_y >= extents[1];
      rows[i] = is_out ? scratch : (const char *)labels + (row_z * extents[1] + row_y) * row_length * width;
    }
    find_mixed(rows, row_length, width, is_mixed);
    for (int64_t x = x_begin; x < x_end; x++) {
      if (x > 0 && x < row_length && !is_mixed[x]) continue;
      uint64_t ids[8];
      for (int i = 0; i < 8; i++) {
        const int64_t at = x - 1 + i % 2;
        ids[i] = at < 0 || at >= row_length ? 0 : load(rows[i / 2], at, width);
      }
      if (count_ids(t, waiting, ids)) return -1;
    }
  }
  for (int i = 0; i < WAITING; i++)
    if (add(t, &waiting[i])) return -1;
  return 0;
}

void dcs_seg_corners_take(const dcs_seg_corners *t, dcs_seg_corner *out) {
  int64_t used = 0;
  for (uint64_t i = 0; i <= t->mask; i++)
    if (t->cells[i].count) out[used++] = t->cells[i];
}
