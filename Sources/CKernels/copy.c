// Copies of boxes between memories of any strides.
//
// Where the fastest axes of both sides differ, a plain loop reads (or writes) one element of a cache line and comes back for the next when the line is long
// gone. Tiles of several lines on both axes use each line whole: rows of the source go to a small buffer, columns of the buffer to the target.
// A tile of 64 elements squared is the fastest of those tried: wide enough for neighbouring lines to come together, small enough for the first cache.
#include "include/copy.h"
#include "clones.h"
#include <string.h>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

typedef struct { int64_t n_s, n_t, ss_t, ts_s; } plane;   // axis s: the source's fastest; axis t: the target's

enum { EDGE = 64 };
typedef uint8_t bytes16 __attribute__((ext_vector_type(16)));

// Columns of bytes by sixteens: interleaving the first half of 16 rows with the second, four times, turns rows into columns.
static void turn_bytes(uint8_t (*rows)[EDGE], uint8_t (*columns)[EDGE]) {
  for (int j = 0; j < EDGE; j += 16) {
    for (int i = 0; i < EDGE; i += 16) {
      bytes16 v[16], w[16];
      for (int k = 0; k < 16; k++) memcpy(&v[k], rows[i + k] + j, 16);
      for (int stage = 0; stage < 4; stage++) {
        for (int k = 0; k < 8; k++) {
          w[2 * k] = __builtin_shufflevector(v[k], v[k + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
          w[2 * k + 1] = __builtin_shufflevector(v[k], v[k + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
        memcpy(v, w, sizeof v);
      }
      for (int k = 0; k < 16; k++) memcpy(columns[j + k] + i, &v[k], 16);
    }
  }
}

#define TILES(T)                                                                                                                   \
  static inline __attribute__((always_inline)) void tile_##T(const plane *p, const T *from, T *to, int64_t nt, int64_t ns) {       \
    T rows[EDGE][EDGE], columns[sizeof(T) == 1 ? EDGE : 1][EDGE];                                                                  \
    if (sizeof(T) == 1 && (nt < EDGE || ns < EDGE)) memset(rows, 0, sizeof rows); /* whole tiles are turned */                     \
    for (int64_t i = 0; i < nt; i++) memcpy(rows[i], from + i * p->ss_t, (size_t)ns * sizeof(T));                                  \
    if (sizeof(T) == 1) turn_bytes((void *)rows, (void *)columns);                                                                 \
    for (int64_t j = 0; j < ns; j++) {                                                                                             \
      T *column = columns[sizeof(T) == 1 ? j : 0];                                                                                 \
      if (sizeof(T) > 1) for (int64_t i = 0; i < nt; i++) column[i] = rows[i][j];                                                  \
      memcpy(to + j * p->ts_s, column, (size_t)nt * sizeof(T));                                                                    \
    }                                                                                                                              \
  }                                                                                                                                \
  static void tiles_##T(const plane *p, const T *source, T *target) {                                                              \
    for (int64_t t = 0; t < p->n_t; t += EDGE) {                                                                                   \
      const int64_t nt = p->n_t - t < EDGE ? p->n_t - t : EDGE;                                                                    \
      for (int64_t s = 0; s < p->n_s; s += EDGE) {                                                                                 \
        const int64_t ns = p->n_s - s < EDGE ? p->n_s - s : EDGE;                                                                  \
        const T *from = source + t * p->ss_t + s;                                                                                  \
        T *to = target + s * p->ts_s + t;                                                                                          \
        if (nt == EDGE && ns == EDGE) tile_##T(p, from, to, EDGE, EDGE); else tile_##T(p, from, to, nt, ns);                       \
      }                                                                                                                            \
    }                                                                                                                              \
  }
TILES(uint8_t) TILES(uint16_t) TILES(uint32_t) TILES(uint64_t)

#define ROW(T) { const T *s = source; T *t = target; for (int64_t i = 0; i < n; i++) t[i * ts] = s[i * ss]; }
static void row(int size, int64_t n, const void *source, int64_t ss, void *target, int64_t ts) {
  if (ss == 1 && ts == 1) { memcpy(target, source, (size_t)(n * size)); return; }
  switch (size) {
    case 1: ROW(uint8_t) break;
    case 2: ROW(uint16_t) break;
    case 4: ROW(uint32_t) break;
    default: ROW(uint64_t)
  }
}

// Whole rows one after another, steps in bytes. The rows to come are asked for ahead, as steps across pages are beyond what the machine foresees; rows as long as
// chunks usually are wide are a few moves instead of a call.
enum { AHEAD = 16 };
#define ROWS(bytes) \
  for (int64_t i = 0; i < n; i++) { \
    __builtin_prefetch(source + (i + AHEAD < n ? i + AHEAD : i) * ss); \
    memcpy(target + i * ts, source + i * ss, (size_t)(bytes)); \
  }
static void rows(int64_t bytes, int64_t n, const char *source, int64_t ss, char *target, int64_t ts) {
  switch (bytes) {
    case 32: ROWS(32) break;
    case 64: ROWS(64) break;
    case 128: ROWS(128) break;
    default: ROWS(bytes)
  }
}

typedef struct { int64_t n, ss, ts; } axis;

void dcs_copy_box(int size, int rank, const int64_t *shape, const void *source, const int64_t *source_strides, void *target, const int64_t *target_strides) {
  axis axes[DCS_COPY_AXES];
  int count = 0;
  for (int i = 0; i < rank; i++) {
    if (shape[i] == 0) return;
    if (shape[i] == 1) continue;
    axis a = {shape[i], source_strides[i], target_strides[i]};
    // an axis that runs on into the next one is one with it
    if (count && axes[count - 1].ss == a.ss * a.n && axes[count - 1].ts == a.ts * a.n) axes[count - 1] = (axis){axes[count - 1].n * a.n, a.ss, a.ts};
    else axes[count++] = a;
  }
  if (!count) { memcpy(target, source, (size_t)size); return; }
  int t = count - 1, s = -1;
  for (int i = 0; i < t; i++) if (axes[i].ss == 1) s = i;
  const int tiled = s >= 0 && axes[t].ts == 1 && axes[t].ss != 1 && axes[t].n > 1;
  plane p = {0, 0, 0, 0};
  if (tiled) p = (plane){axes[s].n, axes[t].n, axes[t].ss, axes[s].ts};
  const int whole = axes[t].ss == 1 && axes[t].ts == 1 && t > 0;
  int64_t index[DCS_COPY_AXES] = {0};
  const char *from = source;
  char *to = target;
  for (;;) {
    if (tiled) switch (size) {
      case 1: tiles_uint8_t(&p, (const void *)from, (void *)to); break;
      case 2: tiles_uint16_t(&p, (const void *)from, (void *)to); break;
      case 4: tiles_uint32_t(&p, (const void *)from, (void *)to); break;
      default: tiles_uint64_t(&p, (const void *)from, (void *)to);
    } else if (whole) rows(axes[t].n * size, axes[t - 1].n, from, axes[t - 1].ss * size, to, axes[t - 1].ts * size);
    else row(size, axes[t].n, from, axes[t].ss, to, axes[t].ts);
    int i = whole ? t - 2 : t - 1;
    for (; i >= 0; i--) {
      if (tiled && i == s) continue;
      from += axes[i].ss * size;
      to += axes[i].ts * size;
      if (++index[i] < axes[i].n) break;
      from -= axes[i].n * axes[i].ss * size;
      to -= axes[i].n * axes[i].ts * size;
      index[i] = 0;
    }
    if (i < 0) return;
  }
}

typedef char line __attribute__((vector_size(64)));
typedef char loose_line __attribute__((vector_size(64), aligned(1)));

CLONED void dcs_copy_past(const void *source, void *target, int64_t bytes) {
  const char *s = source;
  char *t = target;
  int64_t i = min64((int64_t)(-(uintptr_t)target & 63), bytes);   // lines are written whole
  memcpy(t, s, (size_t)i);
  for (; i + 64 <= bytes; i += 64) __builtin_nontemporal_store((line)*(const loose_line *)(s + i), (line *)(t + i));
  memcpy(t + i, s + i, (size_t)(bytes - i));
}

void dcs_copy_past_done(void) {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}
