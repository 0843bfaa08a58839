// The transforms of conv_winograd.h on rows, a vector at a time; each instruction level includes this with its TARGET and LANES.
// The same operations in the same order on all levels that fuse multiply and add.

// `finish_vector` is the level's.

#define ROWS TARGET static inline __attribute__((always_inline))

// o = B^T d for the points a, -a, b, -b, infinity of F(3, 3): the coefficients of (x^2 - a^2)(x^2 - b^2) with one factor left out; for tiles of 4
// times x, and the point 0 before them.
ROWS void points_of_inputs(const row_vector *d, int step, const int tile, row_vector *o) {
  const float a = tile == 4 ? 0.75f : 0.5f, b = 1.5f, aa = a * a, bb = b * b;
  row_vector d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
  if (tile == 4) {
    row_vector d5 = d[5 * step], even_a = d4 - d2 * bb, odd_a = d3 - d1 * bb, even_b = d4 - d2 * aa, odd_b = d3 - d1 * aa;
    o[0] = (d4 - d2 * (aa + bb)) + d0 * (aa * bb);
    o[1] = even_a + odd_a * a;
    o[2] = even_a - odd_a * a;
    o[3] = even_b + odd_b * b;
    o[4] = even_b - odd_b * b;
    o[5] = (d5 - d3 * (aa + bb)) + d1 * (aa * bb);
    return;
  }
  row_vector even_a = d2 - d0 * bb, odd_a = d3 - d1 * bb, even_b = d2 - d0 * aa, odd_b = d3 - d1 * aa;
  o[0] = even_a * a + odd_a;
  o[1] = even_a * a - odd_a;
  o[2] = even_b * b + odd_b;
  o[3] = even_b * b - odd_b;
  o[4] = (d4 - d2 * (aa + bb)) + d0 * (aa * bb);
}

// o = A^T m: powers of the points.
ROWS void outputs_of_points(const row_vector *m, int step, const int tile, row_vector *o) {
  const float a = tile == 4 ? 0.75f : 0.5f, b = 1.5f, aa = a * a, bb = b * b;
  const row_vector *p = tile == 4 ? m + step : m;
  row_vector even_a = p[0] + p[step], odd_a = p[0] - p[step], even_b = p[2 * step] + p[3 * step], odd_b = p[2 * step] - p[3 * step];
  o[1] = odd_a * a + odd_b * b;
  if (tile == 4) {
    o[0] = (m[0] + even_a) + even_b;
    o[2] = even_a * aa + even_b * bb;
    o[3] = (p[4 * step] + odd_a * (a * aa)) + odd_b * (b * bb);
  } else {
    o[0] = even_a + even_b;
    o[2] = (p[4 * step] + even_a * aa) + even_b * bb;
  }
}

// o = A y, the transpose of that.
ROWS void points_of_outputs(const row_vector *y, int step, const int tile, row_vector *o) {
  const float a = tile == 4 ? 0.75f : 0.5f, b = 1.5f, aa = a * a, bb = b * b;
  row_vector y0 = y[0], y1 = y[step], y2 = y[2 * step], odd_a = y1, odd_b = y1, last = y2;
  row_vector even_a = y0 + y2 * aa, even_b = y0 + y2 * bb;
  if (tile == 4) {
    last = y[3 * step];
    odd_a = y1 + last * aa, odd_b = y1 + last * bb;
    *o++ = y0;
  }
  o[0] = even_a + odd_a * a;
  o[1] = even_a - odd_a * a;
  o[2] = even_b + odd_b * b;
  o[3] = even_b - odd_b * b;
  o[4] = last;
}

// The lines of so many points do not fit in the first cache, and are too many for the machine to foresee: asked for two vectors ahead.
enum { AHEAD = 32 };

// Rows along y become `side` = tile + 2 points; then the same along z where there are as many planes as rows (else there is one).
#define TRANSFORM(name, points, taken)                                                                              \
  ROWS void name##_planes(const conv_rows *r, const int tile, const int planes) {                                   \
    const int side = tile + 2;                                                                                      \
    for (int64_t x = 0; x < r->count; x += LANES) {                                                                 \
      row_vector lines[6 * 6], column[6], result[6];                                                                \
      UNROLL for (int z = 0; z < planes; z++) {                                                                     \
        UNROLL for (int y = 0; y < (taken); y++) column[y] = *(const row_vector *)(r->rows[z * (taken) + y] + x);   \
        points(column, 1, tile, lines + z * side);                                                                  \
      }                                                                                                             \
      UNROLL for (int y = 0; y < side; y++) {                                                                       \
        if (planes == 1) result[0] = lines[y]; else points(lines + y, side, tile, result);                          \
        UNROLL for (int z = 0; z < (planes == 1 ? 1 : side); z++) {                                                 \
          float *to = r->to + (z * side + y) * r->plane + x;                                                        \
          *(row_vector *)to = result[z];                                                                            \
          __builtin_prefetch(to + AHEAD, 1);                                                                        \
        }                                                                                                           \
      }                                                                                                             \
    }                                                                                                               \
  }                                                                                                                 \
  TARGET static void name(const conv_rows *r) {                                                                     \
    if (r->tile == 4) { const int tile = 4; if (r->planes == 1) name##_planes(r, 4, 1); else name##_planes(r, 4, taken); } \
    else { const int tile = 3; if (r->planes == 1) name##_planes(r, 3, 1); else name##_planes(r, 3, taken); }       \
  }

TRANSFORM(transform_inputs, points_of_inputs, tile + 2)
TRANSFORM(transform_gradients, points_of_outputs, tile)

// As those, from points to rows.
ROWS void transform_sums_planes(const conv_sums *s, const int tile, const int planes) {
  const int side = tile + 2;
  for (int64_t x = 0; x < s->count; x += LANES) {
    row_vector lines[6 * 4], column[6], result[4];
    UNROLL for (int z = 0; z < planes; z++) {
      UNROLL for (int y = 0; y < side; y++) {
        const float *point = s->points[z * side + y] + x;
        column[y] = *(const row_vector *)point;
        __builtin_prefetch(point + AHEAD);
      }
      outputs_of_points(column, 1, tile, lines + z * tile);
    }
    UNROLL for (int y = 0; y < tile; y++) {
      if (planes == 1) result[0] = lines[y]; else outputs_of_points(lines + y, tile, tile, result);
      UNROLL for (int z = 0; z < (planes == 1 ? 1 : tile); z++)
        if (s->rows[z * tile + y]) finish_vector(&result[z], s->count - x, s->bias, s->how, s->rows[z * tile + y] + x);
    }
  }
}

TARGET static void transform_sums(const conv_sums *s) {
  if (s->tile == 4) { if (s->planes == 1) transform_sums_planes(s, 4, 1); else transform_sums_planes(s, 4, 6); }
  else { if (s->planes == 1) transform_sums_planes(s, 3, 1); else transform_sums_planes(s, 3, 5); }
}
