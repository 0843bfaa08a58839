// Reductions of strips.
//
// Float sums are split without error (after Rump, Ogita & Oishi 2008, ExtractVector): adding and taking away a power of two cuts the high bits
// off every element; those highs are multiples of one quantum, few enough bits wide that their sum is exact; the rests go round again. Two
// or three rounds empty a strip, so an exact sum costs little more than a plain one.
#include "include/reduce.h"
#include "strip_math.h"
#include "strip_targets.h"
#include <math.h>

// Floats are compared as integers: flipping the low bits of negative ones makes their patterns ascend, −0 below 0.
static inline int32_t key32(float x) { int32_t b; memcpy(&b, &x, 4); return b ^ ((b >> 31) & INT32_MAX); }
static inline int64_t key64(double x) { int64_t b; memcpy(&b, &x, 8); return b ^ ((b >> 63) & INT64_MAX); }
static inline float from_key32(int32_t k) { k ^= (k >> 31) & INT32_MAX; float x; memcpy(&x, &k, 4); return x; }
static inline double from_key64(int64_t k) { k ^= (k >> 63) & INT64_MAX; double x; memcpy(&x, &k, 8); return x; }

#define RANGE_INTEGER(C, T, N, WIDE) case C: { const T *a = va; T l = a[0], h = a[0]; DCS_LOOP { T x = a[i]; l = x < l ? x : l; h = x > h ? x : h; } \
  if ((WIDE)l < *(WIDE *)low) *(WIDE *)low = (WIDE)l; \
  if ((WIDE)h > *(WIDE *)high) *(WIDE *)high = (WIDE)h; } break;
#define RANGE_UNSIGNED(C, T, N) RANGE_INTEGER(C, T, N, uint64_t)
#define RANGE_SIGNED(C, T, N) RANGE_INTEGER(C, T, N, int64_t)
#define RANGE_REAL(T, K, KEY, FROM, MIN, MAX) { const T *a = values; K l = MAX, h = MIN; \
  DCS_LOOP { T x = a[i]; K k = KEY(x); int skip = finite ? x - x != 0 : x != x; K kl = skip ? MAX : k, kh = skip ? MIN : k; l = kl < l ? kl : l; h = kh > h ? kh : h; } \
  if (l != MAX && key64((double)FROM(l)) < key64(*(double *)low)) *(double *)low = (double)FROM(l); \
  if (h != MIN && key64((double)FROM(h)) > key64(*(double *)high)) *(double *)high = (double)FROM(h); } break;

DCS_TARGETS void dcs_reduce_range(int type, const void *va, int64_t n, int finite, void *low, void *high) {
  if (n <= 0) return;
  float halves[DCS_STRIP];
  const void *values = va;
  if (type == DCS_FLOAT16) {
    dcs_widen(type, DCS_FLOAT32, va, halves, n);
    values = halves;
  }
  switch (type) {
    RANGE_UNSIGNED(DCS_BOOL, uint8_t, bool) RANGE_UNSIGNED(DCS_UINT8, uint8_t, uint8) RANGE_UNSIGNED(DCS_UINT16, uint16_t, uint16)
    RANGE_UNSIGNED(DCS_UINT32, uint32_t, uint32) RANGE_UNSIGNED(DCS_UINT64, uint64_t, uint64)
    RANGE_SIGNED(DCS_INT8, int8_t, int8) RANGE_SIGNED(DCS_INT16, int16_t, int16) RANGE_SIGNED(DCS_INT32, int32_t, int32) RANGE_SIGNED(DCS_INT64, int64_t, int64)
    case DCS_FLOAT16: case DCS_FLOAT32: RANGE_REAL(float, int32_t, key32, from_key32, INT32_MIN, INT32_MAX)
    case DCS_FLOAT64: RANGE_REAL(double, int64_t, key64, from_key64, INT64_MIN, INT64_MAX)
  }
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

// Strips are short enough for 32 bits to hold the sum of 16-bit elements, and of the squares of 8-bit ones.
#define SUM_SMALL(C, T, N) case C: { const T *a = va; int32_t s = 0; DCS_LOOP s += (int32_t)a[i]; total = s; } break;
#define SUM_NARROW(C, T, N) case C: { const T *a = va; int64_t s = 0; DCS_LOOP s += (int64_t)a[i]; total = s; } break;
#define SUM_WIDE(C, T, N) case C: { const T *a = va; for (int64_t i = 0; i < n; i++) total += a[i]; } break;

DCS_TARGETS void dcs_reduce_sum(int type, const void *va, int64_t n, uint64_t sum[2]) {
  __int128 total = 0;
  switch (type) {
    DCS_SMALL_INTEGERS(SUM_SMALL) SUM_NARROW(DCS_UINT32, uint32_t, uint32) SUM_NARROW(DCS_INT32, int32_t, int32)
    SUM_WIDE(DCS_UINT64, uint64_t, uint64) SUM_WIDE(DCS_INT64, int64_t, int64)
  }
  sum[0] = (uint64_t)total;
  sum[1] = (uint64_t)(total >> 64);
}

#define SQUARES_SMALL(C, T, N) case C: { const T *a = va; int32_t s = 0; DCS_LOOP { int32_t x = (int32_t)a[i]; s += x * x; } total = (uint64_t)s; } break;
#define SQUARES_NARROW(C, T, N) case C: { const T *a = va; uint64_t s = 0; DCS_LOOP { int64_t x = (int64_t)a[i]; s += (uint64_t)(x * x); } total = s; } break;
#define SQUARES_WIDE(C, T, N) case C: { const T *a = va; for (int64_t i = 0; i < n; i++) { \
  uint64_t x = a[i] < 0 ? 0u - (uint64_t)a[i] : (uint64_t)a[i]; unsigned __int128 q = (unsigned __int128)x * x; total += q; carry += total < q; } } break;

