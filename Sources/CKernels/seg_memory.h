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
