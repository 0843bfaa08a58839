// Storage keeps arrays on disk: byte stores, codecs, Zarr v2 and v3, N5, and the metadata that place voxels in the world.
