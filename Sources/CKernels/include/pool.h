// A pool of threads that spin for a moment and then sleep, for regions as short as a few microseconds.
//
// Region: `body(context, item, worker)` is called once for each item in 0..<count, in any order, by worker 0 (the caller) ..<threads.
// A region started from inside another one, or while another thread runs one on the same pool, runs in its caller alone:
// nothing deadlocks and nothing is oversubscribed.
#pragma once
#include <stdint.h>

typedef struct dcs_pool dcs_pool;
typedef void (*dcs_pool_body)(void *context, int64_t item, int worker);

dcs_pool *dcs_pool_create(int threads);
void dcs_pool_destroy(dcs_pool *pool);
int dcs_pool_threads(const dcs_pool *pool);
void dcs_pool_run(dcs_pool *pool, int64_t count, dcs_pool_body body, void *context);

// Giving up. Whoever watches must ask once more at the end, and throw away what was made: items may have been left out.
typedef int32_t (*dcs_pool_asked)(const void *context);

/// Whether the caller runs an item of a region: regions inside it run in it alone.
int dcs_pool_is_inside(void);

/// Regions that this thread starts from now on leave out items not yet begun once `asked` (of any thread) is not 0; NULL: never.
void dcs_pool_watch(dcs_pool_asked asked, const void *context);
/// Whether that is so, for an item that takes long.
int dcs_pool_stopped(void);
