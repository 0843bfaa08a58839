// Eight channels from rows of their own to side by side, and back, for AVX2.
#if defined(__x86_64__)
#include "conv_avx2.h"

// columns[j][i] = rows[i][j]
TILE void transpose(const __m256 *rows, __m256 *columns) {
  __m256 pair[8], four[8];
  UNROLL for (int i = 0; i < 8; i += 2) pair[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]), pair[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  UNROLL for (int i = 0; i < 8; i += 4) {
    four[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44), four[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xee);
    four[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44), four[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
  }
  UNROLL for (int i = 0; i < 4; i++) {
    columns[i] = _mm256_permute2f128_ps(four[i], four[i + 4], 0x20);
    columns[i + 4] = _mm256_permute2f128_ps(four[i], four[i + 4], 0x31);
  }
}

// to[x][m] = rows[m][x]
TARGET void conv_interleave_avx2(const float *const *rows, int64_t count, float *to) {
  int64_t x = 0;
  for (; x + 8 <= count; x += 8) {
    __m256 r[8], c[8];
    UNROLL for (int m = 0; m < 8; m++) r[m] = _mm256_loadu_ps(rows[m] + x);
    transpose(r, c);
    UNROLL for (int i = 0; i < 8; i++) _mm256_storeu_ps(to + (x + i) * 8, c[i]);
  }
  for (; x < count; x++)
    for (int m = 0; m < 8; m++) to[x * 8 + m] = rows[m][x];
}

// to[m][x] = from[x][m]
TARGET void conv_separate_avx2(const float *from, int64_t count, float *to, int64_t step) {
  int64_t x = 0;
  for (; x + 8 <= count; x += 8) {
    __m256 r[8], c[8];
    UNROLL for (int i = 0; i < 8; i++) r[i] = _mm256_loadu_ps(from + (x + i) * 8);
    transpose(r, c);
    UNROLL for (int m = 0; m < 8; m++) _mm256_storeu_ps(to + m * step + x, c[m]);
  }
  for (; x < count; x++)
    for (int m = 0; m < 8; m++) to[m * step + x] = from[x * 8 + m];
}
#endif
