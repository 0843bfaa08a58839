#pragma once
#include <stdint.h>

/// The lowest address of the calling thread's stack and its size in bytes; 0 where the system does not say.
uintptr_t dcs_stack_bottom(uintptr_t *size);

/// One heap for all threads from now on, where the C library would give each its own.
void dcs_share_heap(void);
