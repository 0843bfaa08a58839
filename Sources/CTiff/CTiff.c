#define _GNU_SOURCE
#include "CTiff.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

static struct {
  __typeof__(&TIFFOpenOptionsAlloc) options_new;
  __typeof__(&TIFFOpenOptionsFree) options_free;
  __typeof__(&TIFFOpenOptionsSetErrorHandlerExtR) on_error;
  __typeof__(&TIFFOpenOptionsSetWarningHandlerExtR) on_warning;
  __typeof__(&TIFFOpenOptionsSetMaxSingleMemAlloc) limit_memory;
  __typeof__(&TIFFClientOpenExt) open;
  __typeof__(&TIFFClose) close;
  __typeof__(&TIFFSetSubDirectory) go_to;
  __typeof__(&TIFFIsTiled) is_tiled;
  __typeof__(&TIFFGetField) get;
  __typeof__(&TIFFSetField) set;
  __typeof__(&TIFFReadEncodedStrip) strip;
  __typeof__(&TIFFReadEncodedTile) tile;
  __typeof__(&TIFFIsCODECConfigured) can_decode;
} lib;
static int missing = 1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  void *handle = dlopen("libtiff.so.6", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return;
  missing = 2;
#define FIND(field, name) \
  if (!(lib.field = (__typeof__(lib.field))dlsym(handle, name))) return;
  FIND(options_new, "TIFFOpenOptionsAlloc")
  FIND(options_free, "TIFFOpenOptionsFree")
  FIND(on_error, "TIFFOpenOptionsSetErrorHandlerExtR")
  FIND(on_warning, "TIFFOpenOptionsSetWarningHandlerExtR")
  FIND(limit_memory, "TIFFOpenOptionsSetMaxSingleMemAlloc")
  FIND(open, "TIFFClientOpenExt")
  FIND(close, "TIFFClose")
  FIND(go_to, "TIFFSetSubDirectory")
  FIND(is_tiled, "TIFFIsTiled")
  FIND(get, "TIFFGetField")
  FIND(set, "TIFFSetField")
  FIND(strip, "TIFFReadEncodedStrip")
  FIND(tile, "TIFFReadEncodedTile")
  FIND(can_decode, "TIFFIsCODECConfigured")
#undef FIND
  missing = 0;
}

int dcs_tiff_load(void) {
  pthread_once(&once, load);
  return missing;
}

struct dcs_tiff {
  TIFF *tiff;
  int file;
  int64_t position, size;
  uint64_t directory;
  int is_there;   // `directory` has been read
  char message[300];
};

static tmsize_t read_bytes(thandle_t user, void *target, tmsize_t count) {
  dcs_tiff *t = user;
  tmsize_t done = 0;
  while (done < count) {
    ssize_t got = pread(t->file, (char *)target + done, (size_t)(count - done), t->position);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += got;
    t->position += got;
  }
  return done;
}

static tmsize_t write_bytes(thandle_t user, void *source, tmsize_t count) {
  (void)user, (void)source, (void)count;
  return -1;
}

static toff_t seek(thandle_t user, toff_t offset, int whence) {
  dcs_tiff *t = user;
  int64_t base = whence == SEEK_CUR ? t->position : whence == SEEK_END ? t->size : 0;
  int64_t to;
  if (__builtin_add_overflow(base, (int64_t)offset, &to) || to < 0) return (toff_t)-1;
  t->position = to;
  return (toff_t)to;
}

static int stay_open(thandle_t user) { return (void)user, 0; }
static toff_t size_of(thandle_t user) { return (toff_t)((dcs_tiff *)user)->size; }
// never mapped: a file that is cut while it is mapped ends the process
static int map(thandle_t user, void **base, toff_t *size) { return (void)user, (void)base, (void)size, 0; }
static void unmap(thandle_t user, void *base, toff_t size) { (void)user, (void)base, (void)size; }

static int keep_error(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)module;
  dcs_tiff *t = user;
  if (!t->message[0]) vsnprintf(t->message, sizeof t->message, format, arguments);
  return 1;
}
static int drop_warning(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)user, (void)module, (void)format, (void)arguments;
  return 1;
}

dcs_tiff *dcs_tiff_open(int file, int64_t size) {
  if (dcs_tiff_load()) return NULL;
  dcs_tiff *t = calloc(1, sizeof *t);
  TIFFOpenOptions *options = t ? lib.options_new() : NULL;
  if (!options) {
    free(t);
    return NULL;
  }
  t->file = file;
  t->size = size;
  lib.on_error(options, keep_error, t);
  lib.on_warning(options, drop_warning, t);
  lib.limit_memory(options, (tmsize_t)1 << 32);
  // h: no directory yet; m: no mapping; c: strips stay as they are
  t->tiff = lib.open("", "rhmc", t, read_bytes, write_bytes, seek, stay_open, size_of, map, unmap, options);
  lib.options_free(options);
  if (!t->tiff) {
    free(t);
    return NULL;
  }
  return t;
}

void dcs_tiff_close(dcs_tiff *t) {
  if (!t) return;
  lib.close(t->tiff);
  free(t);
}

int64_t dcs_tiff_decode(dcs_tiff *t, uint64_t directory, int is_tiled, uint32_t index, void *target, int64_t size) {
  t->message[0] = 0;
  if (!t->is_there || t->directory != directory) {
    t->is_there = 0;
    if (!lib.go_to(t->tiff, directory)) return -1;
    uint16_t compression = 0, photometric = 0;
    lib.get(t->tiff, TIFFTAG_COMPRESSION, &compression);
    lib.get(t->tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    if (compression == COMPRESSION_JPEG && photometric == PHOTOMETRIC_YCBCR) lib.set(t->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    t->directory = directory;
    t->is_there = 1;
  }
  if (!lib.is_tiled(t->tiff) != !is_tiled) {
    snprintf(t->message, sizeof t->message, "its directory names both strips and tiles");
    return -1;
  }
  return is_tiled ? lib.tile(t->tiff, index, target, (tmsize_t)size) : lib.strip(t->tiff, index, target, (tmsize_t)size);
}

const char *dcs_tiff_message(const dcs_tiff *t) { return t->message; }
int dcs_tiff_can_decode(uint16_t compression) { return dcs_tiff_load() == 0 && lib.can_decode(compression); }
