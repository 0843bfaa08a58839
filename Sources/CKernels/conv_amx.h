// What the files of the AMX level share: single precision as pairs of bfloat16, and the shapes of tiles.
//
// A float a is kept as a word of 32 bits, hi in its upper half and lo in its lower one: hi = bf16(a), lo = bf16(a - hi), both rounded to nearest, so that
// |a - hi - lo| <= 2^-16 |a|, 3e-6 in the root mean square. Words take the place of floats, so lines of one are lines of the other. TDPBF16PS adds, for a
// row of words and a column of words, the products of upper halves and those of lower ones: with the halves of one factor as they are, then exchanged,
// these are all four products of the two sums. Sums are single precision. What is not finite becomes NaN; parts below 2^-126 count as zero.
#pragma once
#if defined(__x86_64__)
#include "conv_internal.h"
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma,amx-tile,amx-bf16")))
#include "conv_avx512.h"

enum { TILE_ROWS = 16, TILE_WORDS = 256 };

void conv_amx_weights(const conv_line_products *, float *prepared);
void conv_amx_products(const conv_line_products *);
void conv_amx_gradients(const conv_line_gradients *);

TILE __m512i split(__m512 value) {
  const __m512i half = _mm512_set1_epi32(0x8000), upper = _mm512_set1_epi32((int)0xffff0000);
  __m512i hi = _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(value), half), upper);
  __m512i lo = _mm512_castps_si512(_mm512_sub_ps(value, _mm512_castsi512_ps(hi)));
  return _mm512_or_si512(hi, _mm512_srli_epi32(_mm512_add_epi32(lo, half), 16));
}

// 16 x 16 words, in place.
TILE void transpose(__m512i *r) {
  __m512i s[16], t[16];
  UNROLL for (int i = 0; i < 16; i += 2) s[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]), s[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  UNROLL for (int i = 0; i < 16; i += 4)
    UNROLL for (int k = 0; k < 2; k++) {
      t[i + 2 * k] = _mm512_unpacklo_epi64(s[i + k], s[i + k + 2]);
      t[i + 2 * k + 1] = _mm512_unpackhi_epi64(s[i + k], s[i + k + 2]);
    }
  UNROLL for (int k = 0; k < 4; k++) {   // column 4 l + k is lane l of t[k], t[k + 4], t[k + 8], t[k + 12]
    __m512i even_a = _mm512_shuffle_i32x4(t[k], t[k + 4], 0x88), even_b = _mm512_shuffle_i32x4(t[k + 8], t[k + 12], 0x88);
    __m512i odd_a = _mm512_shuffle_i32x4(t[k], t[k + 4], 0xdd), odd_b = _mm512_shuffle_i32x4(t[k + 8], t[k + 12], 0xdd);
    r[k] = _mm512_shuffle_i32x4(even_a, even_b, 0x88), r[k + 8] = _mm512_shuffle_i32x4(even_a, even_b, 0xdd);
    r[k + 4] = _mm512_shuffle_i32x4(odd_a, odd_b, 0x88), r[k + 12] = _mm512_shuffle_i32x4(odd_a, odd_b, 0xdd);
  }
}

// Words with their halves exchanged.
TILE __m512i exchange(__m512i words) { return _mm512_rol_epi32(words, 16); }

// What LDTILECFG reads.
typedef struct { uint8_t palette, start, unused[14]; uint16_t bytes[16]; uint8_t rows[16]; } tile_shapes;

TILE void set_shape(tile_shapes *shapes, int first, int end, int64_t rows, int64_t words) {
  for (int i = first; i < end; i++) shapes->rows[i] = (uint8_t)rows, shapes->bytes[i] = (uint16_t)(4 * words);
}
#endif
