// Loading of libhdf5, and its errors.
#define _GNU_SOURCE
#include "library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

struct dcs_h5_library dcs_h5_lib;
struct dcs_h5_types dcs_h5_known;
static int missing = 1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int variable(void *handle, const char *name, hid_t *value) {
  hid_t *place = dlsym(handle, name);
  if (!place) return 0;
  *value = *place;
  return 1;
}

static void load(void) {
  void *handle = dlopen("libhdf5_serial.so.103", RTLD_NOW | RTLD_LOCAL);
  if (!handle) handle = dlopen("libhdf5.so.103", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return;
  missing = 2;
#define FIND(name) \
  if (!(lib.name = (__typeof__(lib.name))dlsym(handle, #name))) return;
  FUNCTIONS(FIND)
  if (lib.H5open() < 0) return;
  if (!variable(handle, "H5P_CLS_FILE_ACCESS_ID_g", &known.file_access) || !variable(handle, "H5P_CLS_DATASET_ACCESS_ID_g", &known.dataset_access) ||
      !variable(handle, "H5T_C_S1_g", &known.c_string) || !variable(handle, "H5T_NATIVE_INT8_g", &known.int8) ||
      !variable(handle, "H5T_NATIVE_INT16_g", &known.int16) || !variable(handle, "H5T_NATIVE_INT32_g", &known.int32) ||
      !variable(handle, "H5T_NATIVE_INT64_g", &known.int64) || !variable(handle, "H5T_NATIVE_UINT8_g", &known.uint8) ||
      !variable(handle, "H5T_NATIVE_UINT16_g", &known.uint16) || !variable(handle, "H5T_NATIVE_UINT32_g", &known.uint32) ||
      !variable(handle, "H5T_NATIVE_UINT64_g", &known.uint64) || !variable(handle, "H5T_NATIVE_FLOAT_g", &known.float32) ||
      !variable(handle, "H5T_NATIVE_DOUBLE_g", &known.float64))
    return;
  missing = 0;
}

int dcs_h5_load(void) {
  pthread_once(&once, load);
  return missing;
}

static char message[400];

static herr_t innermost(unsigned number, const H5E_error2_t *error, void *user) {
  (void)user;
  if (number == 0 && error->desc) snprintf(message, sizeof message, "%s", error->desc);
  return 0;
}

void dcs_h5_forget(void) {
  message[0] = 0;
  lib.H5Eset_auto2(0, NULL, NULL);   // each thread has a stack of its own, which prints unless it is told
  lib.H5Eclear2(0);
}

void dcs_h5_remember(void) { lib.H5Ewalk2(0, H5E_WALK_UPWARD, innermost, NULL); }

const char *dcs_h5_message(void) { return message; }
