// Runs of equal values: how far a value goes on, up to 16 elements at a look.
#pragma once
#include <stdint.h>
#include <string.h>

enum { RUN_LOOK = 16 };
typedef _Bool run_mask __attribute__((ext_vector_type(RUN_LOOK)));

// EQUAL(TYPE, p, rest): how many of the `rest` >= 1 elements from p on equal *p, RUN_LOOK at most. A full look is one comparison of vectors without a branch.
#define EQUAL(TYPE, p, rest)                                                       \
  ({                                                                               \
    typedef TYPE look __attribute__((ext_vector_type(RUN_LOOK), aligned(1)));      \
    const TYPE *const from = (p);                                                  \
    int64_t equal = 1;                                                             \
    if ((rest) >= RUN_LOOK) {                                                      \
      const run_mask same = __builtin_convertvector(*(const look *)from == (look)*from, run_mask); \
      uint16_t bits;                                                               \
      memcpy(&bits, &same, 2);                                                     \
      equal = __builtin_ctz(~(uint32_t)bits);                                      \
    } else {                                                                       \
      while (equal < (rest) && from[equal] == *from) equal++;                      \
    }                                                                              \
    equal;                                                                         \
  })
