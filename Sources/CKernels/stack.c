// Where the stack of a thread ends, so that deep recursion can be refused before the system ends the process; and one heap for all threads.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <malloc.h>
#include <pthread.h>
#include "stack.h"

uintptr_t dcs_stack_bottom(uintptr_t *size) {
  pthread_attr_t attributes;
  *size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  void *address = 0;
  size_t bytes = 0;
  int failed = pthread_attr_getstack(&attributes, &address, &bytes);
  pthread_attr_destroy(&attributes);
  if (failed) return 0;
  *size = bytes;
  return (uintptr_t)address;
}

void dcs_share_heap(void) {
#ifdef M_ARENA_MAX
  mallopt(M_ARENA_MAX, 1);
#endif
}
