"""Opens what scripts/mito.dcs wrote with zarr-python and checks shape, voxel size and offset against the raw volume, and the foreground Jaccard against truth.

usage: check_output.py OUT/validate.zarr DATA.zarr        (pip install zarr numpy)
"""
import sys

import numpy as np
import zarr

out, data = zarr.open(sys.argv[1], mode="r"), zarr.open(sys.argv[2], mode="r")
raw, truth = data["validate/raw"], np.asarray(data["validate/labels/mito"][:]) > 0
for name in ["mito", "mito_instances"]:
    array = out[name]
    assert array.shape == raw.shape, (name, array.shape, raw.shape)
    assert list(array.attrs["voxel_size"]) == list(raw.attrs["resolution"]), (name, array.attrs["voxel_size"])
    assert list(array.attrs["offset"]) == list(raw.attrs["offset"]), (name, array.attrs["offset"])
mask = np.asarray(out["mito"][:]) > 0
assert ((np.asarray(out["mito_instances"][:]) > 0) == mask).all()
print(f"shape, voxel size and offset agree; jaccard {(mask & truth).sum() / (mask | truth).sum():.4f}")
