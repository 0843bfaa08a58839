// Counting elements of strips: what histograms, percentiles and distinct values of small types rest on.
//
// What may be known without looking at a table is reckoned for the whole strip first, in vectors; the tables themselves are counted into one by one.
#include "include/count.h"
#include "strip_targets.h"
#include <string.h>

// Eight elements of one byte at a time, into four tables in turn; `flip` makes a signed byte ascend.
static void count_bytes(const uint8_t *a, int64_t n, uint8_t flip, int64_t *counts) {
  int64_t *t0 = counts, *t1 = counts + 256, *t2 = counts + 512, *t3 = counts + 768, i = 0;
  for (; i + 8 <= n; i += 8) {
    uint64_t w;
    memcpy(&w, a + i, 8);
    w ^= 0x0101010101010101u * flip;
    t0[w & 255]++; t1[w >> 8 & 255]++; t2[w >> 16 & 255]++; t3[w >> 24 & 255]++;
    t0[w >> 32 & 255]++; t1[w >> 40 & 255]++; t2[w >> 48 & 255]++; t3[w >> 56]++;
  }
  for (; i < n; i++) t0[a[i] ^ flip]++;
}

void dcs_reduce_counts(int type, const void *va, int64_t n, int64_t *counts) {
  switch (type) {
    case DCS_BOOL: case DCS_UINT8: count_bytes(va, n, 0, counts); break;
    case DCS_INT8: count_bytes(va, n, 128, counts); break;
    case DCS_UINT16: { const uint16_t *a = va; for (int64_t i = 0; i < n; i++) counts[a[i]]++; } break;
    case DCS_INT16: { const int16_t *a = va; for (int64_t i = 0; i < n; i++) counts[a[i] + 32768]++; } break;
  }
}

DCS_TARGETS void dcs_histogram_bins(const double *a, int64_t n, const double *edges, int32_t bins, int32_t *to) {
  double low = edges[0], high = edges[bins], scale = (double)bins / (high - low), top = (double)(bins - 1);
  DCS_LOOP {
    double x = a[i], place = (x - low) * scale;
    place = place > 0 ? place : 0;   // NaN, too
    place = place < top ? place : top;
    int32_t bin = (int32_t)place;
    int32_t under = x < edges[bin], over = x >= edges[bin + 1];   // what the division rounded over an edge goes back
    int32_t moved = bin - (under & (bin > 0)) + (over & (bin < bins - 1));
    to[i] = x != x ? bins + 2 : x < low ? bins : x > high ? bins + 1 : moved;
  }
}

void dcs_reduce_histogram(const double *a, int64_t n, const double *edges, int64_t bins, int64_t *counts) {
  int32_t to[DCS_STRIP];
  int64_t width = bins + 3, i = 0;
  dcs_histogram_bins(a, n, edges, (int32_t)bins, to);
  int64_t *t0 = counts, *t1 = counts + width, *t2 = t1 + width, *t3 = t2 + width;
  for (; i + 4 <= n; i += 4) { t0[to[i]]++; t1[to[i + 1]]++; t2[to[i + 2]]++; t3[to[i + 3]]++; }
  for (; i < n; i++) t0[to[i]]++;
}

#define KEYS_UNSIGNED(C, T, N) case C: { const T *a = va; DCS_LOOP keys[i] = a[i]; } break;
#define KEYS_SIGNED(T, U) { const T *a = va; DCS_LOOP keys[i] = (U)((U)a[i] ^ (U)((U)1 << (8 * sizeof(U) - 1))); } break
// b: the bits of an element. Negative ones descend, so all their bits are flipped; of the others only the sign is.
#define KEYS_REAL(S, U, INF) { const U *a = va; const U sign = (U)((U)1 << (8 * sizeof(U) - 1)); \
  DCS_LOOP { U b = a[i], m = b & (U)~sign; b = m ? b : 0; U k = b ^ (U)((U)((S)b >> (8 * sizeof(U) - 1)) | sign); keys[i] = m > (U)INF ? UINT64_MAX : k; } } break

DCS_TARGETS void dcs_reduce_keys(int type, const void *va, int64_t n, uint64_t *keys) {
  switch (type) {
    KEYS_UNSIGNED(DCS_BOOL, uint8_t, bool) KEYS_UNSIGNED(DCS_UINT8, uint8_t, uint8) KEYS_UNSIGNED(DCS_UINT16, uint16_t, uint16)
    KEYS_UNSIGNED(DCS_UINT32, uint32_t, uint32) KEYS_UNSIGNED(DCS_UINT64, uint64_t, uint64)
    case DCS_INT8: KEYS_SIGNED(int8_t, uint8_t);
    case DCS_INT16: KEYS_SIGNED(int16_t, uint16_t);
    case DCS_INT32: KEYS_SIGNED(int32_t, uint32_t);
    case DCS_INT64: KEYS_SIGNED(int64_t, uint64_t);
    case DCS_FLOAT16: KEYS_REAL(int16_t, uint16_t, 0x7c00);
    case DCS_FLOAT32: KEYS_REAL(int32_t, uint32_t, 0x7f800000);
    case DCS_FLOAT64: KEYS_REAL(int64_t, uint64_t, 0x7ff0000000000000);
  }
}

DCS_TARGETS int64_t dcs_count_last(const uint64_t *keys, int64_t n) {
  int64_t found = 0;
  DCS_LOOP found += keys[i] == UINT64_MAX;
  return found;
}

// Whether any of 64 keys begins with a prefix.
DCS_TARGETS static int meets(const uint64_t *keys, int64_t n, int shift, uint64_t prefix) {
  int found = 0;
  DCS_LOOP found |= keys[i] >> shift == prefix;
  return found;
}

void dcs_count_digits(const uint64_t *keys, int64_t n, int skip, const uint64_t *prefixes, int64_t slots, int shift, int bits, int64_t *counts) {
  const uint64_t mask = ((uint64_t)1 << bits) - 1;
  const int top = shift + bits;
  for (int64_t s = 0; s < slots; s++) {
    int64_t *table = counts + (s << bits);
    for (int64_t begin = 0; begin < n; begin += 64) {
      const int64_t length = n - begin < 64 ? n - begin : 64;
      const uint64_t *k = keys + begin;
      if (top < 64 && !meets(k, length, top, prefixes[s])) continue;
      for (int64_t i = 0; i < length; i++) {
        if (top < 64 && k[i] >> top != prefixes[s]) continue;
        if (skip && k[i] == UINT64_MAX) continue;
        table[k[i] >> shift & mask]++;
      }
    }
  }
}
