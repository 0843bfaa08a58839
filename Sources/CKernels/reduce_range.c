// Lowest and highest elements.
//
// Floats are compared as integers: flipping the low bits of negative ones makes their patterns ascend, −0 below 0, and NaN beyond the infinities at both
// ends. So the ends of all elements tell whether anything among them is not finite; only then are they gone through again, with what is left out left out.
// One load and four operations a vector: it runs at the rate of the memory.
#include "include/reduce.h"
#include "strip_targets.h"
#include "strip_math.h"

#define RANGE_INTEGER(C, T, N, WIDE) case C: { const T *a = va; T l = a[0], h = a[0]; DCS_LOOP { T x = a[i]; l = x < l ? x : l; h = x > h ? x : h; } \
  if ((WIDE)l < *(WIDE *)low) *(WIDE *)low = (WIDE)l; \
  if ((WIDE)h > *(WIDE *)high) *(WIDE *)high = (WIDE)h; } break;
#define RANGE_UNSIGNED(C, T, N) RANGE_INTEGER(C, T, N, uint64_t)
#define RANGE_SIGNED(C, T, N) RANGE_INTEGER(C, T, N, int64_t)

// K: the integer of a float's size; TOP its largest value, INF the pattern of infinity.
#define KEY(K, TOP, b) ((b) ^ ((b) >> (8 * sizeof(K) - 1) & (K)TOP))
#define RANGE_REAL(C, T, K, TOP, INF) case C: { const K *a = va; K l = KEY(K, TOP, a[0]), h = l; \
  DCS_LOOP { K b = a[i], k = KEY(K, TOP, b); l = k < l ? k : l; h = k > h ? k : h; } \
  if (l <= KEY(K, TOP, (K)(INF | (K)~TOP)) || h >= (K)INF) { \
    special = 1; l = TOP; h = (K)~TOP; \
    const K most = (K)(finite ? INF - 1 : INF); \
    for (int64_t i = 0; i < n; i++) { K b = a[i], k = KEY(K, TOP, b), skip = -(K)((b & (K)TOP) > most); \
      K kl = (k & ~skip) | ((K)TOP & skip), kh = (k & ~skip) | ((K)~TOP & skip); l = kl < l ? kl : l; h = kh > h ? kh : h; } } \
  if (l != (K)TOP) { T x; l = KEY(K, TOP, l); memcpy(&x, &l, sizeof x); lower(low, (double)x); } \
  if (h != (K)~TOP) { T x; h = KEY(K, TOP, h); memcpy(&x, &h, sizeof x); raise(high, (double)x); } } break;

static int64_t key(double x) { int64_t b; memcpy(&b, &x, 8); return KEY(int64_t, INT64_MAX, b); }
static void lower(void *low, double x) { if (key(x) < key(*(double *)low)) *(double *)low = x; }
static void raise(void *high, double x) { if (key(x) > key(*(double *)high)) *(double *)high = x; }

DCS_TARGETS int dcs_reduce_range(int type, const void *va, int64_t n, int finite, void *low, void *high) {
  if (n <= 0) return 0;
  int special = 0;
  switch (type) {
    RANGE_UNSIGNED(DCS_BOOL, uint8_t, bool) RANGE_UNSIGNED(DCS_UINT8, uint8_t, uint8) RANGE_UNSIGNED(DCS_UINT16, uint16_t, uint16)
    RANGE_UNSIGNED(DCS_UINT32, uint32_t, uint32) RANGE_UNSIGNED(DCS_UINT64, uint64_t, uint64)
    RANGE_SIGNED(DCS_INT8, int8_t, int8) RANGE_SIGNED(DCS_INT16, int16_t, int16) RANGE_SIGNED(DCS_INT32, int32_t, int32) RANGE_SIGNED(DCS_INT64, int64_t, int64)
    RANGE_REAL(DCS_FLOAT16, _Float16, int16_t, INT16_MAX, 0x7c00)
    RANGE_REAL(DCS_FLOAT32, float, int32_t, INT32_MAX, 0x7f800000)
    RANGE_REAL(DCS_FLOAT64, double, int64_t, INT64_MAX, 0x7ff0000000000000)
  }
  return special;
}

#define SPECIALS(T, INF) { const T *a = va; int64_t nan = 0, up = 0, down = 0; \
  DCS_LOOP { T x = a[i]; nan += x != x; up += x == INF; down += x == -INF; } counts[0] += nan; counts[1] += up; counts[2] += down; } break

DCS_TARGETS void dcs_reduce_specials(int type, const void *va, int64_t n, int64_t counts[3]) {
  switch (type) {
    case DCS_FLOAT16: SPECIALS(_Float16, (_Float16)INFINITY);
    case DCS_FLOAT32: SPECIALS(float, INFINITY);
    case DCS_FLOAT64: SPECIALS(double, (double)INFINITY);
  }
}
