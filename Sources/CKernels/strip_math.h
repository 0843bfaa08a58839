// Functions of one or two elements that loops over strips inline.
//
// float32 exp, log, tanh and sigmoid are reckoned in float64, where short polynomials are exact enough that the rounding to float32 is the
// only error that shows, and without branches or tables, so that they vectorise.
#pragma once
#include "include/elementwise.h"
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline double dcs_from_bits(uint64_t bits) { double value; memcpy(&value, &bits, sizeof value); return value; }
static inline uint64_t dcs_to_bits(double value) { uint64_t bits; memcpy(&bits, &value, sizeof bits); return bits; }

// e^x as 2^n (1 + p): |r| ≤ ln 2 / 2, p = e^r − 1 by a polynomial through the Chebyshev nodes, within 2.7e-10 of p. Needs |x| < 700; NaN stays NaN in p.
static inline void dcs_exp_parts(double x, double *scale, double *p) {
  const double shifter = 0x1.8p52;   // adding it leaves the integer nearest to a small number in the low bits
  double shifted = __builtin_fma(x, 0x1.71547652b82fep0, shifter), n = shifted - shifter;
  double r = __builtin_fma(n, -0x1.abc9e3b39803fp-56, __builtin_fma(n, -0x1.62e42fefa39efp-1, x));
  *scale = dcs_from_bits((dcs_to_bits(shifted) << 52) + 0x3ff0000000000000u);
  double q = 0x1.a15179d80ae96p-13;
  q = __builtin_fma(q, r, 0x1.6d7543e4127b8p-10);
  q = __builtin_fma(q, r, 0x1.1110c632a3088p-7);
  q = __builtin_fma(q, r, 0x1.5554accfdb593p-5);
  q = __builtin_fma(q, r, 0x1.55555567532adp-3);
  q = __builtin_fma(q, r, 0x1.000000287f871p-1);
  q = __builtin_fma(q, r, 1.0);
  *p = q * r;
}

static inline double dcs_clamp(double x, double low, double high) { x = x < low ? low : x; return x > high ? high : x; }   // NaN passes

static inline float dcs_expf(float x) {
  double scale, p;
  dcs_exp_parts(dcs_clamp(x, -110, 90), &scale, &p);
  return (float)__builtin_fma(scale, p, scale);
}

static inline float dcs_sigmoidf(float x) {
  double scale, p;
  dcs_exp_parts(-dcs_clamp(x, -110, 110), &scale, &p);
  return (float)(1 / (1 + __builtin_fma(scale, p, scale)));
}

// (e^2x − 1) / (e^2x + 1), with e^2x − 1 = (2^n − 1) + 2^n p, which keeps its digits near 0.
static inline float dcs_tanhf(float x) {
  double scale, p;
  dcs_exp_parts(2 * dcs_clamp(x, -20, 20), &scale, &p);
  double less_one = __builtin_fma(scale, p, scale - 1);
  double t = less_one / (less_one + 2);
  return x == 0 ? x : (float)t;   // keeps −0
}

// log(2^e m) = e ln 2 + 2 atanh((m − 1) / (m + 1)), √½ ≤ m < √2, by the series of atanh to s^15.
static inline float dcs_logf(float value) {
  double x = value;
  uint64_t bits = dcs_to_bits(x), offset = bits - 0x3fe6a09e667f3bcdu;   // √½
  uint64_t biased = (offset >> 52) & 0xfff;
  double e = dcs_from_bits(0x4330000000000000u | ((biased + 2048) & 0xfff)) - (0x1p52 + 2048);
  double m = dcs_from_bits(bits - (offset & 0xfff0000000000000u));
  double s = (m - 1) / (m + 1), z = s * s;
  double q = 1.0 / 15;
  q = q * z + 1.0 / 13;
  q = q * z + 1.0 / 11;
  q = q * z + 1.0 / 9;
  q = q * z + 1.0 / 7;
  q = q * z + 1.0 / 5;
  q = q * z + 1.0 / 3;
  q = q * z + 1;
  double result = e * 0x1.62e42fefa39efp-1 + 2 * s * q;
  result = x == 0 ? -INFINITY : result;
  result = x < 0 ? NAN : result;
  return (float)(x - x == 0 ? result : x < 0 ? NAN : x);   // inf and NaN are their own logarithm, −inf has none
}

// Python's and numpy's: the remainder has the sign of the divisor; a zero divisor gives what a / b gives.
static inline double dcs_floor_mod(double a, double b) {
  double r = fmod(a, b);
  if (r == 0) return copysign(0, b);
  return (r < 0) != (b < 0) ? r + b : r;
}

static inline double dcs_floor_divide(double a, double b) {
  if (b == 0) return a / b;
  double r = fmod(a, b), q = (a - r) / b;
  if (r != 0 && (r < 0) != (b < 0)) q -= 1;
  if (q == 0) return copysign(0, a / b);
  double whole = floor(q);
  return q - whole > 0.5 ? whole + 1 : whole;   // q is whole but for rounding
}

#define DCS_DIVIDE_SIGNED(NAME, T, LOW) \
  static inline int NAME(int mod, const T *a, const T *b, T *o, int64_t n) { \
    int fault = 0; \
    for (int64_t i = 0; i < n; i++) { \
      T x = a[i], y = b[i]; \
      if (y == 0) { fault |= DCS_ZERO_DIVISOR; o[i] = 0; continue; } \
      if (y == -1) { if (!mod) fault |= x == LOW; o[i] = mod || x == LOW ? 0 : -x; continue; } \
      T q = x / y, r = x % y; \
      int below = r != 0 && (r < 0) != (y < 0); \
      o[i] = mod ? (below ? r + y : r) : q - below; \
    } \
    return fault; \
  }
DCS_DIVIDE_SIGNED(dcs_divide_int32, int32_t, INT32_MIN)
DCS_DIVIDE_SIGNED(dcs_divide_int64, int64_t, INT64_MIN)

static inline int dcs_divide_uint64(int mod, const uint64_t *a, const uint64_t *b, uint64_t *o, int64_t n) {
  int fault = 0;
  for (int64_t i = 0; i < n; i++) {
    if (b[i] == 0) { fault |= DCS_ZERO_DIVISOR; o[i] = 0; } else o[i] = mod ? a[i] % b[i] : a[i] / b[i];
  }
  return fault;
}
