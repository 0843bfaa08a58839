// HDF5 files, read only, by libhdf5, which is loaded at its first use.
//
// The library is not made for threads: the caller holds one lock round every function here. Its error stack is never printed; after a
// failure `dcs_h5_message` says what the innermost function of the library said.
#ifndef CHDF5_H
#define CHDF5_H

#include <stdint.h>

enum { dcs_h5_rank_limit = 32, dcs_h5_filter_limit = 32, dcs_h5_name_limit = 64 };
enum dcs_h5_kind { dcs_h5_nothing, dcs_h5_group, dcs_h5_dataset, dcs_h5_other };
enum dcs_h5_type { dcs_h5_unknown, dcs_h5_unsigned, dcs_h5_signed, dcs_h5_float, dcs_h5_bool };

typedef struct {
  int rank;   // -1: no voxels at all (a null dataspace)
  int64_t shape[dcs_h5_rank_limit];
  int is_chunked;
  int64_t stored;   // bytes of its elements in the file; 0 where none were written
  int64_t chunk[dcs_h5_rank_limit];
  enum dcs_h5_type type;
  int64_t size;                         // bytes an element
  char type_name[dcs_h5_name_limit];    // of a type that is not read: "a compound type"
  int filters;
  int32_t filter_id[dcs_h5_filter_limit];
  int filter_is_there[dcs_h5_filter_limit];
  char filter_name[dcs_h5_filter_limit][dcs_h5_name_limit];
} dcs_h5_info;

typedef struct dcs_h5_array dcs_h5_array;

/// 0: there; 1: no libhdf5; 2: one without the functions that are needed.
int dcs_h5_load(void);
const char *dcs_h5_message(void);

/// Below 0 on error.
int64_t dcs_h5_open(const char *path);
void dcs_h5_close(int64_t file);
/// What is at a path; dcs_h5_nothing also for links that lead nowhere.
enum dcs_h5_kind dcs_h5_kind_of(int64_t file, const char *path);
/// Calls `each` with the name of everything in a group, by name. 0 on success.
int dcs_h5_list(int64_t file, const char *path, void (*each)(void *context, const char *name), void *context);

/// NULL on error.
dcs_h5_array *dcs_h5_open_array(int64_t file, const char *path, dcs_h5_info *info);
void dcs_h5_close_array(dcs_h5_array *array);
/// Elements of a box, C order, in the machine's byte order. 0 on success.
int dcs_h5_read(dcs_h5_array *array, int rank, const int64_t *offset, const int64_t *count, void *target);

/// Calls one of the two for each attribute of an object that holds at most `limit` numbers or texts; others are passed over.
/// `is_single`: numbers are those of 32-bit floats.
int dcs_h5_attributes(
  int64_t file, const char *path, int limit, void (*numbers)(void *context, const char *name, const double *values, int64_t count, int is_single, int is_list),
  void (*texts)(void *context, const char *name, const char *const *values, int64_t count, int is_list), void *context);

#endif
