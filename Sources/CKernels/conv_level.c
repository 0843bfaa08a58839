// The instruction level in use: chosen once from what the machine has, or set.
#include "conv_internal.h"
#include "include/level.h"
#include <stdatomic.h>
#include <string.h>

static int machine_has(const conv_level *level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (level == &conv_level_avx512) return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (level == &conv_level_avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return level == &conv_level_baseline;
}

static const conv_level *const levels[] = {   // best first
#if defined(__x86_64__)
  &conv_level_avx512, &conv_level_avx2,
#endif
  &conv_level_baseline,
};
enum { LEVELS = sizeof levels / sizeof *levels };

static _Atomic(const conv_level *) current;

const conv_level *conv_current_level(void) {
  const conv_level *level = atomic_load_explicit(&current, memory_order_acquire);
  for (int i = 0; !level; i++) {
    if (!machine_has(levels[i])) continue;
    level = levels[i];
    atomic_store_explicit(&current, level, memory_order_release);
  }
  return level;
}

const char *dcs_kernel_level(void) { return conv_current_level()->name; }

int dcs_kernel_set_level(const char *name) {
  for (int i = 0; i < LEVELS; i++)
    if (!strcmp(name, levels[i]->name) && machine_has(levels[i])) {
      atomic_store_explicit(&current, levels[i], memory_order_release);
      return 1;
    }
  return 0;
}
