// Arithmetic, comparison and selection on strips.
//
// Integer loops store the wrapped value and or the overflow together, so they vectorise; who sees a fault looks for its voxel elsewhere.
#include "strip_targets.h"
#include "strip_math.h"
#include <math.h>

#define MAP1(T, E) { const T *a = va; T *o = vo; DCS_LOOP { T x = a[i]; o[i] = E; } } break
#define CALL1(T, E) { const T *a = va; T *o = vo; for (int64_t i = 0; i < n; i++) { T x = a[i]; o[i] = E; } } break   // calls the C library
#define MAP2(T, E) { const T *a = va, *b = vb; T *o = vo; DCS_LOOP { T x = a[i], y = b[i]; o[i] = E; } } break
#define CALL2(T, E) { const T *a = va, *b = vb; T *o = vo; for (int64_t i = 0; i < n; i++) { T x = a[i], y = b[i]; o[i] = E; } } break

DCS_TARGETS int dcs_strip_unary(int op, int type, const void *va, void *vo, int64_t n) {
  int fault = 0;
  switch (type) {
    case DCS_BOOL: { const uint8_t *a = va; uint8_t *o = vo; DCS_LOOP o[i] = !a[i]; } break;
    case DCS_INT32: switch (op) {
      case DCS_FN_NEG: { const int32_t *a = va; int32_t *o = vo; DCS_LOOP { fault |= a[i] == INT32_MIN; o[i] = (int32_t)(0u - (uint32_t)a[i]); } } break;
      case DCS_FN_ABS: { const int32_t *a = va; int32_t *o = vo; DCS_LOOP { int32_t x = a[i]; fault |= x == INT32_MIN; o[i] = (int32_t)(x < 0 ? 0u - (uint32_t)x : (uint32_t)x); } } break;
    } break;
    case DCS_INT64: switch (op) {
      case DCS_FN_NEG: { const int64_t *a = va; int64_t *o = vo; DCS_LOOP { fault |= a[i] == INT64_MIN; o[i] = (int64_t)(0u - (uint64_t)a[i]); } } break;
      case DCS_FN_ABS: { const int64_t *a = va; int64_t *o = vo; DCS_LOOP { int64_t x = a[i]; fault |= x == INT64_MIN; o[i] = (int64_t)(x < 0 ? 0u - (uint64_t)x : (uint64_t)x); } } break;
    } break;
    case DCS_UINT64: if (op == DCS_FN_NEG) { const uint64_t *a = va; int64_t *o = vo; DCS_LOOP { fault |= a[i] > (uint64_t)1 << 63; o[i] = (int64_t)(0u - a[i]); } } break;
    case DCS_FLOAT32: switch (op) {
      case DCS_FN_NEG: MAP1(float, -x);
      case DCS_FN_ABS: MAP1(float, __builtin_fabsf(x));
      case DCS_FN_SQRT: MAP1(float, __builtin_elementwise_sqrt(x));
      case DCS_FN_EXP: MAP1(float, dcs_expf(x));
      case DCS_FN_LOG: MAP1(float, dcs_logf(x));
      case DCS_FN_TANH: MAP1(float, dcs_tanhf(x));
      case DCS_FN_SIGMOID: MAP1(float, dcs_sigmoidf(x));
      case DCS_FN_ROUND: MAP1(float, __builtin_rintf(x));
      case DCS_FN_FLOOR: MAP1(float, __builtin_floorf(x));
      case DCS_FN_CEIL: MAP1(float, __builtin_ceilf(x));
      case DCS_FN_ISNAN: { const float *a = va; uint8_t *o = vo; DCS_LOOP o[i] = a[i] != a[i]; } break;
    } break;
    case DCS_FLOAT64: switch (op) {
      case DCS_FN_NEG: MAP1(double, -x);
      case DCS_FN_ABS: MAP1(double, __builtin_fabs(x));
      case DCS_FN_SQRT: MAP1(double, __builtin_elementwise_sqrt(x));
      case DCS_FN_EXP: CALL1(double, exp(x));
      case DCS_FN_LOG: CALL1(double, log(x));
      case DCS_FN_TANH: CALL1(double, tanh(x));
      case DCS_FN_SIGMOID: CALL1(double, 1 / (1 + exp(-x)));
      case DCS_FN_ROUND: MAP1(double, __builtin_rint(x));
      case DCS_FN_FLOOR: MAP1(double, __builtin_floor(x));
      case DCS_FN_CEIL: MAP1(double, __builtin_ceil(x));
      case DCS_FN_ISNAN: { const double *a = va; uint8_t *o = vo; DCS_LOOP o[i] = a[i] != a[i]; } break;
    } break;
  }
  return fault ? DCS_OVERFLOW : 0;
}