DCS_TARGETS void dcs_reduce_squares(int type, const void *va, int64_t n, uint64_t sum[3]) {
  unsigned __int128 total = 0;
  uint64_t carry = 0;
  switch (type) {
    SQUARES_SMALL(DCS_BOOL, uint8_t, bool) SQUARES_SMALL(DCS_UINT8, uint8_t, uint8) SQUARES_SMALL(DCS_INT8, int8_t, int8)
    SQUARES_NARROW(DCS_UINT16, uint16_t, uint16) SQUARES_NARROW(DCS_INT16, int16_t, int16)
    SQUARES_WIDE(DCS_INT32, int32_t, int32) SQUARES_WIDE(DCS_INT64, int64_t, int64)
    case DCS_UINT32: { const uint32_t *a = va; for (int64_t i = 0; i < n; i++) total += (unsigned __int128)((uint64_t)a[i] * a[i]); } break;
    case DCS_UINT64: { const uint64_t *a = va; for (int64_t i = 0; i < n; i++) { unsigned __int128 q = (unsigned __int128)a[i] * a[i]; total += q; carry += total < q; } } break;
  }
  sum[0] = (uint64_t)total;
  sum[1] = (uint64_t)(total >> 64);
  sum[2] = carry;
}

// Reads a float strip as doubles, squared if wanted (then `low` takes what the rounding of the square leaves), without NaN and infinities.
DCS_TARGETS static int64_t load(int type, const void *va, int64_t n, int squares, double *v, double *low) {
  int64_t lost = 0;
  dcs_widen(type, DCS_FLOAT64, va, v, n);
  DCS_LOOP v[i] = v[i] - v[i] == 0 ? v[i] : 0;
  if (!squares) return 0;
  if (type != DCS_FLOAT64) { DCS_LOOP v[i] *= v[i]; return 0; }   // 24 bits squared are exact
  for (int64_t i = 0; i < n; i++) {
    double q = v[i] * v[i];
    if (q - q != 0) { lost++; v[i] = low[i] = 0; continue; }
    low[i] = fma(v[i], v[i], -q);
    v[i] = q;
  }
  return lost;
}

DCS_TARGETS static double magnitude(const double *v, int64_t n) {
  uint64_t top = 0;   // patterns of non-negative doubles ascend
  DCS_LOOP { uint64_t b; memcpy(&b, v + i, 8); b &= INT64_MAX; top = b > top ? b : top; }
  return dcs_from_bits(top);
}

// One round: the part of every element above the quantum of `shifter`, summed; the rest stays. The sum is exact in any order.
DCS_TARGETS static double extract(double *v, int64_t n, double shifter) {
  double lanes[8] = {0};
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int j = 0; j < 8; j++) {
      double high = (v[i + j] + shifter) - shifter;
      lanes[j] += high;
      v[i + j] -= high;
    }
  for (; i < n; i++) {
    double high = (v[i] + shifter) - shifter;
    lanes[0] += high;
    v[i] -= high;
  }
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

