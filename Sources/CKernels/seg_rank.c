// Least, greatest and middle of values in a window, many windows at once.
//
// The median is "forgetful selection" (Paeth 1990): of n values hold n/2 + 2, put the least and the greatest aside, take the next value in place of one,
// until one is left. Only compare-and-swap, no branches, so a block of neighbouring windows goes through it side by side.
#include "include/seg.h"
#include "seg_clones.h"
#include <string.h>

#define BY_KIND(BODY)                   \
  switch (kind * 16 + width) {          \
  case 1: BODY(uint8_t) break;          \
  case 2: BODY(uint16_t) break;         \
  case 4: BODY(uint32_t) break;         \
  case 8: BODY(uint64_t) break;         \
  case 17: BODY(int8_t) break;          \
  case 18: BODY(int16_t) break;         \
  case 20: BODY(int32_t) break;         \
  case 24: BODY(int64_t) break;         \
  case 34: BODY(_Float16) break;        \
  case 36: BODY(float) break;           \
  default: BODY(double) break;          \
  }

DCS_CLONES void dcs_seg_extreme_rows(const void *const *rows, int64_t row_count, int64_t count, int width, int kind, int greatest, void *result) {
#define EXTREME(TYPE)                                                                                     \
  {                                                                                                       \
    TYPE *out = result;                                                                                   \
    for (int64_t first = 0; first < count; first += 2048) {                                               \
      const int64_t end = first + 2048 < count ? first + 2048 : count;                                    \
      memcpy(out + first, (const TYPE *)rows[0] + first, (size_t)(end - first) * sizeof(TYPE));           \
      for (int64_t k = 1; k < row_count; k++) {                                                           \
        const TYPE *row = rows[k];                                                                        \
        if (greatest) {                                                                                   \
          _Pragma("clang loop vectorize(assume_safety)")                                                  \
          for (int64_t i = first; i < end; i++) out[i] = row[i] > out[i] ? row[i] : out[i];               \
        } else {                                                                                          \
          _Pragma("clang loop vectorize(assume_safety)")                                                  \
          for (int64_t i = first; i < end; i++) out[i] = row[i] < out[i] ? row[i] : out[i];               \
        }                                                                                                 \
      }                                                                                                   \
    }                                                                                                     \
  }
  BY_KIND(EXTREME)
}

// Lines of integers, whatever the radius (van Herk 1992; Gil & Werman 1993): a window of 2r + 1 samples is the end of one block of as many and the beginning of
// the next, so the extremes of all ends, made backwards, and of all beginnings, made forwards, are two values to compare. Outside, the outermost sample goes on.
int64_t dcs_seg_extreme_scratch(int64_t count, int64_t radius, int64_t columns, int width) { return (count + 2 * radius + 1) * ((columns * width + 63) & ~(int64_t)63); }

DCS_CLONES void dcs_seg_extreme_columns(const void *in, int64_t in_stride, int64_t count, int64_t columns, int64_t radius, int width, int kind, int greatest, void *out, int64_t out_stride, void *scratch) {
  const int64_t window = 2 * radius + 1, all = count + 2 * radius, held = (columns * width + 63) & ~(int64_t)63;
  char *ends = scratch, *beginning = ends + all * held;
#define SAMPLE(TYPE, k) ((const TYPE *)in + ((k) < radius ? 0 : (k) - radius < count ? (k) - radius : count - 1) * in_stride)
#define JOIN(TYPE, OP)                                                                                      \
  {                                                                                                         \
    for (int64_t k = all - 1; k >= 0; k--) {                                                                \
      const TYPE *a = SAMPLE(TYPE, k);                                                                      \
      TYPE *to = (TYPE *)(ends + k * held);                                                                 \
      const TYPE *b = (const TYPE *)(ends + (k + 1) * held);                                                \
      if (k == all - 1 || k % window == window - 1) memcpy(to, a, (size_t)columns * sizeof(TYPE));          \
      else for (int64_t i = 0; i < columns; i++) to[i] = a[i] OP b[i] ? a[i] : b[i];                        \
    }                                                                                                       \
    for (int64_t k = 0; k < all; k++) {                                                                     \
      const TYPE *a = SAMPLE(TYPE, k);                                                                      \
      TYPE *now = (TYPE *)beginning;                                                                        \
      if (k % window == 0) memcpy(now, a, (size_t)columns * sizeof(TYPE));                                  \
      else for (int64_t i = 0; i < columns; i++) now[i] = a[i] OP now[i] ? a[i] : now[i];                   \
      if (k < 2 * radius) continue;                                                                         \
      const TYPE *b = (const TYPE *)(ends + (k - 2 * radius) * held);                                       \
      TYPE *to = (TYPE *)out + (k - 2 * radius) * out_stride;                                               \
      for (int64_t i = 0; i < columns; i++) to[i] = now[i] OP b[i] ? now[i] : b[i];                         \
    }                                                                                                       \
  }
#define EXTREME_COLUMNS(TYPE) { if (greatest) JOIN(TYPE, >) else JOIN(TYPE, <) }
  BY_KIND(EXTREME_COLUMNS)
}

