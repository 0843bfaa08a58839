// The transforms of conv_winograd.h on rows, a vector at a time; each instruction level includes this with its TARGET and LANES.
// The same operations in the same order on all levels that fuse multiply and add.

// `finish_vector` is the level's.

#define ROWS TARGET static inline __attribute__((always_inline))

// a = 3/4, b = 3/2; o = B^T d: the coefficients of x(x^2 - a^2)(x^2 - b^2) with one factor left out.
ROWS void points_of_inputs(const row_vector *d, int step, row_vector *o) {
  const float a = 0.75f, b = 1.5f, aa = 0.5625f, bb = 2.25f;
  row_vector d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
  row_vector even_a = d4 - d2 * bb, odd_a = d3 - d1 * bb, even_b = d4 - d2 * aa, odd_b = d3 - d1 * aa;
  o[0] = (d4 - d2 * (aa + bb)) + d0 * (aa * bb);
  o[1] = even_a + odd_a * a;
  o[2] = even_a - odd_a * a;
  o[3] = even_b + odd_b * b;
  o[4] = even_b - odd_b * b;
  o[5] = (d5 - d3 * (aa + bb)) + d1 * (aa * bb);
}

// o = A^T m: powers of the points.
ROWS void outputs_of_points(const row_vector *m, int step, row_vector *o) {
  const float a = 0.75f, b = 1.5f, aa = 0.5625f, bb = 2.25f;
  row_vector even_a = m[step] + m[2 * step], odd_a = m[step] - m[2 * step], even_b = m[3 * step] + m[4 * step], odd_b = m[3 * step] - m[4 * step];
  o[0] = (m[0] + even_a) + even_b;
  o[1] = odd_a * a + odd_b * b;
  o[2] = even_a * aa + even_b * bb;
  o[3] = (m[5 * step] + odd_a * (a * aa)) + odd_b * (b * bb);
}

// o = A y, the transpose of that.
ROWS void points_of_outputs(const row_vector *y, int step, row_vector *o) {
  const float a = 0.75f, b = 1.5f, aa = 0.5625f, bb = 2.25f;
  row_vector y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  row_vector even_a = y0 + y2 * aa, odd_a = y1 + y3 * aa, even_b = y0 + y2 * bb, odd_b = y1 + y3 * bb;
  o[0] = y0;
  o[1] = even_a + odd_a * a;
  o[2] = even_a - odd_a * a;
  o[3] = even_b + odd_b * b;
  o[4] = even_b - odd_b * b;
  o[5] = y3;
}

// The lines of so many points do not fit in the first cache, and are too many for the machine to foresee: asked for two vectors ahead.
enum { AHEAD = 32 };

// `taken` rows along y become 6; then the same along z where there are `taken` planes (else there is one).
#define TRANSFORM(name, points, taken)                                                                              \
  ROWS void name##_planes(const conv_rows *r, const int planes) {                                                   \
    for (int64_t x = 0; x < r->count; x += LANES) {                                                                 \
      row_vector lines[taken * 6], column[taken], result[6];                                                        \
      UNROLL for (int z = 0; z < planes; z++) {                                                                     \
        UNROLL for (int y = 0; y < taken; y++) column[y] = *(const row_vector *)(r->rows[z * taken + y] + x);       \
        points(column, 1, lines + z * 6);                                                                           \
      }                                                                                                             \
      UNROLL for (int y = 0; y < 6; y++) {                                                                          \
        if (planes == 1) result[0] = lines[y]; else points(lines + y, 6, result);                                   \
        UNROLL for (int z = 0; z < (planes == 1 ? 1 : 6); z++) {                                                    \
          float *to = r->to + (z * 6 + y) * r->plane + x;                                                           \
          *(row_vector *)to = result[z];                                                                            \
          __builtin_prefetch(to + AHEAD, 1);                                                                        \
        }                                                                                                           \
      }                                                                                                             \
    }                                                                                                               \
  }                                                                                                                 \
  TARGET static void name(const conv_rows *r) {                                                                     \
    if (r->planes == 1) name##_planes(r, 1); else name##_planes(r, taken);                                          \
  }

TRANSFORM(transform_inputs, points_of_inputs, 6)
TRANSFORM(transform_gradients, points_of_outputs, 4)

// As those, from 6 points an axis to 4 rows.
ROWS void transform_sums_planes(const conv_sums *s, const int planes) {
  for (int64_t x = 0; x < s->count; x += LANES) {
    row_vector lines[6 * 4], column[6], result[4];
    UNROLL for (int z = 0; z < planes; z++) {
      UNROLL for (int y = 0; y < 6; y++) {
        const float *point = s->points[z * 6 + y] + x;
        column[y] = *(const row_vector *)point;
        __builtin_prefetch(point + AHEAD);
      }
      outputs_of_points(column, 1, lines + z * 4);
    }
    UNROLL for (int y = 0; y < 4; y++) {
      if (planes == 1) result[0] = lines[y]; else outputs_of_points(lines + y, 4, result);
      UNROLL for (int z = 0; z < (planes == 1 ? 1 : 4); z++)
        if (s->rows[z * 4 + y]) finish_vector(&result[z], s->count - x, s->bias, s->how, s->rows[z * 4 + y] + x);
    }
  }
}

TARGET static void transform_sums(const conv_sums *s) {
  if (s->planes == 1) transform_sums_planes(s, 1); else transform_sums_planes(s, 6);
}
