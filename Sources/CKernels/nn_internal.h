// What the kernels of nn.h share: walking over rows, and elementary functions that vectorise and round the same everywhere.
#pragma once
#include "clones.h"
#include "include/nn.h"
#include <stddef.h>
#include <string.h>

#define INLINED static inline __attribute__((always_inline))

static inline float *row_of(const dcs_tensor *t, int64_t c, int64_t z, int64_t y) { return t->data + c * t->sc + z * t->sz + y * t->sy; }

// One row of a pointwise kernel: y[x] from a[x], b[x].
typedef void (*row_body)(const void *settings, int64_t count, const float *a, const float *b, float *y);

/// Calls `body` for each row of y, or for whole planes where all tensors are dense; a and b may be NULL.
void dcs_run_rows(dcs_pool *pool, row_body body, const void *settings, const dcs_tensor *a, const dcs_tensor *b, const dcs_tensor *y);

INLINED float float_of_bits(uint32_t bits) { float value; memcpy(&value, &bits, 4); return value; }
INLINED uint32_t bits_of_float(float value) { uint32_t bits; memcpy(&bits, &value, 4); return bits; }

// e^x to 1.2e-7 relative, for x in -87...88 and clamped to that; polynomial of Cephes expf (Moshier).
INLINED float exponential(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  const float shift = 12582912.0f;   // 1.5 * 2^23: adding it rounds to an integer
  float shifted = x * 1.44269504f + shift, n = shifted - shift;
  float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * float_of_bits((bits_of_float(shifted) - bits_of_float(shift) + 127) << 23);
}

// log(1 + x) for x in 0...1, by 2 atanh(x / (2 + x)).
INLINED float log_one_plus(float x) {
  float s = x / (2.0f + x), q = s * s;
  float p = 1.0f / 13;
  p = p * q + 1.0f / 11;
  p = p * q + 1.0f / 9;
  p = p * q + 1.0f / 7;
  p = p * q + 1.0f / 5;
  p = p * q + 1.0f / 3;
  return 2.0f * s + 2.0f * s * q * p;
}

// log x for normal x >= 1.
INLINED float logarithm(float x) {
  uint32_t bits = bits_of_float(x);
  float exponent = (float)((int32_t)(bits >> 23) - 127);
  float mantissa = float_of_bits((bits & 0x7fffff) | 0x3f800000);
  return exponent * 0.693147181f + log_one_plus(mantissa - 1.0f);
}

INLINED float sigmoid(float x) {
  float e = exponential(x < 0 ? x : -x), s = 1.0f / (1.0f + e);
  return x < 0 ? e * s : s;
}

// The polynomial of Cephes tanhf below 0.625, where 1 - 2 / (e^2x + 1) cancels.
INLINED float hyperbolic_tangent(float x) {
  float size = x < 0 ? -x : x, q = x * x;
  float p = -5.70498872745e-3f;
  p = p * q + 2.06390887954e-2f;
  p = p * q - 5.37397155531e-2f;
  p = p * q + 1.33314422036e-1f;
  p = p * q - 3.33332819422e-1f;
  float small = p * q * x + x, large = 1.0f - 2.0f / (exponential(2.0f * size) + 1.0f);
  return size < 0.625f ? small : x < 0 ? -large : large;
}

// The share of a standard normal distribution below x: Abramowitz & Stegun 7.1.26 for 1 - erf(|x| / sqrt 2).
INLINED float normal_share(float x) {
  float z = (x < 0 ? -x : x) * 0.707106781f, t = 1.0f / (1.0f + 0.3275911f * z);
  float p = 1.061405429f;
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  float rest = 0.5f * p * t * exponential(-z * z);
  return x < 0 ? rest : 1.0f - rest;
}
