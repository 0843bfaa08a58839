// Elementwise arithmetic on strips: short runs of elements that stay in the first-level cache while an expression is applied to them.
//
// Types are numbered as in `DType.allCases`. A bool is one byte, 0 or 1. Buffers of one call either are the same or do not overlap.
// The *wide* types are those in which arithmetic is done: int32, int64, uint64, float32, float64.
// Floating-point contraction is off, so every instruction set gives the same bits.
#pragma once
#include <stdint.h>

enum dcs_type {
  DCS_BOOL, DCS_UINT8, DCS_UINT16, DCS_UINT32, DCS_UINT64, DCS_INT8, DCS_INT16, DCS_INT32, DCS_INT64, DCS_FLOAT16, DCS_FLOAT32, DCS_FLOAT64
};

/// Elements of a strip: 8 KiB of the widest type.
#define DCS_STRIP_LENGTH 1024

enum dcs_cast_mode { DCS_CAST_CHECKED, DCS_CAST_CLIP };

/// Copies n elements that lie `stride` elements apart (may be 0 or negative) to a packed run, elements of `size` bytes.
void dcs_gather(int size, const void *source, int64_t stride, void *target, int64_t n);

/// The reverse of dcs_gather.
void dcs_scatter(int size, const void *source, void *target, int64_t stride, int64_t n);

/// Widens any type to a wide one. Exact, but for 32- and 64-bit integers to float32 and 64-bit ones to float64, which round to nearest.
/// Not for float to integer, nor where a value may not fit.
void dcs_widen(int from, int to, const void *source, void *target, int64_t n);

/// Casts any type to any type, rounding half to even.
/// Checked: returns how many values do not fit (NaN fits no integer); what is stored for them is unspecified.
/// Clip: saturates, finite values to the largest finite one; returns how many were NaN where an integer is wanted.
int64_t dcs_cast(int from, int to, int mode, const void *source, void *target, int64_t n);

/// target = (source − shift) · scale, as float32; integers of 32 bits and more and float64 are reckoned in float64.
void dcs_normalise(int from, const void *source, float *target, int64_t n, double shift, double scale);

enum dcs_unary { DCS_FN_NEG, DCS_FN_ABS, DCS_FN_SQRT, DCS_FN_EXP, DCS_FN_LOG, DCS_FN_TANH, DCS_FN_SIGMOID, DCS_FN_ROUND, DCS_FN_FLOOR, DCS_FN_CEIL, DCS_FN_ISNAN, DCS_FN_NOT };
enum dcs_binary { DCS_OP_ADD, DCS_OP_SUB, DCS_OP_MUL, DCS_OP_DIV, DCS_OP_FLOORDIV, DCS_OP_MOD, DCS_OP_POW, DCS_OP_MIN, DCS_OP_MAX, DCS_OP_AND, DCS_OP_OR };
enum dcs_comparison { DCS_IS_EQ, DCS_IS_NE, DCS_IS_LT, DCS_IS_LE, DCS_IS_GT, DCS_IS_GE };

/// Why an integer strip is wrong somewhere; bits, or-ed over the strip.
enum dcs_fault { DCS_OVERFLOW = 1, DCS_ZERO_DIVISOR = 2, DCS_NEGATIVE_POWER = 4 };

/// o = op(a) in a wide type. NEG of uint64 gives int64; ISNAN gives bool; NOT takes and gives bool (type DCS_BOOL). Returns faults.
/// float32 exp, log, tanh and sigmoid are reckoned in float64 and are within 0.51 ulp; float64 ones are those of the C library.
int dcs_strip_unary(int op, int type, const void *a, void *o, int64_t n);

/// o = a op b in a wide type; AND and OR on DCS_BOOL. `//` and `%` round to minus infinity. Returns faults; where there are any, o is unspecified.
/// MIN and MAX give NaN where either side is NaN.
int dcs_strip_binary(int op, int type, const void *a, const void *b, void *o, int64_t n);

/// o = a op b as bool, both of one type (any but float16). NaN is unequal to everything.
void dcs_strip_compare(int op, int type, const void *a, const void *b, uint8_t *o, int64_t n);

/// The same between int64 or uint64 on the left and uint64 or float64 on the right, mathematically exact.
void dcs_strip_compare_mixed(int op, int left, int right, const void *a, const void *b, uint8_t *o, int64_t n);

/// o = c ? a : b, elements of `size` bytes.
void dcs_strip_select(int size, const uint8_t *c, const void *a, const void *b, void *o, int64_t n);
