// Products of gradients with shifted inputs for AVX2, channels of the gradient in the lanes: the other way round than `dots`, which has positions there.
// No lanes are summed up in the end, and positions between rows are left out: a quarter fewer products for rows of 9, and as many for long ones.
//
// A tile has 3 groups of 8 channels x 4 columns (or 2 x 6): a position costs 7 (8) loads for 12 multiply-adds. Assembly, as in conv_avx2.c.
#if defined(__x86_64__)
#include "conv_avx2.h"

// Sums lie as [column * vectors + vector].
#define COLUMN3(c, a, b, d) "vbroadcastss (%[c" #c "],%[p]), %%ymm15\n vfmadd231ps %%ymm12, %%ymm15, %[s" #a "]\n" \
                            "vfmadd231ps %%ymm13, %%ymm15, %[s" #b "]\n vfmadd231ps %%ymm14, %%ymm15, %[s" #d "]\n"
#define COLUMN2(c, a, b, r) "vbroadcastss (%[c" #c "],%[p]), %%ymm" #r "\n vfmadd231ps %%ymm12, %%ymm" #r ", %[s" #a "]\n vfmadd231ps %%ymm13, %%ymm" #r ", %[s" #b "]\n"

TILE void add_tile(const conv_outer *o, const __m256 *sum, int64_t group, int64_t column, const int vectors, const int columns) {
  UNROLL for (int j = 0; j < columns; j++)
    UNROLL for (int v = 0; v < vectors; v++) {
      float *to = o->sums + (group + v) * o->sums_group + (column + j) * 8;
      _mm256_storeu_ps(to, _mm256_add_ps(_mm256_loadu_ps(to), sum[j * vectors + v]));
    }
}

TARGET static void tile_3x4(const conv_outer *o, int64_t group, int64_t column) {
  __m256 sum[12];
  UNROLL for (int i = 0; i < 12; i++) sum[i] = _mm256_setzero_ps();
  const float *d0 = o->dy + group * o->dy_group, *d1 = d0 + o->dy_group, *d2 = d1 + o->dy_group;
  const float *c0 = o->columns[column], *c1 = o->columns[column + 1], *c2 = o->columns[column + 2], *c3 = o->columns[column + 3];
  for (int64_t row = 0; row < o->rows; row++)
    for (int64_t p = row * o->pitch * 4, end = p + o->width * 4; p < end; p += 4)   // bytes
      __asm__ volatile("vmovups (%[d0],%[p],8), %%ymm12\n vmovups (%[d1],%[p],8), %%ymm13\n vmovups (%[d2],%[p],8), %%ymm14\n"
                       COLUMN3(0, 0, 1, 2) COLUMN3(1, 3, 4, 5) COLUMN3(2, 6, 7, 8) COLUMN3(3, 9, 10, 11)
                       : SUMS(sum)
                       : [d0] "r"(d0), [d1] "r"(d1), [d2] "r"(d2), [c0] "r"(c0), [c1] "r"(c1), [c2] "r"(c2), [c3] "r"(c3), [p] "r"(p)
                       : "ymm12", "ymm13", "ymm14", "ymm15", "memory");
  add_tile(o, sum, group, column, 3, 4);
}

TARGET static void tile_2x6(const conv_outer *o, int64_t group, int64_t column) {
  __m256 sum[12];
  UNROLL for (int i = 0; i < 12; i++) sum[i] = _mm256_setzero_ps();
  const float *d0 = o->dy + group * o->dy_group, *d1 = d0 + o->dy_group;
  const float *c0 = o->columns[column], *c1 = o->columns[column + 1], *c2 = o->columns[column + 2], *c3 = o->columns[column + 3];
  const float *c4 = o->columns[column + 4], *c5 = o->columns[column + 5];
  for (int64_t row = 0; row < o->rows; row++)
    for (int64_t p = row * o->pitch * 4, end = p + o->width * 4; p < end; p += 4)
      __asm__ volatile("vmovups (%[d0],%[p],8), %%ymm12\n vmovups (%[d1],%[p],8), %%ymm13\n"
                       COLUMN2(0, 0, 1, 14) COLUMN2(1, 2, 3, 15) COLUMN2(2, 4, 5, 14) COLUMN2(3, 6, 7, 15) COLUMN2(4, 8, 9, 14) COLUMN2(5, 10, 11, 15)
                       : SUMS(sum)
                       : [d0] "r"(d0), [d1] "r"(d1), [c0] "r"(c0), [c1] "r"(c1), [c2] "r"(c2), [c3] "r"(c3), [c4] "r"(c4), [c5] "r"(c5), [p] "r"(p)
                       : "ymm12", "ymm13", "ymm14", "ymm15", "memory");
  add_tile(o, sum, group, column, 2, 6);
}

// What the tiles leave over.
TILE void tile(const conv_outer *o, int64_t group, int64_t column, const int vectors, const int columns) {
  __m256 sum[12];
  UNROLL for (int i = 0; i < vectors * columns; i++) sum[i] = _mm256_setzero_ps();
  for (int64_t row = 0; row < o->rows; row++)
    for (int64_t p = row * o->pitch, end = p + o->width; p < end; p++)
      UNROLL for (int v = 0; v < vectors; v++) {
        __m256 dy = _mm256_loadu_ps(o->dy + (group + v) * o->dy_group + p * 8);
        UNROLL for (int j = 0; j < columns; j++) sum[j * vectors + v] = _mm256_fmadd_ps(dy, _mm256_broadcast_ss(o->columns[column + j] + p), sum[j * vectors + v]);
      }
  add_tile(o, sum, group, column, vectors, columns);
}

TARGET void conv_outer_avx2(const conv_outer *o) {
  for (int64_t group = 0; group < o->groups;) {
    int64_t left = o->groups - group, column = 0;
    if (left == 3 || left > 4) {
      for (; column + 4 <= o->column_count; column += 4) tile_3x4(o, group, column);
      for (; column < o->column_count; column++) tile(o, group, column, 3, 1);
      group += 3;
    } else if (left > 1) {
      for (; column + 6 <= o->column_count; column += 6) tile_2x6(o, group, column);
      for (; column < o->column_count; column++) tile(o, group, column, 2, 1);
      group += 2;
    } else {
      for (; column + 6 <= o->column_count; column += 6) tile(o, group, column, 1, 6);
      for (; column < o->column_count; column++) tile(o, group, column, 1, 1);
      group++;
    }
  }
}
#endif
