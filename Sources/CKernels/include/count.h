// Counting elements of strips of at most DCS_STRIP_LENGTH: by value, by bin, by digit.
#pragma once
#include "elementwise.h"

/// Tables that dcs_reduce_counts and dcs_reduce_histogram spread their counts over: neighbours of one value then do not wait for each other.
/// Element k of a strip goes to a table that k decides; the sum of all tables is the count.
enum { DCS_COUNT_TABLES = 4 };

/// Adds to counts[v − lowest value of the type] for each element v. bool, 8- and 16-bit integers.
/// counts: DCS_COUNT_TABLES tables of 256 behind one another for bool and 8 bits, one of 65,536 for 16 bits.
void dcs_reduce_counts(int type, const void *a, int64_t n, int64_t *counts);

/// The bin b of each value in [edges[b], edges[b + 1]), the last bin closed; `edges` ascends evenly, bins < 2^31 − 3. What lies below is in `bins`, above in
/// bins + 1, NaN in bins + 2.
void dcs_histogram_bins(const double *a, int64_t n, const double *edges, int32_t bins, int32_t *to);

/// Adds to the counts of those bins. counts: DCS_COUNT_TABLES tables of bins + 3 behind one another.
void dcs_reduce_histogram(const double *a, int64_t n, const double *edges, int64_t bins, int64_t *counts);

/// Unsigned keys that ascend with the elements, in as many low bits as an element has. NaN gives UINT64_MAX, −0 what 0 gives.
void dcs_reduce_keys(int type, const void *a, int64_t n, uint64_t *keys);

/// How many of n keys are UINT64_MAX.
int64_t dcs_count_last(const uint64_t *keys, int64_t n);

/// Counts keys that begin with one of `slots` prefixes by their next digit: counts[s << bits | (key >> shift) & (2^bits − 1)] for key >> (shift + bits) == prefixes[s].
/// If `skip`, keys of UINT64_MAX are passed over.
void dcs_count_digits(const uint64_t *keys, int64_t n, int skip, const uint64_t *prefixes, int64_t slots, int shift, int bits, int64_t *counts);
