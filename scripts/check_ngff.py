"""Validates OME-NGFF groups against the published models (ome-zarr-models) and reads their levels with zarr-python, as napari would.

Run: python3 scripts/check_ngff.py em.zarr/em …        (pip install ome-zarr-models; without it this says so and ends with 3)
One line a level: shape, voxel size and world box (nm) as a reader works them out who takes translations for centres. Exit 1 if a group is not valid.
"""
import json, os, sys

try:
    import zarr
    from ome_zarr_models.v04.image import Image as Image04
    from ome_zarr_models.v05.image import Image as Image05
except ImportError as missing:
    print(f"not checked: {missing.name} is not installed (pip install ome-zarr-models)")
    sys.exit(3)


def check(path):
    group = zarr.open_group(path, mode="r")
    attributes = group.attrs.asdict()
    record = attributes.get("ome", attributes)["multiscales"][0]
    is5 = "ome" in attributes
    (Image05 if is5 else Image04).from_zarr(group)
    version = attributes["ome"]["version"] if is5 else record["version"]
    print(f"{path}  valid OME-NGFF {version}, {len(record['datasets'])} levels")
    for dataset in record["datasets"]:
        steps = {step["type"]: step[step["type"]] for step in dataset["coordinateTransformations"]}
        array = group[dataset["path"]]
        scale, translation = steps["scale"], steps.get("translation", [0] * array.ndim)
        space = [i for i, axis in enumerate(record["axes"]) if axis["type"] == "space"]
        box = ", ".join(f"{translation[i] - scale[i] / 2:g}:{translation[i] + (array.shape[i] - 0.5) * scale[i]:g}" for i in space)
        print(f"  {dataset['path']}  {array.shape}  voxel {' x '.join(f'{scale[i]:g}' for i in space)}  [{box}]")


failed = False
for path in sys.argv[1:]:
    try:
        check(path)
    except Exception as error:
        failed = True
        print(f"{path}  NOT VALID: {error}")
sys.exit(1 if failed else 0)
