#define _GNU_SOURCE
#include "CHdf5.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if __has_include(<hdf5/serial/hdf5.h>)
#include <hdf5/serial/hdf5.h>
#else
#include <hdf5.h>
#endif

// Every function of the library that is used. Its macros must not be: they call it by name.
#define FUNCTIONS(F)                                                                                                                         \
  F(H5open) F(H5Eset_auto2) F(H5Eclear2) F(H5Ewalk2) F(H5Fopen) F(H5Fclose) F(H5Pcreate) F(H5Pclose) F(H5Pset_fclose_degree)                 \
  F(H5Pset_chunk_cache) F(H5Oopen) F(H5Oclose) F(H5Iget_type) F(H5Dopen2) F(H5Dclose) F(H5Dget_space) F(H5Dget_type) F(H5Dget_create_plist)  \
  F(H5Dread) F(H5Screate_simple) F(H5Sclose) F(H5Sget_simple_extent_ndims) F(H5Sget_simple_extent_dims) F(H5Sget_simple_extent_type)         \
  F(H5Sselect_hyperslab) F(H5Sget_simple_extent_npoints) F(H5Pget_layout) F(H5Pget_chunk) F(H5Pget_nfilters) F(H5Pget_filter2)               \
  F(H5Zfilter_avail) F(H5Tget_class) F(H5Tget_size) F(H5Tget_sign) F(H5Tget_precision) F(H5Tget_offset) F(H5Tget_fields) F(H5Tget_ebias)     \
  F(H5Tget_nmembers) F(H5Tget_super) F(H5Tcopy) F(H5Tset_size) F(H5Tset_order) F(H5Tclose) F(H5Tis_variable_str) F(H5Tget_cset)              \
  F(H5Tset_cset) F(H5Tset_strpad) F(H5Aiterate2) F(H5Aopen) F(H5Aclose) F(H5Aget_type) F(H5Aget_space) F(H5Aread) F(H5Literate)             \
  F(H5Dvlen_reclaim) F(H5Pset_file_locking) F(H5Dget_storage_size)

#define FIELD(name) __typeof__(&name) name;
static struct {
  FUNCTIONS(FIELD)
} lib;
static struct {
  hid_t file_access, dataset_access, c_string, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64;
} known;
static int missing = 1;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char message[400];

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

// MARK: Errors

static herr_t innermost(unsigned number, const H5E_error2_t *error, void *user) {
  (void)user;
  if (number == 0 && error->desc) snprintf(message, sizeof message, "%s", error->desc);
  return 0;
}

static void forget(void) {
  message[0] = 0;
  lib.H5Eset_auto2(0, NULL, NULL);   // each thread has a stack of its own, which prints unless it is told
  lib.H5Eclear2(0);
}

static void remember(void) { lib.H5Ewalk2(0, H5E_WALK_UPWARD, innermost, NULL); }

const char *dcs_h5_message(void) { return message; }

// MARK: Files and groups

int64_t dcs_h5_open(const char *path) {
  if (dcs_h5_load()) return -1;
  forget();
  hid_t access = lib.H5Pcreate(known.file_access);
  if (access >= 0) lib.H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  // no lock is taken: file systems that have none are read too
  if (access >= 0) lib.H5Pset_file_locking(access, 0, 1);
  // 0: for reading only
  hid_t file = access < 0 ? -1 : lib.H5Fopen(path, 0, access);
  if (file < 0) remember();
  if (access >= 0) lib.H5Pclose(access);
  return file;
}

void dcs_h5_close(int64_t file) { lib.H5Fclose(file); }

enum dcs_h5_kind dcs_h5_kind_of(int64_t file, const char *path) {
  forget();
  hid_t object = lib.H5Oopen(file, path, 0);
  if (object < 0) {
    remember();
    return dcs_h5_nothing;
  }
  H5I_type_t type = lib.H5Iget_type(object);
  lib.H5Oclose(object);
  return type == H5I_GROUP ? dcs_h5_group : type == H5I_DATASET ? dcs_h5_dataset : dcs_h5_other;
}

struct listing {
  void (*each)(void *, const char *);
  void *context;
};

static herr_t listed(hid_t group, const char *name, const H5L_info_t *info, void *user) {
  (void)group, (void)info;
  struct listing *l = user;
  l->each(l->context, name);
  return 0;
}

