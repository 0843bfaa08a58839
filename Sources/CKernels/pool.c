// A generation counter wakes the workers, a shared item counter feeds them, a done counter releases the caller.
// Measured elsewhere in this design: regions of 5 µs gain from two threads here and lose with Dispatch or task groups.
#include "include/pool.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SPINS = 2000 };

struct dcs_pool {
  int threads;
  pthread_t *handles;
  pthread_mutex_t region;        // held by the thread whose region runs
  dcs_pool_body body;
  void *context;
  dcs_pool_asked asked;          // of the thread that runs the region
  const void *asked_context;
  int64_t count;
  _Atomic int64_t next;
  _Atomic int generation, finished, stopping;
};

typedef struct { dcs_pool *pool; int worker; } worker_start;

static _Thread_local int inside_region = 0;
static _Thread_local dcs_pool_asked watched;
static _Thread_local const void *watched_context;

void dcs_pool_watch(dcs_pool_asked asked, const void *context) { watched = asked, watched_context = context; }
int dcs_pool_is_inside(void) { return inside_region; }
int dcs_pool_stopped(void) { return watched && watched(watched_context); }

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void sleep_while(_Atomic int *word, int value) { syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0); }
static void wake_all(_Atomic int *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1 << 20, NULL, NULL, 0); }

static void work(dcs_pool *pool, int worker) {
  inside_region = 1;
  for (;;) {
    int64_t item = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
    if (item >= pool->count || dcs_pool_stopped()) break;
    pool->body(pool->context, item, worker);
  }
  inside_region = 0;
}

static void *worker_main(void *argument) {
  worker_start start = *(worker_start *)argument;
  free(argument);
  dcs_pool *pool = start.pool;
  int seen = 0;
  for (;;) {
    for (int spins = 0; atomic_load(&pool->generation) == seen;)
      if (++spins < SPINS) relax(); else sleep_while(&pool->generation, seen);
    seen = atomic_load(&pool->generation);
    if (atomic_load(&pool->stopping)) return NULL;
    dcs_pool_watch(pool->asked, pool->asked_context);
    work(pool, start.worker);
    if (atomic_fetch_add(&pool->finished, 1) + 1 == pool->threads - 1) wake_all(&pool->finished);
  }
}

dcs_pool *dcs_pool_create(int threads) {
  dcs_pool *pool = calloc(1, sizeof *pool);
  if (!pool) return NULL;
  if (threads < 1) threads = 1;
  pthread_mutex_init(&pool->region, NULL);
  pool->handles = calloc((size_t)threads, sizeof *pool->handles);
  pool->threads = 1;
  for (int worker = 1; worker < threads && pool->handles; worker++) {
    worker_start *start = malloc(sizeof *start);
    if (!start) break;
    *start = (worker_start){pool, worker};
    if (pthread_create(&pool->handles[worker], NULL, worker_main, start)) { free(start); break; }   // fewer threads, same results
    pool->threads = worker + 1;
  }
  return pool;
}

void dcs_pool_destroy(dcs_pool *pool) {
  if (!pool) return;
  atomic_store(&pool->stopping, 1);
  atomic_fetch_add(&pool->generation, 1);
  wake_all(&pool->generation);
  for (int worker = 1; worker < pool->threads; worker++) pthread_join(pool->handles[worker], NULL);
  pthread_mutex_destroy(&pool->region);
  free(pool->handles);
  free(pool);
}

int dcs_pool_threads(const dcs_pool *pool) { return pool->threads; }

void dcs_pool_run(dcs_pool *pool, int64_t count, dcs_pool_body body, void *context) {
  if (count <= 0) return;
  if (pool->threads == 1 || count == 1 || inside_region || pthread_mutex_trylock(&pool->region)) {
    for (int64_t item = 0; item < count && !dcs_pool_stopped(); item++) body(context, item, 0);
    return;
  }
  pool->body = body; pool->context = context; pool->count = count;
  pool->asked = watched; pool->asked_context = watched_context;
  atomic_store(&pool->next, 0);
  atomic_store(&pool->finished, 0);
  atomic_fetch_add(&pool->generation, 1);
  wake_all(&pool->generation);
  work(pool, 0);
  int finished;
  for (int spins = 0; (finished = atomic_load(&pool->finished)) != pool->threads - 1;)
    if (++spins < SPINS) relax(); else sleep_while(&pool->finished, finished);
  pthread_mutex_unlock(&pool->region);
}