// The same along a row: windows of 1, 2, 4, … elements, then two of the last overlap in one of `window`.
DCS_CLONES void dcs_seg_extreme_row(void *padded, int64_t count, int64_t window, int width, int kind, int greatest, void *out) {
  const int64_t all = count + window - 1;
  int64_t reach = 1;
#define DOUBLE(TYPE, OP)                                                                             \
  {                                                                                                  \
    TYPE *row = padded, *to = out;                                                                   \
    for (; 2 * reach <= window; reach *= 2) {                                                        \
      const TYPE *ahead = row + reach;                                                               \
      _Pragma("clang loop vectorize(assume_safety)")                                                 \
      for (int64_t i = 0; i < all - reach; i++) row[i] = ahead[i] OP row[i] ? ahead[i] : row[i];      \
    }                                                                                                \
    const TYPE *ahead = row + window - reach;                                                        \
    for (int64_t i = 0; i < count; i++) to[i] = ahead[i] OP row[i] ? ahead[i] : row[i];               \
  }
#define EXTREME_ROW(TYPE) { if (greatest) DOUBLE(TYPE, >) else DOUBLE(TYPE, <) }
  BY_KIND(EXTREME_ROW)
}

enum { BLOCK = 64 };   // windows side by side

int64_t dcs_seg_median_scratch(int64_t values) { return (values / 2 + 2) * BLOCK * 8; }

DCS_CLONES void dcs_seg_median_rows(const void *const *rows, int64_t row_count, int64_t across, int64_t count, int width, int kind, void *result, void *scratch) {
  const int64_t values = row_count * across;
#define SORT_TWO(a, b)                                             \
  for (int l = 0; l < BLOCK; l++) {                                \
    const __typeof__((a)[0]) low = (b)[l] < (a)[l] ? (b)[l] : (a)[l]; \
    const __typeof__((a)[0]) high = (b)[l] < (a)[l] ? (a)[l] : (b)[l]; \
    (a)[l] = low;                                                  \
    (b)[l] = high;                                                 \
  }
#define MEDIAN(TYPE)                                                                                            \
  {                                                                                                             \
    TYPE *out = result;                                                                                         \
    for (int64_t first = 0; first < count; first += BLOCK) {                                                    \
      const int64_t length = count - first < BLOCK ? count - first : BLOCK;                                     \
      TYPE(*held)[BLOCK] = scratch;                                                                             \
      int64_t next = 0, used = values / 2 + 2 < values ? values / 2 + 2 : values;                               \
      for (; next < used; next++) {                                                                             \
        if (length < BLOCK) memset(held[next], 0, sizeof held[next]);                                           \
        memcpy(held[next], (const TYPE *)rows[next / across] + next % across + first, (size_t)length * sizeof(TYPE)); \
      }                                                                                                         \
      while (used > 1) { /* least to the front, greatest to the back */                                         \
        for (int64_t i = 0; i < used / 2; i++) SORT_TWO(held[i], held[used - 1 - i])                            \
        for (int64_t i = 1; i <= (used - 1) / 2; i++) SORT_TWO(held[0], held[i])                                \
        for (int64_t i = used / 2; i < used - 1; i++) SORT_TWO(held[i], held[used - 1])                         \
        if (next < values) { /* drop both, take one */                                                          \
          if (length < BLOCK) memset(held[0], 0, sizeof held[0]);                                               \
          memcpy(held[0], (const TYPE *)rows[next / across] + next % across + first, (size_t)length * sizeof(TYPE)); \
          next++;                                                                                               \
          used--;                                                                                               \
        } else {                                                                                                \
          if (used > 2) memcpy(held[0], held[used - 2], sizeof held[0]);                                        \
          used -= 2;                                                                                            \
        }                                                                                                       \
      }                                                                                                         \
      memcpy(out + first, held[0], (size_t)length * sizeof(TYPE));                                              \
    }                                                                                                           \
  }
  BY_KIND(MEDIAN)
}
