// Sums of bools and integers and of their squares, exact.
#include "include/reduce.h"
#include "strip_targets.h"

// DCS_SUM_LENGTH is small enough for 32 bits to hold the sum of 16-bit elements, and of the squares of 8-bit ones.
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
