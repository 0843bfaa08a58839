// The maximum of blocks, NaN where there is one.
//
// Columns first, as for the mean (rows are compared with a row of maxima), then runs along x; pairs, by far the most common, are one loop that becomes
// vectors. Measured for 2 × 2 × 2: 3 to 12 GB/s of fine values a thread (float16: 1), where memcpy makes 2 to 7 (AVX-512, 256³, uint8 to float64).
#include "downsample_internal.h"
#include <string.h>

// a NaN stays; for integers v != v is never true, and the compiler drops it
#define LARGER(A, B) ((A) != (A) ? (A) : ((B) > (A) || (B) != (B)) ? (B) : (A))

#define MAX(NAME, T) CLONED static void max_##NAME(fine_rows fine, T *restrict out, T *restrict best) { \
  const T *const *rows = (const T *const *)fine.rows; \
  memcpy(best, rows[0], fine.width * sizeof(T)); \
  for (int64_t r = 1; r < fine.count; r++) { const T *row = rows[r]; for (int64_t i = 0; i < fine.width; i++) best[i] = LARGER(best[i], row[i]); } \
  int64_t x = 0, first = 0; \
  if (fine.factor == 2) { \
    for (; x < fine.width / 2; x++) out[x] = LARGER(best[2 * x], best[2 * x + 1]); \
    first = 2 * x; } \
  for (; first < fine.width; x++, first += fine.factor) { \
    const int64_t last = min64(fine.width, first + fine.factor); \
    T most = best[first]; \
    for (int64_t i = first + 1; i < last; i++) most = LARGER(most, best[i]); \
    out[x] = most; } }
MAX(u8, uint8_t)
MAX(u16, uint16_t)
MAX(u32, uint32_t)
MAX(u64, uint64_t)
MAX(i8, int8_t)
MAX(i16, int16_t)
MAX(i32, int32_t)
MAX(i64, int64_t)
MAX(f16, _Float16)
MAX(f32, float)
MAX(f64, double)

void downsample_max_row(int type, fine_rows fine, void *coarse, void *scratch) {
  switch (type) {
    case DCS_BOOL: case DCS_UINT8: max_u8(fine, coarse, scratch); break;
    case DCS_UINT16: max_u16(fine, coarse, scratch); break;
    case DCS_UINT32: max_u32(fine, coarse, scratch); break;
    case DCS_UINT64: max_u64(fine, coarse, scratch); break;
    case DCS_INT8: max_i8(fine, coarse, scratch); break;
    case DCS_INT16: max_i16(fine, coarse, scratch); break;
    case DCS_INT32: max_i32(fine, coarse, scratch); break;
    case DCS_INT64: max_i64(fine, coarse, scratch); break;
    case DCS_FLOAT16: max_f16(fine, coarse, scratch); break;
    case DCS_FLOAT32: max_f32(fine, coarse, scratch); break;
    case DCS_FLOAT64: max_f64(fine, coarse, scratch); break;
  }
}
