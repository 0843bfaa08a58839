// Reductions of strips of at most DCS_STRIP_LENGTH elements, or longer ones where it says so. All of them are exact, so that results do not depend on how an array is cut.
#pragma once
#include "elementwise.h"

/// Lowest and highest element: as int64 for signed types, uint64 for bool and unsigned ones, double for floats (−0 below 0; NaN passed over, and
/// infinities too if `finite`). Only what is lower or higher than what `low` and `high` hold replaces it. Of any length. Returns 1 if NaN or an infinity is among them.
int dcs_reduce_range(int type, const void *a, int64_t n, int finite, void *low, void *high);

/// Adds to counts: how many NaN, +inf, −inf. Floats only.
void dcs_reduce_specials(int type, const void *a, int64_t n, int64_t counts[3]);

/// Bools and integers of at most 16 bits: so many have a sum (and 8-bit ones a sum of squares) of 32 bits.
enum { DCS_SUM_LENGTH = 1 << 15 };

/// The sum of up to DCS_SUM_LENGTH bools or integers, as a 128-bit two's complement number: low half, high half.
void dcs_reduce_sum(int type, const void *a, int64_t n, uint64_t sum[2]);

/// The sum of squares of as many bools or integers as 192 bits, low part first.
void dcs_reduce_squares(int type, const void *a, int64_t n, uint64_t sum[3]);

/// The usual case of what follows, in one or two passes: float16 and float32 without NaN and infinities whose magnitudes but 0 lie within 2^19 of each other.
/// Returns 1 and gives the exact sum in sums[0] and, if wanted, the sum of squares as sums[1] + sums[2]; 0 for all else, and then sums hold nothing of use.
int dcs_reduce_plain(int type, const void *a, int64_t n, int squares, double sums[3]);

enum { DCS_PARTS = 2 * DCS_STRIP_LENGTH };

/// Splits the sum of the finite elements of a float strip (or of their squares) into doubles whose exact sum it is. Returns how many; at most DCS_PARTS.
/// A square that leaves float64 counts as infinite: adds to *lost.
int dcs_reduce_parts(int type, const void *a, int64_t n, int squares, double parts[DCS_PARTS], int64_t *lost);
