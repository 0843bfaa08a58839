// Storage keeps arrays in files: byte stores, codecs, Zarr and N5, and the metadata conventions of the field.
