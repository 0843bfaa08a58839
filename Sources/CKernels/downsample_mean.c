// The mean of blocks. Columns are summed first (rows are added to a row of sums), then runs of sums along x.
//
// Integer sums are exact: 32 bits for 8 and 16 bits (blocks of at most 2^15 voxels), 64 for 32, 128 for 64. The mean is rounded half to even:
// for n = 2^k voxels floor(s/n) + (rest + n/2 − 1 + (floor odd) ≥ n) is one shift; for other n there is a division. 2 × 2 × 2 blocks of 8 and 16
// bits, by far the most common, need no row of sums: 13 GB/s of fine uint8 a thread where memcpy makes 13, others 3 (AVX-512, 256³).
#include "downsample_internal.h"

// s ≥ 0 or two's complement: >> rounds down
#define SHIFTED(S, K) (((S) + (((int64_t)1 << (K)) >> 1) - 1 + (((S) >> (K)) & 1)) >> (K))

#define FOUR_ROWS(NAME, T, A) CLONED static void four_##NAME(const T *a, const T *b, const T *c, const T *d, int64_t pairs, T *out) { \
  for (int64_t x = 0; x < pairs; x++) { \
    A s = (A)((A)(a[2 * x] + a[2 * x + 1]) + (A)(b[2 * x] + b[2 * x + 1]) + (A)(c[2 * x] + c[2 * x + 1]) + (A)(d[2 * x] + d[2 * x + 1])); \
    out[x] = (T)((A)(s + 3 + ((s >> 3) & 1)) >> 3); } }
FOUR_ROWS(u8, uint8_t, uint16_t)
FOUR_ROWS(i8, int8_t, int16_t)
FOUR_ROWS(u16, uint16_t, uint32_t)
FOUR_ROWS(i16, int16_t, int32_t)

#define MEAN_INTEGER(NAME, T, A) CLONED static void mean_##NAME(fine_rows fine, int64_t begin, T *out, A *sums) { \
  const T *const *rows = (const T *const *)fine.rows; \
  for (int64_t i = begin; i < fine.width; i++) sums[i] = rows[0][i]; \
  for (int64_t r = 1; r < fine.count; r++) for (int64_t i = begin; i < fine.width; i++) sums[i] += rows[r][i]; \
  int64_t x = begin / fine.factor, first = begin; \
  const int64_t whole = fine.count * fine.factor; \
  if ((whole & (whole - 1)) == 0 && whole > 1) { \
    const int k = __builtin_ctzll((uint64_t)whole); \
    for (; first + fine.factor <= fine.width; x++, first += fine.factor) { \
      A s = 0; \
      for (int64_t i = 0; i < fine.factor; i++) s += sums[first + i]; \
      out[x] = (T)SHIFTED(s, k); } } \
  for (; first < fine.width; x++, first += fine.factor) { \
    const int64_t last = min64(fine.width, first + fine.factor); \
    const A n = (A)((last - first) * fine.count); \
    A s = 0; \
    for (int64_t i = first; i < last; i++) s += sums[i]; \
    A q = s / n, rest = s % n; \
    if (rest < 0) { rest += n; q -= 1; } \
    out[x] = (T)(q + (2 * rest > n || (2 * rest == n && (q & 1)))); } }
MEAN_INTEGER(u8, uint8_t, int32_t)
MEAN_INTEGER(i8, int8_t, int32_t)
MEAN_INTEGER(u16, uint16_t, int32_t)
MEAN_INTEGER(i16, int16_t, int32_t)
MEAN_INTEGER(u32, uint32_t, int64_t)
MEAN_INTEGER(i32, int32_t, int64_t)
MEAN_INTEGER(u64, uint64_t, __int128)
MEAN_INTEGER(i64, int64_t, __int128)

#define MEAN_REAL(NAME, T) CLONED static void mean_##NAME(fine_rows fine, T *out, double *sums) { \
  const T *const *rows = (const T *const *)fine.rows; \
  for (int64_t i = 0; i < fine.width; i++) sums[i] = (double)rows[0][i]; \
  for (int64_t r = 1; r < fine.count; r++) for (int64_t i = 0; i < fine.width; i++) sums[i] += (double)rows[r][i]; \
  for (int64_t x = 0, first = 0; first < fine.width; x++, first += fine.factor) { \
    const int64_t last = min64(fine.width, first + fine.factor); \
    double s = sums[first]; \
    for (int64_t i = first + 1; i < last; i++) s += sums[i]; \
    out[x] = (T)(s / (double)((last - first) * fine.count)); } }
MEAN_REAL(f16, _Float16)
MEAN_REAL(f32, float)
MEAN_REAL(f64, double)

#define FAST(NAME, T) { const T *const *r = (const T *const *)fine.rows; \
  if (isCube) { begin = fine.width / 2 * 2; four_##NAME(r[0], r[1], r[2], r[3], fine.width / 2, coarse); } \
  if (begin < fine.width) mean_##NAME(fine, begin, coarse, scratch); } break

void downsample_mean_row(int type, fine_rows fine, void *coarse, void *scratch) {
  const int isCube = fine.count == 4 && fine.factor == 2;
  int64_t begin = 0;
  switch (type) {
    case DCS_BOOL: case DCS_UINT8: FAST(u8, uint8_t);
    case DCS_INT8: FAST(i8, int8_t);
    case DCS_UINT16: FAST(u16, uint16_t);
    case DCS_INT16: FAST(i16, int16_t);
    case DCS_UINT32: mean_u32(fine, 0, coarse, scratch); break;
    case DCS_INT32: mean_i32(fine, 0, coarse, scratch); break;
    case DCS_UINT64: mean_u64(fine, 0, coarse, scratch); break;
    case DCS_INT64: mean_i64(fine, 0, coarse, scratch); break;
    case DCS_FLOAT16: mean_f16(fine, coarse, scratch); break;
    case DCS_FLOAT32: mean_f32(fine, coarse, scratch); break;
    case DCS_FLOAT64: mean_f64(fine, coarse, scratch); break;
  }
}
