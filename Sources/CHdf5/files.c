// Files, groups and what lies in them.
#include "library.h"

int64_t dcs_h5_open(const char *path) {
  if (dcs_h5_load()) return -1;
  dcs_h5_forget();
  hid_t access = lib.H5Pcreate(known.file_access);
  if (access >= 0) lib.H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  // no lock is taken: file systems that have none are read too
  if (access >= 0) lib.H5Pset_file_locking(access, 0, 1);
  // 0: for reading only
  hid_t file = access < 0 ? -1 : lib.H5Fopen(path, 0, access);
  if (file < 0) dcs_h5_remember();
  if (access >= 0) lib.H5Pclose(access);
  return file;
}

void dcs_h5_close(int64_t file) { lib.H5Fclose(file); }

enum dcs_h5_kind dcs_h5_kind_of(int64_t file, const char *path) {
  dcs_h5_forget();
  hid_t object = lib.H5Oopen(file, path, 0);
  if (object < 0) {
    dcs_h5_remember();
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
  dcs_h5_forget();
  hid_t group = lib.H5Oopen(file, path, 0);
  hsize_t position = 0;
  struct listing l = {each, context};
  herr_t status = group < 0 ? -1 : lib.H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &position, listed, &l);
  if (status < 0) dcs_h5_remember();
  if (group >= 0) lib.H5Oclose(group);
  return status < 0 ? -1 : 0;
}
