// Gathering, widening and casting of strips.
//
// A cast is at most two steps, type → wide type → type, so that five sources suffice for the twelve by twelve table.
#include "strip_targets.h"
#include <math.h>
#include <string.h>

#define GATHER(T) { const T *a = source; T *o = target; if (stride == 0) { T v = *a; DCS_LOOP o[i] = v; } else { DCS_LOOP o[i] = a[i * stride]; } }
#define SCATTER(T) { const T *a = source; T *o = target; DCS_LOOP o[i * stride] = a[i]; }

void dcs_gather(int size, const void *source, int64_t stride, void *target, int64_t n) {
  if (n <= 0) return;
  if (stride == 1) { memcpy(target, source, (size_t)(n * size)); return; }
  switch (size) {
    case 1: GATHER(uint8_t) break;
    case 2: GATHER(uint16_t) break;
    case 4: GATHER(uint32_t) break;
    default: GATHER(uint64_t)
  }
}

void dcs_scatter(int size, const void *source, void *target, int64_t stride, int64_t n) {
  if (n <= 0) return;
  if (stride == 1) { memcpy(target, source, (size_t)(n * size)); return; }
  switch (size) {
    case 1: SCATTER(uint8_t) break;
    case 2: SCATTER(uint16_t) break;
    case 4: SCATTER(uint32_t) break;
    default: SCATTER(uint64_t)
  }
}

#define WIDEN(C, F, N) case C: { const F *a = source; DCS_LOOP o[i] = (TARGET)a[i]; } break;

DCS_TARGETS void dcs_widen(int from, int to, const void *source, void *target, int64_t n) {
  switch (to) {
#define TARGET int32_t
    case DCS_INT32: { TARGET *o = target; switch (from) { DCS_SMALL_INTEGERS(WIDEN) WIDEN(DCS_INT32, int32_t, int32) } } break;
#undef TARGET
#define TARGET int64_t
    case DCS_INT64: { TARGET *o = target; switch (from) { DCS_INTEGERS(WIDEN) WIDEN(DCS_BOOL, uint8_t, bool) } } break;
#undef TARGET
#define TARGET uint64_t
    case DCS_UINT64: { TARGET *o = target; switch (from) { DCS_INTEGERS(WIDEN) WIDEN(DCS_BOOL, uint8_t, bool) } } break;
#undef TARGET
#define TARGET float
    case DCS_FLOAT32: { TARGET *o = target; switch (from) { DCS_ALL(WIDEN) } } break;
#undef TARGET
#define TARGET double
    case DCS_FLOAT64: { TARGET *o = target; switch (from) { DCS_ALL(WIDEN) } } break;
#undef TARGET
  }
}

// Bounds of the integer types: the lowest and highest value, and the power of two above it, which every float type holds exactly.
#define LOW_bool 0
#define LOW_uint8 0
#define LOW_uint16 0
#define LOW_uint32 0
#define LOW_uint64 0
#define LOW_int8 INT8_MIN
#define LOW_int16 INT16_MIN
#define LOW_int32 INT32_MIN
#define LOW_int64 INT64_MIN
#define HIGH_bool 1
#define HIGH_uint8 UINT8_MAX
#define HIGH_uint16 UINT16_MAX
#define HIGH_uint32 UINT32_MAX
#define HIGH_uint64 UINT64_MAX
#define HIGH_int8 INT8_MAX
#define HIGH_int16 INT16_MAX
#define HIGH_int32 INT32_MAX
#define HIGH_int64 INT64_MAX
#define ABOVE_bool 0x1p1
#define ABOVE_uint8 0x1p8
#define ABOVE_uint16 0x1p16
#define ABOVE_uint32 0x1p32
#define ABOVE_uint64 0x1p64
#define ABOVE_int8 0x1p7
#define ABOVE_int16 0x1p15
#define ABOVE_int32 0x1p31
#define ABOVE_int64 0x1p63

// From a signed wide type. A signed value exceeds uint64 never, and HIGH_uint64 as int64 would be −1, hence the test on the type.
#define NARROW_SIGNED(C, T, N) case C: { T *o = target; \
  const int64_t low = (int64_t)LOW_##N, high = C == DCS_UINT64 ? INT64_MAX : (int64_t)HIGH_##N; \
  DCS_LOOP { int64_t v = a[i], t = v < low ? low : v > high ? high : v; bad += t != v; o[i] = (T)t; } } break;
// From uint64.
#define NARROW_UNSIGNED(C, T, N) case C: { T *o = target; const uint64_t high = (uint64_t)HIGH_##N; \
  DCS_LOOP { uint64_t v = a[i], t = v > high ? high : v; bad += t != v; o[i] = (T)t; } } break;
// From a float: the comparison fails for NaN, and only a value inside the bounds is converted.
#define NARROW_FLOAT(C, T, N) case C: { T *o = target; \
  DCS_LOOP { FLOAT v = ROUND(a[i]); int in = v >= (FLOAT)LOW_##N && v < (FLOAT)ABOVE_##N, nan = v != v; \
    T t = (T)(in ? v : (FLOAT)0); o[i] = in ? t : v > 0 ? (T)HIGH_##N : v < 0 ? (T)LOW_##N : (T)0; \
    bad += mode == DCS_CAST_CLIP ? nan : !in; } } break;
