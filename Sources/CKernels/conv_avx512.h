// What the levels with vectors of 16 floats share, each with its own TARGET.
#define TILE TARGET static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { LANES = 16 };

typedef float row_vector __attribute__((vector_size(4 * LANES), aligned(4)));

// max(0, v) and not max(v, 0): the second operand is the result when one is NaN.
TILE void finish_vector(const row_vector *sums, int64_t left, float bias, int how, float *row) {
  __mmask16 inside = left >= LANES ? 0xffff : (__mmask16)((1 << left) - 1);
  __m512 value = _mm512_add_ps((__m512)*sums, _mm512_set1_ps(bias));
  if (how == FINISH_RELU) value = _mm512_max_ps(_mm512_setzero_ps(), value);
  if (how == FINISH_ADD) value = _mm512_add_ps(_mm512_maskz_loadu_ps(inside, row), value);
  _mm512_mask_storeu_ps(row, inside, value);
}
