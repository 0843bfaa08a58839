// A library of the system that is loaded when it is first needed. An including file defines first
//   LIBRARY       its file: "libpq.so.5"
//   OTHERWISE     another file that will do, where there is one
//   PREFIX        what the names of its functions begin with: "PQ"
//   FUNCTIONS(F)  F(name without the prefix, result, arguments) for each that is used
// and gets `lib.name`, and `found()`, which says whether all of them are there; else `complaint` says what is missing.
#ifdef FUNCTIONS
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static struct {
#define F(name, result, arguments) result (*name) arguments;
  FUNCTIONS(F)
#undef F
} lib;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_loaded;
static char complaint[256];

static int found(void) {
  void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
#ifdef OTHERWISE
  if (!handle) handle = dlopen(OTHERWISE, RTLD_NOW | RTLD_LOCAL);
#endif
  if (!handle) {
    snprintf(complaint, sizeof complaint, LIBRARY " is not on this system");
    return 0;
  }
#define F(name, result, arguments) \
  *(void **)&lib.name = dlsym(handle, PREFIX #name); \
  if (!lib.name) { snprintf(complaint, sizeof complaint, LIBRARY " has no " PREFIX #name ", it is too old"); return 0; }
  FUNCTIONS(F)
#undef F
  return 1;
}
#endif