// Overflow of a + b: both differ in sign from the sum. Of a − b: a differs from b and from the difference.
#define ADD_SIGNED(T, U) { const T *a = va, *b = vb; T *o = vo, seen = 0; \
  DCS_LOOP { T x = a[i], y = b[i], s = (T)((U)x + (U)y); seen |= (x ^ s) & (y ^ s); o[i] = s; } fault |= seen < 0; } break
#define SUB_SIGNED(T, U) { const T *a = va, *b = vb; T *o = vo, seen = 0; \
  DCS_LOOP { T x = a[i], y = b[i], s = (T)((U)x - (U)y); seen |= (x ^ y) & (x ^ s); o[i] = s; } fault |= seen < 0; } break
#define CHECKED(T, BUILTIN) { const T *a = va, *b = vb; T *o = vo; for (int64_t i = 0; i < n; i++) { T v; fault |= BUILTIN(a[i], b[i], &v); o[i] = v; } } break
#define MIN_MAX(T) \
  case DCS_OP_MIN: MAP2(T, x < y || x != x ? x : y); \
  case DCS_OP_MAX: MAP2(T, x > y || x != x ? x : y)
#define REAL(T, POW) \
  case DCS_OP_ADD: MAP2(T, x + y); \
  case DCS_OP_SUB: MAP2(T, x - y); \
  case DCS_OP_MUL: MAP2(T, x * y); \
  case DCS_OP_DIV: MAP2(T, x / y); \
  case DCS_OP_FLOORDIV: CALL2(T, (T)dcs_floor_divide(x, y)); \
  case DCS_OP_MOD: CALL2(T, (T)dcs_floor_mod(x, y)); \
  case DCS_OP_POW: CALL2(T, POW(x, y)); \
  MIN_MAX(T);

#define POWER(T, BUILTIN) { const T *a = va, *b = vb; T *o = vo; for (int64_t i = 0; i < n; i++) { \
  T base = a[i], power = b[i], v = 1; \
  if (power < 0) { fault |= DCS_NEGATIVE_POWER; o[i] = 0; continue; } \
  int lost = 0;   /* the square past the last bit may overflow unused */ \
  while (power) { if (power & 1) fault |= lost | BUILTIN(v, base, &v); power >>= 1; lost |= BUILTIN(base, base, &base); } \
  o[i] = v; } } break

DCS_TARGETS int dcs_strip_binary(int op, int type, const void *va, const void *vb, void *vo, int64_t n) {
  int fault = 0;
  switch (type) {
    case DCS_BOOL: switch (op) {
      case DCS_OP_AND: MAP2(uint8_t, x & y);
      case DCS_OP_OR: MAP2(uint8_t, x | y);
    } break;
    case DCS_INT32: switch (op) {
      case DCS_OP_ADD: ADD_SIGNED(int32_t, uint32_t);
      case DCS_OP_SUB: SUB_SIGNED(int32_t, uint32_t);
      case DCS_OP_MUL: { const int32_t *a = va, *b = vb; int32_t *o = vo, seen = 0;
        DCS_LOOP { int64_t p = (int64_t)a[i] * b[i]; int32_t low = (int32_t)p; seen |= (int32_t)(p >> 32) ^ (low >> 31); o[i] = low; } fault |= seen != 0; } break;
      case DCS_OP_FLOORDIV: case DCS_OP_MOD: fault = dcs_divide_int32(op == DCS_OP_MOD, va, vb, vo, n); break;
      case DCS_OP_POW: POWER(int32_t, __builtin_mul_overflow);
      MIN_MAX(int32_t);
    } break;
    case DCS_INT64: switch (op) {
      case DCS_OP_ADD: ADD_SIGNED(int64_t, uint64_t);
      case DCS_OP_SUB: SUB_SIGNED(int64_t, uint64_t);
      case DCS_OP_MUL: CHECKED(int64_t, __builtin_mul_overflow);
      case DCS_OP_FLOORDIV: case DCS_OP_MOD: fault = dcs_divide_int64(op == DCS_OP_MOD, va, vb, vo, n); break;
      case DCS_OP_POW: POWER(int64_t, __builtin_mul_overflow);
      MIN_MAX(int64_t);
    } break;
    case DCS_UINT64: switch (op) {
      case DCS_OP_ADD: { const uint64_t *a = va, *b = vb; uint64_t *o = vo; DCS_LOOP { uint64_t s = a[i] + b[i]; fault |= s < a[i]; o[i] = s; } } break;
      case DCS_OP_SUB: { const uint64_t *a = va, *b = vb; uint64_t *o = vo; DCS_LOOP { fault |= a[i] < b[i]; o[i] = a[i] - b[i]; } } break;
      case DCS_OP_MUL: CHECKED(uint64_t, __builtin_mul_overflow);
      case DCS_OP_FLOORDIV: case DCS_OP_MOD: fault = dcs_divide_uint64(op == DCS_OP_MOD, va, vb, vo, n); break;
      case DCS_OP_POW: POWER(uint64_t, __builtin_mul_overflow);
      MIN_MAX(uint64_t);
    } break;
    case DCS_FLOAT32: switch (op) { REAL(float, powf) } break;
    case DCS_FLOAT64: switch (op) { REAL(double, pow) } break;
  }
  return fault;
}