static int split(double *v, int64_t n, double *parts) {
  int count = 0;
  for (;;) {
    double top = magnitude(v, n);
    if (top == 0) return count;
    int exponent = ilogb(top) + 1;   // |v| < 2^exponent
    if (exponent > 1000) {           // the shifter would overflow: hand these few over one by one
      for (int64_t i = 0; i < n; i++) if (v[i] != 0) parts[count++] = v[i];
      return count;
    }
    if (exponent < -1032) exponent = -1032;
    // ulp(1.5 · 2^(e+10)) = 2^(e−42): a sum of 2^10 elements below 2^e is a multiple of it below 2^(e+10), 52 bits.
    parts[count++] = extract(v, n, ldexp(1.5, exponent + 10));
  }
}

// The exponents of the largest and the smallest magnitude but 0 (as stored, at least 1), and the sum of all in sixteen lanes.
// Of finite elements whose exponents lie within 19 of each other that sum is exact: all are multiples of 2^(low − 23), fewer than 2^53 of it together.
DCS_TARGETS static double plain_sum(const float *a, int64_t n, int *low, int *high) {
  uint32_t most = 0, least = UINT32_MAX;
  double lanes[16] = {0};
  int64_t i = 0;
  for (; i + 16 <= n; i += 16)
    for (int j = 0; j < 16; j++) {
      uint32_t b;
      memcpy(&b, a + i + j, 4);
      b &= INT32_MAX;
      most = b > most ? b : most;
      least = b - 1 < least ? b - 1 : least;   // 0 becomes the largest
      lanes[j] += (double)a[i + j];
    }
  for (; i < n; i++) {
    uint32_t b;
    memcpy(&b, a + i, 4);
    b &= INT32_MAX;
    most = b > most ? b : most;
    least = b - 1 < least ? b - 1 : least;
    lanes[0] += (double)a[i];
  }
  *high = (int)(most >> 23);
  *low = least == UINT32_MAX ? *high : (int)((least + 1) >> 23);
  if (*low < 1) *low = 1;
  double sum = 0;
  for (int j = 0; j < 16; j++) sum += lanes[j];
  return sum;
}

// Squares have 48 bits: their high parts, cut off by `shifter` as in `extract`, and what is left of them are summed each for itself.
DCS_TARGETS static void plain_squares(const float *a, int64_t n, double shifter, double sums[2]) {
  double highs[16] = {0}, lows[16] = {0};
  int64_t i = 0;
  for (; i + 16 <= n; i += 16)
    for (int j = 0; j < 16; j++) {
      double q = (double)a[i + j] * (double)a[i + j], high = (q + shifter) - shifter;
      highs[j] += high;
      lows[j] += q - high;
    }
  for (; i < n; i++) {
    double q = (double)a[i] * (double)a[i], high = (q + shifter) - shifter;
    highs[0] += high;
    lows[0] += q - high;
  }
  sums[0] = sums[1] = 0;
  for (int j = 0; j < 16; j++) { sums[0] += highs[j]; sums[1] += lows[j]; }
}

int dcs_reduce_plain(int type, const void *va, int64_t n, int squares, double sums[3]) {
  float halves[DCS_STRIP];
  const float *a = va;
  if (type == DCS_FLOAT16) { dcs_widen(type, DCS_FLOAT32, va, halves, n); a = halves; }
  else if (type != DCS_FLOAT32) return 0;
  int low, high;
  sums[0] = plain_sum(a, n, &low, &high);
  sums[1] = sums[2] = 0;
  if (high == 255 || high - low > 19) return 0;
  // With |x| < 2^(e + 1), e = high − 127, squares are below 2^(2e + 2); the rests are multiples of 2^(2 (low − 127) − 46).
  if (squares) plain_squares(a, n, ldexp(1.5, 2 * (high - 127) + 12), sums + 1);
  return 1;
}

int dcs_reduce_parts(int type, const void *a, int64_t n, int squares, double parts[DCS_PARTS], int64_t *lost) {
  double v[DCS_STRIP], low[DCS_STRIP];
  *lost += load(type, a, n, squares, v, low);
  int count = split(v, n, parts);
  if (squares && type == DCS_FLOAT64) count += split(low, n, parts + count);
  return count;
}
