// Bitshuffle by words: eight bytes of eight elements are an 8 × 8 matrix of bits, whose transpose has one byte a bit.
#include "include/bitshuffle.h"
#include "clones.h"
#include <string.h>

enum { WORDS = 64 };   // words that are kept between the steps

// Of bits in the bytes of a word; its own inverse (H. S. Warren, Hacker's Delight, 7-3).
#define TRANSPOSE(x) do { \
    uint64_t t = ((x) ^ ((x) >> 7)) & 0x00AA00AA00AA00AAull; (x) ^= t ^ (t << 7); \
    t = ((x) ^ ((x) >> 14)) & 0x0000CCCC0000CCCCull; (x) ^= t ^ (t << 14); \
    t = ((x) ^ ((x) >> 28)) & 0x00000000F0F0F0F0ull; (x) ^= t ^ (t << 28); \
  } while (0)

#define GATHER(stride) for (int64_t i = 0; i < words * 8; i++) bytes[i] = from[i * (stride)];

CLONED static void apart_some(const uint8_t *from, int64_t size, int64_t words, uint8_t *to, int64_t plane) {
  uint64_t w[WORDS];
  uint8_t *bytes = (uint8_t *)w;
  switch (size) {   // known strides become shuffles
    case 1: memcpy(w, from, (size_t)words * 8); break;
    case 2: GATHER(2) break;
    case 4: GATHER(4) break;
    case 8: GATHER(8) break;
    default: GATHER(size)
  }
  for (int64_t i = 0; i < words; i++) TRANSPOSE(w[i]);
  for (int64_t bit = 0; bit < 8; bit++)
    for (int64_t i = 0; i < words; i++) to[bit * plane + i] = (uint8_t)(w[i] >> (bit * 8));
}

CLONED static void together_some(const uint8_t *from, int64_t plane, int64_t words, uint8_t *to, int64_t size) {
  uint64_t w[WORDS];
  for (int64_t i = 0; i < words; i++) {
    uint64_t x = 0;
    for (int64_t bit = 0; bit < 8; bit++) x |= (uint64_t)from[bit * plane + i] << (bit * 8);
    TRANSPOSE(x);
    w[i] = x;
  }
  const uint8_t *bytes = (const uint8_t *)w;
  if (size == 1) memcpy(to, w, (size_t)words * 8);
  else for (int64_t i = 0; i < words * 8; i++) to[i * size] = bytes[i];   // a known stride would make scatters, which are slower
}

void dcs_bits_apart(const uint8_t *together, int64_t count, int64_t size, uint8_t *apart) {
  int64_t plane = count / 8;
  for (int64_t first = 0; first < plane; first += WORDS)
    for (int64_t byte = 0; byte < size; byte++)
      apart_some(together + first * 8 * size + byte, size, min64(WORDS, plane - first), apart + byte * 8 * plane + first, plane);
}

void dcs_bits_together(const uint8_t *apart, int64_t count, int64_t size, uint8_t *together) {
  int64_t plane = count / 8;
  for (int64_t first = 0; first < plane; first += WORDS)
    for (int64_t byte = 0; byte < size; byte++)
      together_some(apart + byte * 8 * plane + first, plane, min64(WORDS, plane - first), together + first * 8 * size + byte, size);
}
