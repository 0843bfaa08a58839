// The instruction level in use: chosen once from what the machine has, or set.
#include "conv_internal.h"
#include "include/level.h"
#include <stdatomic.h>
#include <string.h>

// AMX was tried above AVX-512, with floats as pairs of bfloat16: its products alone are 1.4 to 1.8 times as fast, a training step 0 to 10 % (transforms and
// caches take the rest), its error 10 to 20 times that of single precision. It was not kept.
static const conv_level *const levels[] = {   // best first
#if defined(__x86_64__)
  &conv_level_avx512, &conv_level_avx2,
#endif
  &conv_level_baseline,
};
enum { LEVELS = sizeof levels / sizeof *levels };

static _Atomic(const conv_level *) process_level;
static _Thread_local const conv_level *thread_level;

static int machine_has(const conv_level *level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (level == &conv_level_avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (level == &conv_level_avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return level == &conv_level_baseline;
}

static const conv_level *find(const char *name) {
  for (int i = 0; i < LEVELS; i++)
    if (!strcmp(name, levels[i]->name) && machine_has(levels[i])) return levels[i];
  return NULL;
}

const conv_level *conv_current_level(void) {
  if (thread_level) return thread_level;
  const conv_level *level = atomic_load_explicit(&process_level, memory_order_acquire);
  for (int i = 0; !level; i++) {
    if (!machine_has(levels[i])) continue;
    level = levels[i];
    atomic_store_explicit(&process_level, level, memory_order_release);
  }
  return level;
}

const char *dcs_kernel_level(void) { return conv_current_level()->name; }

int dcs_kernel_set_level(const char *name) {
  const conv_level *level = find(name);
  if (level) atomic_store_explicit(&process_level, level, memory_order_release);
  return level != NULL;
}

int dcs_kernel_set_thread_level(const char *name) {
  const conv_level *level = name ? find(name) : NULL;
  if (level || !name) thread_level = level;
  return level || !name;
}