#define NARROW_TARGETS(X) X(DCS_BOOL, uint8_t, bool) DCS_INTEGERS(X)

// To a narrower float: what was finite must stay finite.
#define NARROW_REAL(T, MAX) { T *o = target; DCS_LOOP { double v = (double)a[i]; T t = (T)a[i]; \
  int lost = v - v == 0 && (double)t - (double)t != 0; \
  bad += lost & (mode == DCS_CAST_CHECKED); o[i] = lost ? (v > 0 ? (T)MAX : -(T)MAX) : t; } } break;

DCS_TARGETS static int64_t narrow(int from, int to, int mode, const void *source, void *target, int64_t n) {
  int64_t bad = 0;
  switch (from) {
    case DCS_INT32: { const int32_t *a = source; switch (to) { NARROW_TARGETS(NARROW_SIGNED) case DCS_FLOAT16: NARROW_REAL(_Float16, 65504) } } break;
    case DCS_INT64: { const int64_t *a = source; switch (to) { NARROW_TARGETS(NARROW_SIGNED) case DCS_FLOAT16: NARROW_REAL(_Float16, 65504) } } break;
    case DCS_UINT64: { const uint64_t *a = source; switch (to) { NARROW_TARGETS(NARROW_UNSIGNED) case DCS_FLOAT16: NARROW_REAL(_Float16, 65504) } } break;
#define FLOAT float
#define ROUND __builtin_rintf
    case DCS_FLOAT32: { const float *a = source; switch (to) { NARROW_TARGETS(NARROW_FLOAT) case DCS_FLOAT16: NARROW_REAL(_Float16, 65504) } } return bad;
#undef FLOAT
#undef ROUND
#define FLOAT double
#define ROUND __builtin_rint
    case DCS_FLOAT64: { const double *a = source; switch (to) {
      NARROW_TARGETS(NARROW_FLOAT)
      case DCS_FLOAT16: NARROW_REAL(_Float16, 65504)
      case DCS_FLOAT32: NARROW_REAL(float, 0x1.fffffep127f)
    } } return bad;
#undef FLOAT
#undef ROUND
  }
  return mode == DCS_CAST_CLIP ? 0 : bad;   // integers are clipped without complaint, and are never NaN
}

static int size_of(int type) {
  static const int sizes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8};
  return sizes[type];
}

static int is_float(int type) { return type >= DCS_FLOAT16; }

static int wide(int type) {
  switch (type) {
    case DCS_UINT32: case DCS_INT64: return DCS_INT64;
    case DCS_UINT64: case DCS_FLOAT64: return type;
    case DCS_FLOAT16: case DCS_FLOAT32: return DCS_FLOAT32;
    default: return DCS_INT32;
  }
}

// What dcs_widen does without loss of range.
static int widens(int from, int to) {
  if (from == to) return 1;
  if (to == DCS_FLOAT64) return 1;
  if (to == DCS_FLOAT32) return from != DCS_FLOAT64;
  if (is_float(from)) return 0;
  if (to == DCS_INT32) return wide(from) == DCS_INT32;
  if (to == DCS_INT64) return from != DCS_UINT64;
  if (to == DCS_UINT64) return from <= DCS_UINT64;
  return 0;
}

int64_t dcs_cast(int from, int to, int mode, const void *source, void *target, int64_t n) {
  if (from == to) { memcpy(target, source, (size_t)(n * size_of(from))); return 0; }
  if (widens(from, to)) { dcs_widen(from, to, source, target, n); return 0; }
  int middle = wide(from);
  if (middle == from) return narrow(from, to, mode, source, target, n);
  int64_t bad = 0;
  uint64_t strip[DCS_STRIP];
  for (int64_t done = 0; done < n; done += DCS_STRIP) {
    int64_t count = n - done < DCS_STRIP ? n - done : DCS_STRIP;
    dcs_widen(from, middle, (const char *)source + done * size_of(from), strip, count);
    bad += narrow(middle, to, mode, strip, (char *)target + done * size_of(to), count);
  }
  return bad;
}

DCS_TARGETS static void scale32(float *o, int64_t n, float shift, float scale) { DCS_LOOP o[i] = (o[i] - shift) * scale; }
DCS_TARGETS static void scale64(const double *a, float *o, int64_t n, double shift, double scale) { DCS_LOOP o[i] = (float)((a[i] - shift) * scale); }

void dcs_normalise(int from, const void *source, float *target, int64_t n, double shift, double scale) {
  int middle = wide(from);
  int narrow_input = (middle == DCS_INT32 && from != DCS_INT32) || middle == DCS_FLOAT32;
  double strip[DCS_STRIP];
  for (int64_t done = 0; done < n; done += DCS_STRIP) {
    int64_t count = n - done < DCS_STRIP ? n - done : DCS_STRIP;
    const void *a = (const char *)source + done * size_of(from);
    if (narrow_input) {
      dcs_widen(from, DCS_FLOAT32, a, target + done, count);
      scale32(target + done, count, (float)shift, (float)scale);
    } else {
      dcs_widen(from, DCS_FLOAT64, a, strip, count);
      scale64(strip, target + done, count, shift, scale);
    }
  }
}
