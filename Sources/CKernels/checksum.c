// xxHash32, Fletcher-32 and lookup3: short, and a few bytes a cycle as the compiler leaves them.

#include "include/checksum.h"
#include <string.h>

static inline uint32_t rotate(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

static inline uint32_t little32(const uint8_t *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

// MARK: xxHash32: four lanes of sixteen bytes, then words, then bytes, then an avalanche

#define PRIME1 2654435761u
#define PRIME2 2246822519u
#define PRIME3 3266489917u
#define PRIME4 668265263u
#define PRIME5 374761393u

uint32_t dcs_xxh32(const void *bytes, size_t count, uint32_t seed) {
  const uint8_t *next = bytes, *end = next + count;
  uint32_t hash = seed + PRIME5;
  if (count >= 16) {
    uint32_t lanes[4] = {seed + PRIME1 + PRIME2, seed + PRIME2, seed, seed - PRIME1};
    for (; end - next >= 16; next += 16)
      for (int lane = 0; lane < 4; lane++) lanes[lane] = rotate(lanes[lane] + little32(next + 4 * lane) * PRIME2, 13) * PRIME1;
    hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
  }
  hash += (uint32_t)count;
  for (; end - next >= 4; next += 4) hash = rotate(hash + little32(next) * PRIME3, 17) * PRIME4;
  for (; next < end; next++) hash = rotate(hash + *next * PRIME5, 11) * PRIME1;
  hash = (hash ^ hash >> 15) * PRIME2;
  hash = (hash ^ hash >> 13) * PRIME3;
  return hash ^ hash >> 16;
}

// MARK: Fletcher: two sums modulo 2^16 - 1, folded before they overflow

static inline uint32_t folded(uint32_t sum) { return (sum & 0xFFFF) + (sum >> 16); }

uint32_t dcs_fletcher32(const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  uint32_t first = 0, second = 0;
  for (size_t words = count / 2; words;) {
    size_t run = words > 360 ? 360 : words;   // the most before the second sum overflows
    words -= run;
    for (; run; run--, next += 2) {
      first += (uint32_t)next[0] << 8 | next[1];
      second += first;
    }
    first = folded(first);
    second = folded(second);
  }
  if (count % 2) {
    first += (uint32_t)*next << 8;
    second += first;
    first = folded(first);
    second = folded(second);
  }
  return folded(second) << 16 | folded(first);
}

// MARK: lookup3: twelve bytes a round into three words, little-endian whatever the machine

uint32_t dcs_lookup3(const void *bytes, size_t count, uint32_t seed) {
  uint32_t a = 0xDEADBEEFu + (uint32_t)count + seed, b = a, c = a;
  const uint8_t *next = bytes;
  for (; count > 12; next += 12, count -= 12) {
    a += little32(next);
    b += little32(next + 4);
    c += little32(next + 8);
    a -= c; a ^= rotate(c, 4); c += b;
    b -= a; b ^= rotate(a, 6); a += c;
    c -= b; c ^= rotate(b, 8); b += a;
    a -= c; a ^= rotate(c, 16); c += b;
    b -= a; b ^= rotate(a, 19); a += c;
    c -= b; c ^= rotate(b, 4); b += a;
  }
  if (!count) return c;
  uint8_t rest[12] = {0};
  memcpy(rest, next, count);
  a += little32(rest);
  b += little32(rest + 4);
  c += little32(rest + 8);
  c ^= b; c -= rotate(b, 14);
  a ^= c; a -= rotate(c, 11);
  b ^= a; b -= rotate(a, 25);
  c ^= b; c -= rotate(b, 16);
  a ^= c; a -= rotate(c, 4);
  b ^= a; b -= rotate(a, 14);
  c ^= b; c -= rotate(b, 24);
  return c;
}