#define COMPARE_CASE(OP, SIGN) case OP: DCS_LOOP o[i] = a[i] SIGN b[i]; break;
#define COMPARE(C, T, N) case C: { const T *a = va, *b = vb; switch (op) { \
  COMPARE_CASE(DCS_IS_EQ, ==) COMPARE_CASE(DCS_IS_NE, !=) COMPARE_CASE(DCS_IS_LT, <) COMPARE_CASE(DCS_IS_LE, <=) COMPARE_CASE(DCS_IS_GT, >) COMPARE_CASE(DCS_IS_GE, >=) } } break;

DCS_TARGETS void dcs_strip_compare(int op, int type, const void *va, const void *vb, uint8_t *o, int64_t n) {
  switch (type) { COMPARE(DCS_BOOL, uint8_t, bool) DCS_INTEGERS(COMPARE) COMPARE(DCS_FLOAT32, float, float32) COMPARE(DCS_FLOAT64, double, float64) }
}

// −1, 0, 1 as a is below, equal to or above b; 2 if b is NaN.
static inline int order_signed_unsigned(int64_t a, uint64_t b) { return a < 0 || (uint64_t)a < b ? -1 : (uint64_t)a > b; }
static inline int order_signed_real(int64_t a, double b) {
  if (b != b) return 2;
  if (b >= 0x1p63) return -1;
  if (b < -0x1p63) return 1;
  int64_t whole = (int64_t)b;   // towards 0
  if (a != whole) return a < whole ? -1 : 1;
  double rest = b - (double)whole;
  return rest > 0 ? -1 : rest < 0;
}
static inline int order_unsigned_real(uint64_t a, double b) {
  if (b != b) return 2;
  if (b >= 0x1p64) return -1;
  if (b < 0) return 1;
  uint64_t whole = (uint64_t)b;
  if (a != whole) return a < whole ? -1 : 1;
  return b > (double)whole ? -1 : 0;
}
static inline uint8_t holds(int op, int order) {
  switch (op) {
    case DCS_IS_EQ: return order == 0;
    case DCS_IS_NE: return order != 0;
    case DCS_IS_LT: return order == -1;
    case DCS_IS_LE: return order == -1 || order == 0;
    case DCS_IS_GT: return order == 1;
    default: return order == 1 || order == 0;
  }
}

void dcs_strip_compare_mixed(int op, int left, int right, const void *va, const void *vb, uint8_t *o, int64_t n) {
  if (left == DCS_INT64 && right == DCS_UINT64) { const int64_t *a = va; const uint64_t *b = vb; for (int64_t i = 0; i < n; i++) o[i] = holds(op, order_signed_unsigned(a[i], b[i])); }
  if (left == DCS_INT64 && right == DCS_FLOAT64) { const int64_t *a = va; const double *b = vb; for (int64_t i = 0; i < n; i++) o[i] = holds(op, order_signed_real(a[i], b[i])); }
  if (left == DCS_UINT64 && right == DCS_FLOAT64) { const uint64_t *a = va; const double *b = vb; for (int64_t i = 0; i < n; i++) o[i] = holds(op, order_unsigned_real(a[i], b[i])); }
}

#define SELECT(T) { const T *a = va, *b = vb; T *o = vo; DCS_LOOP o[i] = c[i] ? a[i] : b[i]; } break

DCS_TARGETS void dcs_strip_select(int size, const uint8_t *c, const void *va, const void *vb, void *vo, int64_t n) {
  switch (size) {
    case 1: SELECT(uint8_t);
    case 2: SELECT(uint16_t);
    case 4: SELECT(uint32_t);
    default: SELECT(uint64_t);
  }
}
