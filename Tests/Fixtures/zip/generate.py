"""Containers in zip files: python generate.py (zarr 3, numpy; zipfile of Python 3.11). Each holds em/s0, 10 × 12 uint16 in chunks of 4 × 5: value = 100 · row + column."""
import io, os, zipfile
import numpy, zarr

here = os.path.dirname(os.path.abspath(__file__))


def files(version):
    store = zarr.storage.MemoryStore()
    array = zarr.open_group(store, mode="w", zarr_format=version).create_array("em/s0", shape=(10, 12), chunks=(4, 5), dtype="u2", compressors=None)
    array[:] = 100 * numpy.arange(10)[:, None] + numpy.arange(12)
    return {key: value.to_bytes() for key, value in sorted(store._store_dict.items())}


def write(name, version, method, folder="", twice=False):
    with zipfile.ZipFile(os.path.join(here, name), "w", method) as out:
        if twice:
            out.writestr(zipfile.ZipInfo(folder + "em/s0/0.0"), b"\0" * 40)  # an older version of a chunk
        for key, value in files(version).items():
            out.writestr(zipfile.ZipInfo(folder + key), value, compress_type=method)


write("stored.zarr.zip", 2, zipfile.ZIP_STORED, twice=True)
write("deflated.zarr.zip", 3, zipfile.ZIP_DEFLATED)
write("folder.zip", 2, zipfile.ZIP_DEFLATED, folder="a.zarr/")
zipfile.ZIP64_LIMIT = 100  # wide sizes and offsets wherever something is longer than this
zipfile.ZIP_FILECOUNT_LIMIT = 3
write("wide.zarr.zip", 2, zipfile.ZIP_STORED)
