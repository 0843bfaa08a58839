// The functions and types of libhdf5, and its last error, which the files here share.
#ifndef CHDF5_LIBRARY_H
#define CHDF5_LIBRARY_H

#include "CHdf5.h"

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
struct dcs_h5_library {
  FUNCTIONS(FIELD)
};
struct dcs_h5_types {
  hid_t file_access, dataset_access, c_string, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64;
};
extern struct dcs_h5_library dcs_h5_lib;
extern struct dcs_h5_types dcs_h5_known;
#define lib dcs_h5_lib
#define known dcs_h5_known

// Before and after calls that can fail: what the library said is kept, never printed.
void dcs_h5_forget(void);
void dcs_h5_remember(void);

#endif
