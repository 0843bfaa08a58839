// Reductions of strips of at most DCS_STRIP_LENGTH elements. All of them are exact, so that results do not depend on how an array is cut.
#pragma once
#include "elementwise.h"

/// Lowest and highest element: as int64 for signed types, uint64 for bool and unsigned ones, double for floats (−0 below 0; NaN passed over, and
/// infinities too if `finite`). Only what is lower or higher than what `low` and `high` hold replaces it.
void dcs_reduce_range(int type, const void *a, int64_t n, int finite, void *low, void *high);

/// Adds to counts: how many NaN, +inf, −inf. Floats only.
void dcs_reduce_specials(int type, const void *a, int64_t n, int64_t counts[3]);

/// The sum of bools or integers, as a 128-bit two's complement number: low half, high half.
void dcs_reduce_sum(int type, const void *a, int64_t n, uint64_t sum[2]);

/// The sum of squares of bools or integers as 192 bits, low part first.
void dcs_reduce_squares(int type, const void *a, int64_t n, uint64_t sum[3]);

enum { DCS_PARTS = 2 * DCS_STRIP_LENGTH };

/// Splits the sum of the finite elements of a float strip (or of their squares) into doubles whose exact sum it is. Returns how many; at most DCS_PARTS.
/// A square that leaves float64 counts as infinite: adds to *lost.
int dcs_reduce_parts(int type, const void *a, int64_t n, int squares, double parts[DCS_PARTS], int64_t *lost);

/// Adds to counts[v − lowest value of the type] for each element v. bool, 8- and 16-bit integers.
void dcs_reduce_counts(int type, const void *a, int64_t n, int64_t *counts);

/// Adds to counts[b] for each value in [edges[b], edges[b + 1]), the last bin closed; `edges` ascends evenly. below, above and NaN values are added to outside[0...2].
void dcs_reduce_histogram(const double *a, int64_t n, const double *edges, int64_t bins, int64_t *counts, int64_t outside[3]);

/// Unsigned keys that ascend with the elements, in as many low bits as an element has. NaN gives UINT64_MAX, −0 what 0 gives.
void dcs_reduce_keys(int type, const void *a, int64_t n, uint64_t *keys);
