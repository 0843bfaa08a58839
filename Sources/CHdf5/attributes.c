// Attributes: numbers and texts of a few entries.
#define _GNU_SOURCE
#include "library.h"

#include <stdlib.h>
#include <string.h>

struct attributes {
  int limit;
  void (*numbers)(void *, const char *, const double *, int64_t, int, int);
  void (*texts)(void *, const char *, const char *const *, int64_t, int);
  void *context;
};

static void read_texts(struct attributes *a, const char *name, hid_t attribute, hid_t type, hid_t space, int64_t count, int is_list) {
  int is_variable = lib.H5Tis_variable_str(type) > 0;
  size_t size = is_variable ? 0 : lib.H5Tget_size(type);
  if (!is_variable && (size == 0 || size > (1 << 20))) return;
  hid_t memory = lib.H5Tcopy(known.c_string);
  if (memory < 0) return;
  lib.H5Tset_size(memory, is_variable ? H5T_VARIABLE : size + 1);
  lib.H5Tset_cset(memory, lib.H5Tget_cset(type));
  char **list = calloc((size_t)count, sizeof *list), *packed = is_variable ? NULL : calloc((size_t)count, size + 1);
  if (list && (is_variable || packed) && lib.H5Aread(attribute, memory, is_variable ? (void *)list : packed) >= 0) {
    if (!is_variable) for (int64_t i = 0; i < count; i++) list[i] = packed + i * (int64_t)(size + 1);
    for (int64_t i = 0; i < count; i++) if (!list[i]) list[i] = is_variable ? strdup("") : (char *)"";
    a->texts(a->context, name, (const char *const *)list, count, is_list);
    if (is_variable) lib.H5Dvlen_reclaim(memory, space, 0, list);
  }
  free(packed);
  free(list);
  lib.H5Tclose(memory);
}

static herr_t one_attribute(hid_t object, const char *name, const H5A_info_t *info, void *user) {
  struct attributes *a = user;
  if (info->data_size > (1 << 22)) return 0;
  hid_t attribute = lib.H5Aopen(object, name, 0);
  if (attribute < 0) return 0;
  hid_t type = lib.H5Aget_type(attribute), space = lib.H5Aget_space(attribute);
  int64_t count = space < 0 ? 0 : lib.H5Sget_simple_extent_npoints(space);
  int is_list = space >= 0 && lib.H5Sget_simple_extent_ndims(space) > 0;
  if (type >= 0 && count > 0 && count <= a->limit) {
    H5T_class_t class = lib.H5Tget_class(type);
    if (class == H5T_STRING) read_texts(a, name, attribute, type, space, count, is_list);
    if (class == H5T_INTEGER || class == H5T_FLOAT) {
      double *values = calloc((size_t)count, sizeof *values);
      if (values && lib.H5Aread(attribute, known.float64, values) >= 0) a->numbers(a->context, name, values, count, class == H5T_FLOAT && lib.H5Tget_size(type) == 4, is_list);
      free(values);
    }
  }
  if (space >= 0) lib.H5Sclose(space);
  if (type >= 0) lib.H5Tclose(type);
  lib.H5Aclose(attribute);
  return 0;
}

int dcs_h5_attributes(
  int64_t file, const char *path, int limit, void (*numbers)(void *context, const char *name, const double *values, int64_t count, int is_single, int is_list),
  void (*texts)(void *context, const char *name, const char *const *values, int64_t count, int is_list), void *context) {
  dcs_h5_forget();
  hid_t object = lib.H5Oopen(file, path, 0);
  if (object < 0) {
    dcs_h5_remember();
    return -1;
  }
  struct attributes a = {limit, numbers, texts, context};
  hsize_t position = 0;
  herr_t status = lib.H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, one_attribute, &a);
  if (status < 0) dcs_h5_remember();
  lib.H5Oclose(object);
  return status < 0 ? -1 : 0;
}
