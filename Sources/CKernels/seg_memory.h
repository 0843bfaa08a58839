// Memory in large pages, where there are such: for tables whose places are met in no order.
#pragma once
#include <stdint.h>
#include <stdlib.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

/// NULL without memory; to be freed with `free`.
static inline void *roomy(size_t bytes) {
#if defined(MADV_HUGEPAGE)
  const size_t page = 1 << 21, whole = (bytes + page - 1) & ~(page - 1);
  void *memory = bytes < page ? malloc(bytes) : aligned_alloc(page, whole);
  if (memory && bytes >= page) madvise(memory, whole, MADV_HUGEPAGE);
  return memory;
#else
  return malloc(bytes);
#endif
}

/// The same, of zeros.
static inline void *roomy_zeroed(size_t bytes) {
  void *memory = calloc(bytes, 1);
#if defined(MADV_HUGEPAGE)
  const size_t page = 1 << 21;
  const uintptr_t begin = ((uintptr_t)memory + page - 1) & ~(uintptr_t)(page - 1), end = ((uintptr_t)memory + bytes) & ~(uintptr_t)(page - 1);
  if (memory && begin < end) madvise((void *)begin, end - begin, MADV_HUGEPAGE);
#endif
  return memory;
}
