// Per-function instruction sets, chosen when the program starts.
#pragma once
#if defined(__x86_64__)
#define DCS_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DCS_CLONES
#endif
#define DCS_INLINE static inline __attribute__((always_inline))
