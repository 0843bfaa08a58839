// How fast this machine multiplies and adds: chains of fused multiply-adds in registers, enough of them to hide their latency.
#include "include/peak.h"
#include "conv_internal.h"
#include "include/level.h"
#include <string.h>
#include <time.h>

enum { ROUNDS = 1 << 14 };

// CHAINS vectors of BYTES bytes; returns a sum so that nothing is left out.
#define CHAIN(name, attributes, BYTES, CHAINS)                                                                   \
  typedef float name##_vector __attribute__((vector_size(BYTES), aligned(BYTES)));                               \
  attributes static float name(void) {                                                                           \
    name##_vector sums[CHAINS], factor = {0}, term = {0};                                                        \
    factor += 0.999f, term += 0.001f;                                                                            \
    for (int c = 0; c < CHAINS; c++) sums[c] = term * (float)c;                                                  \
    for (int round = 0; round < ROUNDS; round++) {                                                               \
      _Pragma("clang loop unroll(full)") for (int c = 0; c < CHAINS; c++) sums[c] = sums[c] * factor + term;     \
    }                                                                                                            \
    float all = 0;                                                                                               \
    for (int c = 0; c < CHAINS; c++) for (int i = 0; i < BYTES / 4; i++) all += sums[c][i];                      \
    return all;                                                                                                  \
  }

#pragma STDC FP_CONTRACT ON
CHAIN(chain_plain, , 16, 10)
#if defined(__x86_64__)
CHAIN(chain_avx2, __attribute__((target("avx2,fma"))), 32, 12)
CHAIN(chain_avx512, __attribute__((target("avx512f"))), 64, 12)
#endif

typedef struct { float (*chain)(void); int repeats; float sink[256]; } peak_walk;

static void run_chain(void *context, int64_t item, int worker) {
  peak_walk *walk = context;
  (void)worker;
  for (int i = 0; i < walk->repeats; i++) walk->sink[item % 256] += walk->chain();
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double dcs_peak_flops(dcs_pool *pool) {
  peak_walk walk = {.chain = chain_plain, .repeats = 64};
  double operations = 2.0 * ROUNDS * 10 * 4;
#if defined(__x86_64__)
  const char *level = dcs_kernel_level();
  if (!strcmp(level, "avx2")) walk.chain = chain_avx2, operations = 2.0 * ROUNDS * 12 * 8;
  if (!strcmp(level, "avx512")) walk.chain = chain_avx512, operations = 2.0 * ROUNDS * 12 * 16;
#endif
  int threads = dcs_pool_threads(pool);
  double best = 0;
  for (int trial = 0; trial < 9; trial++) {
    double begin = now();
    dcs_pool_run(pool, threads, run_chain, &walk);
    double rate = operations * walk.repeats * threads / (now() - begin);
    best = rate > best ? rate : best;
  }
  return best;
}
