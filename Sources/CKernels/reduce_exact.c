// Exact sums of floats.
//
// Float sums are split without error (after Rump, Ogita & Oishi 2008, ExtractVector): adding and taking away a power of two cuts the high bits
// off every element; those highs are multiples of one quantum, few enough bits wide that their sum is exact; the rests go round again. Two
// or three rounds empty a strip. Of float32 and float16 the doubles of a strip usually have bits enough for the sum to be exact as it is.
#include "include/reduce.h"
#include "strip_math.h"
#include "strip_targets.h"
#include <math.h>

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

// The exponents of the largest and the smallest magnitude but 0 (as stored, at least 1), and the sum of all in 32 lanes.
// Of finite elements whose exponents lie within 19 of each other that sum is exact: all are multiples of 2^(low − 23), fewer than 2^53 of it together.
// The next strip is fetched meanwhile: without, every strip waits for its first lines while the lanes of the last one are joined (67 ms in place of 43 for 512 MiB).
typedef float floats __attribute__((vector_size(64), aligned(4)));
typedef uint32_t words __attribute__((vector_size(64), aligned(4)));
typedef double doubles __attribute__((vector_size(64)));
typedef float half_floats __attribute__((vector_size(32)));
#define LOWER_HALF(x) __builtin_convertvector(__builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7), doubles)
#define UPPER_HALF(x) __builtin_convertvector(__builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15), doubles)

static inline void fetch(const void *here, size_t ahead) { __builtin_prefetch((const void *)((uintptr_t)here + ahead)); }   // past the end it does nothing

DCS_TARGETS static double plain_sum(const float *a, int64_t n, int *low, int *high) {
  words most = {0}, least = ~most;
  doubles s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  int64_t i = 0;
  for (; i + 32 <= n; i += 32) {
    const floats x = *(const floats *)(a + i), y = *(const floats *)(a + i + 16);
    fetch(a + i, DCS_STRIP * sizeof *a);
    fetch(a + i + 16, DCS_STRIP * sizeof *a);
    const words p = (words)x & INT32_MAX, q = (words)y & INT32_MAX;
    most = __builtin_elementwise_max(most, __builtin_elementwise_max(p, q));
    least = __builtin_elementwise_min(least, __builtin_elementwise_min(p - 1, q - 1));   // 0 becomes the largest
    s0 += LOWER_HALF(x);
    s1 += UPPER_HALF(x);
    s2 += LOWER_HALF(y);
    s3 += UPPER_HALF(y);
  }
  const doubles s = (s0 + s1) + (s2 + s3);
  uint32_t top = 0, bottom = UINT32_MAX;
  double sum = 0;
  for (int j = 0; j < 16; j++) {
    top = most[j] > top ? most[j] : top;
    bottom = least[j] < bottom ? least[j] : bottom;
  }
  for (int j = 0; j < 8; j++) sum += s[j];
  for (; i < n; i++) {
    uint32_t b;
    memcpy(&b, a + i, 4);
    b &= INT32_MAX;
    top = b > top ? b : top;
    bottom = b - 1 < bottom ? b - 1 : bottom;
    sum += (double)a[i];
  }
  *high = (int)(top >> 23);
  *low = bottom == UINT32_MAX ? *high : (int)((bottom + 1) >> 23);
  if (*low < 1) *low = 1;
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