int dcs_h5_list(int64_t file, const char *path, void (*each)(void *context, const char *name), void *context) {
  forget();
  hid_t group = lib.H5Oopen(file, path, 0);
  hsize_t position = 0;
  struct listing l = {each, context};
  herr_t status = group < 0 ? -1 : lib.H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &position, listed, &l);
  if (status < 0) remember();
  if (group >= 0) lib.H5Oclose(group);
  return status < 0 ? -1 : 0;
}

// MARK: Arrays

struct dcs_h5_array {
  hid_t dataset, memory_type;
};

// The fields of IEEE 754 floats.
static int is_ieee(hid_t type, size_t size) {
  size_t sign, exponent, exponent_size, mantissa, mantissa_size;
  if (lib.H5Tget_fields(type, &sign, &exponent, &exponent_size, &mantissa, &mantissa_size) < 0) return 0;
  size_t bits = size == 2 ? 10 : size == 4 ? 23 : 52, bias = size == 2 ? 15 : size == 4 ? 127 : 1023;
  return sign == size * 8 - 1 && mantissa == 0 && mantissa_size == bits && exponent == bits && exponent_size == size * 8 - 1 - bits && lib.H5Tget_ebias(type) == bias;
}

static hid_t integer(size_t size, int is_signed) {
  switch (size) {
    case 1: return is_signed ? known.int8 : known.uint8;
    case 2: return is_signed ? known.int16 : known.uint16;
    case 4: return is_signed ? known.int32 : known.uint32;
    case 8: return is_signed ? known.int64 : known.uint64;
    default: return -1;
  }
}

// What elements of a file's type are, and a type of the library's by which they are read.
static hid_t element_type(hid_t type, dcs_h5_info *info) {
  static const char *names[] = {"integers of another width", "floats of another form", "times", "strings", "bit fields", "opaque bytes", "a compound type", "references", "an enumeration", "lists of varying length", "arrays in each element"};
  H5T_class_t class = lib.H5Tget_class(type);
  size_t size = lib.H5Tget_size(type);
  info->type = dcs_h5_unknown;
  info->size = (int64_t)size;
  snprintf(info->type_name, sizeof info->type_name, "%s", class >= 0 && class <= H5T_ARRAY ? names[class] : "an unknown type");
  int is_packed = lib.H5Tget_precision(type) == size * 8 && lib.H5Tget_offset(type) == 0;
  if (class == H5T_INTEGER && is_packed) {
    int is_signed = lib.H5Tget_sign(type) != H5T_SGN_NONE;
    hid_t memory = integer(size, is_signed);
    if (memory < 0) return -1;
    info->type = is_signed ? dcs_h5_signed : dcs_h5_unsigned;
    return lib.H5Tcopy(memory);
  }
  if (class == H5T_FLOAT && (size == 2 || size == 4 || size == 8) && is_ieee(type, size)) {
    hid_t memory = lib.H5Tcopy(size == 8 ? known.float64 : size == 4 ? known.float32 : type);
    if (memory >= 0 && size == 2) lib.H5Tset_order(memory, H5T_ORDER_LE);
    info->type = dcs_h5_float;
    return memory;
  }
  if (class == H5T_ENUM) {   // h5py writes bool as an enumeration of two names over int8
    hid_t base = lib.H5Tget_super(type);
    if (base < 0) return -1;
    hid_t memory = element_type(base, info);
    lib.H5Tclose(base);
    if (memory >= 0 && info->size == 1 && lib.H5Tget_nmembers(type) == 2) info->type = dcs_h5_bool;
    return memory;
  }
  return -1;
}

static void look_at_storage(hid_t dataset, dcs_h5_info *info) {
  hid_t plan = lib.H5Dget_create_plist(dataset);
  if (plan < 0) return;
  if (lib.H5Pget_layout(plan) == H5D_CHUNKED) {
    hsize_t chunk[dcs_h5_rank_limit] = {0};
    int rank = lib.H5Pget_chunk(plan, dcs_h5_rank_limit, chunk);
    info->is_chunked = rank == info->rank;
    for (int i = 0; i < rank && i < dcs_h5_rank_limit; i++) info->chunk[i] = chunk[i] > INT64_MAX ? INT64_MAX : (int64_t)chunk[i];
  }
  int count = lib.H5Pget_nfilters(plan);
  for (int i = 0; i < count && i < dcs_h5_filter_limit; i++) {
    unsigned flags = 0, configuration = 0;
    size_t values = 0;
    H5Z_filter_t filter = lib.H5Pget_filter2(plan, (unsigned)i, &flags, &values, NULL, dcs_h5_name_limit, info->filter_name[i], &configuration);
    info->filter_name[i][dcs_h5_name_limit - 1] = 0;
    if (filter < 0) continue;
    info->filter_id[i] = filter;
    info->filter_is_there[i] = lib.H5Zfilter_avail(filter) > 0;
    info->filters = i + 1;
  }
  lib.H5Pclose(plan);
}

