// The level for AMX: AVX-512, but the products of minimal filtering in tiles of pairs of bfloat16 (conv_amx.h), which its transforms make.
//
// Direct convolution stays as it is there, byte for byte.
#if defined(__x86_64__)
#include "conv_amx.h"
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

int conv_amx_allowed(void) {
  enum { BF16 = 1 << 22, TILES = 1 << 24, ASK = 0x1023, TILE_DATA = 18 };   // ARCH_REQ_XCOMP_PERM: for all threads of the process
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & (BF16 | TILES)) != (BF16 | TILES)) return 0;
  return syscall(SYS_arch_prctl, ASK, TILE_DATA) == 0;
}

TILE void put_point(float *to, const row_vector *value) { _mm512_storeu_si512(to, split((__m512)*value)); }

#include "conv_winograd_rows.h"

const conv_level conv_level_amx = {
  "amx", conv_avx512_strip, conv_avx512_dots, conv_avx512_finish, transform_inputs, transform_sums, transform_gradients,
  conv_amx_weights, conv_amx_products, conv_amx_gradients,
};
#endif
