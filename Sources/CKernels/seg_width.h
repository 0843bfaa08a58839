// BODY(TYPE) for the unsigned type of `width` bytes, 1, 2, 4 or 8, that elements have.
#pragma once
#include <stdint.h>

#define BY_WIDTH(width, BODY)             \
  switch (width) {                        \
  case 1: BODY(uint8_t) break;            \
  case 2: BODY(uint16_t) break;           \
  case 4: BODY(uint32_t) break;           \
  default: BODY(uint64_t) break;          \
  }
