// Arrays: their elements, how they are stored, boxes of them.
#include "library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
  dcs_h5_forget();
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
      dcs_h5_forget();
      array = calloc(1, sizeof *array);
      if (array) {
        array->dataset = dataset;
        array->memory_type = element_type(type, info);
      }
    }
  }
  if (!array) {
    dcs_h5_remember();
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
  dcs_h5_forget();
  if (rank < 0 || rank > dcs_h5_rank_limit) return -1;
  hsize_t begin[dcs_h5_rank_limit], box[dcs_h5_rank_limit];
  for (int i = 0; i < rank; i++) begin[i] = (hsize_t)offset[i], box[i] = (hsize_t)count[i];
  hid_t space = array->memory_type < 0 ? -1 : lib.H5Dget_space(array->dataset), memory = -1;
  int status = -1;
  if (space >= 0 && rank == 0) status = lib.H5Dread(array->dataset, array->memory_type, 0, 0, 0, target);
  if (space >= 0 && rank > 0) {
    memory = lib.H5Screate_simple(rank, box, NULL);
    if (memory >= 0 && lib.H5Sselect_hyperslab(space, H5S_SELECT_SET, begin, NULL, box, NULL) >= 0)
      status = lib.H5Dread(array->dataset, array->memory_type, memory, space, 0, target);
  }
  if (status < 0) dcs_h5_remember();
  if (memory >= 0) lib.H5Sclose(memory);
  if (space >= 0) lib.H5Sclose(space);
  return status < 0 ? -1 : 0;
}
