// Small things that C files of more than one kernel family use.
#pragma once
#include <stdint.h>

// Loops that the compiler vectorises well: compiled once for each instruction set, chosen when the program is loaded.
#if defined(__x86_64__)
#define CLONED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONED
#endif

static inline int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }
