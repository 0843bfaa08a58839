// CRC-32C: reflected polynomial 0x1EDC6F41, as iSCSI, Zarr v3 and its shards use it.
//
// The instruction takes eight bytes every cycle but answers after three, so three streams run side by side and are joined: a checksum followed by
// `count` more bytes is multiplied by x^(8 count) modulo the polynomial (M. Adler, zlib's crc32_combine).

#include "include/checksum.h"
#include <stdatomic.h>
#include <string.h>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#define POLYNOMIAL 0x82F63B78u

uint32_t dcs_crc32c_plain(const void *bytes, size_t count) {
  static _Atomic(uint32_t) table[256];   // of equal values whoever fills it
  if (!atomic_load_explicit(&table[255], memory_order_acquire))
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t crc = i;
      for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
      atomic_store_explicit(&table[i], crc, memory_order_release);
    }
  const uint8_t *next = bytes;
  uint32_t crc = ~0u;
  for (; count; count--) crc = crc >> 8 ^ atomic_load_explicit(&table[(crc ^ *next++) & 0xFF], memory_order_relaxed);
  return ~crc;
}

#if defined(__x86_64__)
#define ACCELERATED __attribute__((target("sse4.2")))
#define STEP8(crc, word) ((crc) = (uint32_t)__builtin_ia32_crc32di((crc), (word)))
#define STEP1(crc, byte) ((crc) = __builtin_ia32_crc32qi((crc), (byte)))
static int has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__aarch64__) && defined(__linux__)
#define ACCELERATED
#define STEP8(crc, word) __asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(word))
#define STEP1(crc, byte) __asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"((uint32_t)(byte)))
static int has_instruction(void) { return (getauxval(AT_HWCAP) & 1 << 7) != 0; }   // HWCAP_CRC32
#endif

#if defined(ACCELERATED)
enum { STREAM = 4096 };                      // bytes
#define AFTER_ONE 0x35D73A62u                // x^(8 · STREAM), reflected
#define AFTER_TWO 0x28461564u                // x^(16 · STREAM)

/// a · b modulo the polynomial.
static uint32_t multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = 1u << 31; bit; bit >>= 1) {
    if (a & bit) product ^= b;
    b = b & 1 ? b >> 1 ^ POLYNOMIAL : b >> 1;
  }
  return product;
}

static inline uint64_t word(const uint8_t *bytes) {
  uint64_t value;
  memcpy(&value, bytes, 8);
  return value;
}

ACCELERATED static uint32_t accelerated(const uint8_t *next, size_t count) {
  uint32_t crc = ~0u;
  for (; count >= 3 * STREAM; next += 3 * STREAM, count -= 3 * STREAM) {
    uint32_t second = 0, third = 0;
    for (int i = 0; i < STREAM; i += 8) {
      STEP8(crc, word(next + i));
      STEP8(second, word(next + STREAM + i));
      STEP8(third, word(next + 2 * STREAM + i));
    }
    crc = multiply(AFTER_TWO, crc) ^ multiply(AFTER_ONE, second) ^ third;
  }
  for (; count >= 8; next += 8, count -= 8) STEP8(crc, word(next));
  for (; count; next++, count--) STEP1(crc, *next);
  return ~crc;
}
#endif

uint32_t dcs_crc32c(const void *bytes, size_t count) {
#if defined(ACCELERATED)
  if (has_instruction()) return accelerated(bytes, count);
#endif
  return dcs_crc32c_plain(bytes, count);
}
