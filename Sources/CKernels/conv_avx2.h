// What the AVX2 files with channels in the lanes share: a tile's twelve sums, as operands of an assembly statement.
#pragma once
#include "conv_internal.h"
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define TILE TARGET static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

#define SUMS(s)                                                                                                                             \
  [s0] "+x"(s[0]), [s1] "+x"(s[1]), [s2] "+x"(s[2]), [s3] "+x"(s[3]), [s4] "+x"(s[4]), [s5] "+x"(s[5]), [s6] "+x"(s[6]), [s7] "+x"(s[7]), \
  [s8] "+x"(s[8]), [s9] "+x"(s[9]), [s10] "+x"(s[10]), [s11] "+x"(s[11])