dcs_h5_array *dcs_h5_open_array(int64_t file, const char *path, dcs_h5_info *info) {
  memset(info, 0, sizeof *info);
  forget();
  hid_t access = lib.H5Pcreate(known.dataset_access);
  // 64 MiB of decoded chunks; those read to their end go first
  if (access >= 0) lib.H5Pset_chunk_cache(access, 4099, (size_t)64 << 20, 1.0);
  hid_t dataset = access < 0 ? -1 : lib.H5Dopen2(file, path, access);
  if (access >= 0) lib.H5Pclose(access);
  hid_t space = dataset < 0 ? -1 : lib.H5Dget_space(dataset), type = dataset < 0 ? -1 : lib.H5Dget_type(dataset);
  dcs_h5_array *array = NULL;
  if (space >= 0 && type >= 0) {
    hsize_t shape[dcs_h5_rank_limit] = {0};
    int rank = lib.H5Sget_simple_extent_ndims(space);
    if (rank >= 0 && rank <= dcs_h5_rank_limit && lib.H5Sget_simple_extent_dims(space, shape, NULL) >= 0) {
      info->rank = lib.H5Sget_simple_extent_type(space) == H5S_NULL ? -1 : rank;
      for (int i = 0; i < rank; i++) info->shape[i] = shape[i] > INT64_MAX ? INT64_MAX : (int64_t)shape[i];
      hsize_t stored = lib.H5Dget_storage_size(dataset);
      info->stored = stored > INT64_MAX ? INT64_MAX : (int64_t)stored;
      look_at_storage(dataset, info);
      forget();
      array = calloc(1, sizeof *array);
      if (array) {
        array->dataset = dataset;
        array->memory_type = element_type(type, info);
      }
    }
  }
  if (!array) {
    remember();
    if (dataset >= 0) lib.H5Dclose(dataset);
  }
  if (space >= 0) lib.H5Sclose(space);
  if (type >= 0) lib.H5Tclose(type);
  return array;
}

void dcs_h5_close_array(dcs_h5_array *array) {
  if (!array) return;
  if (array->memory_type >= 0) lib.H5Tclose(array->memory_type);
  lib.H5Dclose(array->dataset);
  free(array);
}

int dcs_h5_read(dcs_h5_array *array, int rank, const int64_t *offset, const int64_t *count, void *target) {
  forget();
  hsize_t begin[dcs_h5_rank_limit], box[dcs_h5_rank_limit];
  for (int i = 0; i < rank && i < dcs_h5_rank_limit; i++) begin[i] = (hsize_t)offset[i], box[i] = (hsize_t)count[i];
  hid_t space = array->memory_type < 0 ? -1 : lib.H5Dget_space(array->dataset), memory = -1;
  int status = -1;
  if (space >= 0 && rank == 0) status = lib.H5Dread(array->dataset, array->memory_type, 0, 0, 0, target);
  if (space >= 0 && rank > 0) {
    memory = lib.H5Screate_simple(rank, box, NULL);
    if (memory >= 0 && lib.H5Sselect_hyperslab(space, H5S_SELECT_SET, begin, NULL, box, NULL) >= 0)
      status = lib.H5Dread(array->dataset, array->memory_type, memory, space, 0, target);
  }
  if (status < 0) remember();
  if (memory >= 0) lib.H5Sclose(memory);
  if (space >= 0) lib.H5Sclose(space);
  return status < 0 ? -1 : 0;
}

// MARK: Attributes

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
  forget();
  hid_t object = lib.H5Oopen(file, path, 0);
  if (object < 0) {
    remember();
    return -1;
  }
  struct attributes a = {limit, numbers, texts, context};
  hsize_t position = 0;
  herr_t status = lib.H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, one_attribute, &a);
  if (status < 0) remember();
  lib.H5Oclose(object);
  return status < 0 ? -1 : 0;
}
