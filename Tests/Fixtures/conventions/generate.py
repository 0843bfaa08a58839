"""What metadata of each convention say, and where the array then lies: for Tests/StorageTests/ConventionTests.swift.

Run: python generate.py        (ome-zarr and zarr; versions used are in cases.json)

cases.json has one row a case: the JSON documents of a small container by key, which array is meant, and what must come out of it (nm; z, y, x):
voxel size and corner of voxel 0. The documents of "ome-zarr …" are what that library writes; all others are written by hand from the
specification or the program named in `source`, and expected values are worked out by hand from it.
"""
import json, os, sys, tempfile
from importlib.metadata import version
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
rows = []
NGFF = "https://ngff.openmicroscopy.org/"


def zarr2(shape=(4, 4, 4), **more):
    return dict(zarr_format=2, shape=list(shape), chunks=list(shape), dtype="|u1", compressor=None, fill_value=0, order="C", filters=None, dimension_separator="/", **more)


def zarr3(shape=(4, 4, 4), attributes=None, names=None):
    meta = dict(zarr_format=3, node_type="array", shape=list(shape), data_type="uint8", chunk_grid=dict(name="regular", configuration=dict(chunk_shape=list(shape))),
                chunk_key_encoding=dict(name="default", configuration=dict(separator="/")), codecs=[dict(name="bytes")], fill_value=0, attributes=attributes or {})
    if names:
        meta["dimension_names"] = names
    return meta


def n5(dimensions=(4, 4, 4), **attributes):
    return dict(dimensions=list(dimensions), blockSize=list(dimensions), dataType="uint8", compression=dict(type="raw"), **attributes)


def case(name, source, documents, array, voxel=None, offset=None, axes="zyx", says=None, origin="center", error=None, container="a.zarr"):
    row = dict(name=name, source=source, container=container, documents=documents, array=array, origin=origin)
    row.update(dict(error=error) if error else dict(voxel=voxel, offset=offset, axes=list(axes), says=says))
    rows.append(row)


def axes(names, unit="nanometer"):
    kind = dict(t="time", c="channel")
    out = []
    for n in names:
        axis = dict(name=n, type=kind.get(n, "space"))
        if axis["type"] == "space" and unit:
            axis["unit"] = unit
        out.append(axis)
    return out


def dataset(path, scale=None, translation=None, *more):
    steps = ([dict(type="scale", scale=scale)] if scale else []) + ([dict(type="translation", translation=translation)] if translation else []) + list(more)
    return dict(path=path, coordinateTransformations=steps)


def ngff4(datasets, names="zyx", unit="nanometer", name="em", whole=None, shape=(4, 4, 4), **more):
    record = dict(version="0.4", name=name, axes=axes(names, unit), datasets=datasets, **more)
    if whole:
        record["coordinateTransformations"] = whole
    return {".zgroup": dict(zarr_format=2), ".zattrs": dict(multiscales=[record]), **{f"{d['path']}/.zarray": zarr2(shape) for d in datasets}}


def ngff5(datasets, names="zyx", unit="nanometer"):
    group = dict(zarr_format=3, node_type="group", attributes=dict(ome=dict(version="0.5", multiscales=[dict(name="em", axes=axes(names, unit), datasets=datasets)])))
    return {"zarr.json": group, **{f"{d['path']}/zarr.json": zarr3() for d in datasets}}


# funlib.persistence, DaCapo: https://github.com/funkelab/funlib.persistence (metadata.py): offset is the corner, in world units
F = "funlib.persistence 0.5, metadata.py"
case("funlib", F, {".zarray": zarr2(), ".zattrs": dict(offset=[80, 320, 1280], voxel_size=[40, 4, 4], axis_names=["z", "y", "x"], units=["nm", "nm", "nm"])}, "", ["40", "4", "4"], ["80", "320", "1280"], says="attributes")
case("funlib, fractions", F, {".zarray": zarr2(), ".zattrs": dict(offset=[-2.28, 0, 5.24], voxel_size=[4.56, 4, 5.24])}, "", ["4.56", "4", "5.24"], ["-2.28", "0", "5.24"], says="attributes")
case("funlib, channel by caret", F, {".zarray": zarr2((2, 4, 4, 4)), ".zattrs": dict(offset=[8, 0, 0], voxel_size=[8, 4, 4], axis_names=["c^", "z", "y", "x"])}, "", ["8", "4", "4"], ["8", "0", "0"], "czyx", "attributes")
case("funlib, types", F, {".zarray": zarr2((2, 4, 4, 4)), ".zattrs": dict(offset=[0, 8, 0, 0], voxel_size=[1, 8, 4, 4], axis_names=["a", "z", "y", "x"], types=["channel", "space", "space", "space"])}, "", ["8", "4", "4"], ["8", "0", "0"], "azyx", "attributes")
case("DaCapo resolution", "DaCapo 0.3, CellMap challenge", {".zarray": zarr2(), ".zattrs": dict(offset=[16, 0, 8], resolution=[8, 8, 8])}, "", ["8", "8", "8"], ["16", "0", "8"], says="attributes")
case("funlib in N5", F, {"attributes.json": n5(offset=[1, 2, 3], resolution=[4, 5, 6])}, "", ["6", "5", "4"], ["3", "2", "1"], says="N5 attributes (reversed)", container="a.n5")
case("funlib in N5, z first", F, {"attributes.json": n5(offset=[1, 2, 3], resolution=[4, 5, 6], axis_names=["z", "y", "x"])}, "", ["4", "5", "6"], ["1", "2", "3"], says="N5 attributes", container="a.n5")
case("funlib, two axes for three", F, {".zarray": zarr2(), ".zattrs": dict(voxel_size=[4, 4])}, "", error="voxel_size")
case("funlib, voxel size 0", F, {".zarray": zarr2(), ".zattrs": dict(voxel_size=[0, 4, 4])}, "", error="voxel_size")
case("funlib, unknown unit", F, {".zarray": zarr2(), ".zattrs": dict(voxel_size=[4, 4, 4], units=["furlong", "nm", "nm"])}, "", error="units")
case("Zarr v3 names alone", "https://zarr-specs.readthedocs.io/en/latest/v3/core/#dimension-names", {"zarr.json": zarr3((2, 4, 4), names=["c", "y", "x"])}, "", None, None, "cyx")
case("xarray names alone", "https://docs.xarray.dev/en/stable/internals/zarr-encoding-spec.html", {".zarray": zarr2((2, 4, 4)), ".zattrs": dict(_ARRAY_DIMENSIONS=["t", "y", "x"])}, "", None, None, "tyx")

# NGFF: translations are centres, so corner = translation - scale / 2
V4, V5 = NGFF + "0.4/#multiscale-md", NGFF + "0.5/#multiscale-md"
two = [dataset("s0", [5.24, 4, 4], [0, 0, 0]), dataset("s1", [10.48, 8, 8], [2.62, 2, 2])]
case("NGFF 0.4, s0", V4, ngff4(two), "s0", ["5.24", "4", "4"], ["-2.62", "-2", "-2"], says="OME-NGFF 0.4")
case("NGFF 0.4, s1 has the same corner", V4, ngff4(two), "s1", ["10.48", "8", "8"], ["-2.62", "-2", "-2"], says="OME-NGFF 0.4")
case("NGFF 0.4, origin corner", V4, ngff4(two), "s1", ["10.48", "8", "8"], ["2.62", "2", "2"], says="OME-NGFF 0.4", origin="corner")
case("NGFF 0.5, s1", V5, ngff5(two), "s1", ["10.48", "8", "8"], ["-2.62", "-2", "-2"], says="OME-NGFF 0.5")
case("NGFF 0.4, no translation", V4, ngff4([dataset("0", [8, 4, 4])]), "0", ["8", "4", "4"], ["-4", "-2", "-2"], says="OME-NGFF 0.4")
case("NGFF 0.4, identity is one nanometre", V4, ngff4([dataset("0", None, None, dict(type="identity"))]), "0", ["1", "1", "1"], ["-0.5", "-0.5", "-0.5"], says="OME-NGFF 0.4")
case("NGFF 0.4, micrometres", V4, ngff4([dataset("0", [0.008, 0.004, 0.004], [1, 0, 0])], unit="micrometer"), "0", ["8", "4", "4"], ["996", "-2", "-2"], says="OME-NGFF 0.4")
case("NGFF 0.4, angstroms", V4, ngff4([dataset("0", [80, 45.6, 40])], unit="angstrom"), "0", ["8", "4.56", "4"], ["-4", "-2.28", "-2"], says="OME-NGFF 0.4")
case("NGFF 0.4, no unit is nm", V4, ngff4([dataset("0", [8, 4, 4])], unit=None), "0", ["8", "4", "4"], ["-4", "-2", "-2"], says="OME-NGFF 0.4")
case("NGFF 0.4, t and c", V4, ngff4([dataset("0", [2.5, 1, 8, 4, 4], [7, 0, 4, 2, 2])], "tczyx", shape=(2, 3, 4, 4, 4)), "0", ["8", "4", "4"], ["0", "0", "0"], "tczyx", "OME-NGFF 0.4")
case("NGFF 0.4, two axes", V4, ngff4([dataset("0", [4, 4], [2, 2])], "yx", shape=(4, 4)), "0", ["4", "4"], ["0", "0"], "yx", "OME-NGFF 0.4")
case("NGFF 0.4, transform of the whole", V4, ngff4([dataset("0", [1, 1, 1]), dataset("1", [2, 2, 2], [0.5, 0.5, 0.5])], whole=[dict(type="scale", scale=[8, 4, 4]), dict(type="translation", translation=[100, 0, 0])]),
     "1", ["16", "8", "8"], ["96", "-2", "-2"], says="OME-NGFF 0.4")
deep = ngff4([dataset("a/b", [8, 4, 4], [4, 2, 2])])
case("NGFF 0.4, a dataset two groups down", V4, deep, "a/b", ["8", "4", "4"], ["0", "0", "0"], says="OME-NGFF 0.4")
several = ngff4([dataset("raw", [4, 4, 4])])
several[".zattrs"]["multiscales"].append(dict(version="0.4", name="labels", axes=axes("zyx"), datasets=[dataset("ids", [8, 8, 8], [2, 2, 2])]))
several["ids/.zarray"] = zarr2()
case("NGFF 0.4, the second multiscale of a group", V4, several, "ids", ["8", "8", "8"], ["-2", "-2", "-2"], says="OME-NGFF 0.4")
plain = {".zgroup": dict(zarr_format=2), "0/.zarray": zarr2((1, 2, 4, 4, 4))}
case("NGFF 0.3, axes as names", NGFF + "0.3/#multiscale-md", {**plain, ".zattrs": dict(multiscales=[dict(version="0.3", axes=["t", "c", "z", "y", "x"], datasets=[dict(path="0")])])}, "0", None, None, "tczyx", "OME-NGFF 0.3, axes only")
case("NGFF 0.1, no axes", NGFF + "0.1/#multiscale-md", {**plain, ".zattrs": dict(multiscales=[dict(version="0.1", datasets=[dict(path="0")])])}, "0", None, None, "tczyx", "OME-NGFF 0.1, axes only")
case("NGFF 0.4, rotation", V4, ngff4([dataset("0", [8, 4, 4], None, dict(type="rotation", rotation=[1]))]), "0", error="the NGFF transformation rotation")
case("NGFF 0.4, affine", V4, ngff4([dataset("0", [8, 4, 4], None, dict(type="affine", affine=[[1]]))]), "0", error="the NGFF transformation affine")
case("NGFF 0.4, scale from a file", V4, ngff4([dataset("0", None, None, dict(type="scale", path="scales"))]), "0", error="the NGFF transformation scale from a file")
case("NGFF 0.4, scale of two numbers", V4, ngff4([dataset("0", [4, 4])]), "0", error="scale")
case("NGFF 0.4, scale 0", V4, ngff4([dataset("0", [0, 4, 4])]), "0", error="scale")
case("NGFF 0.4, a text for a number", V4, ngff4([dataset("0", ["4", 4, 4])]), "0", error="scale")
case("NGFF 0.4, unknown unit", V4, ngff4([dataset("0", [4, 4, 4])], unit="furlong"), "0", error="unit")
case("NGFF 0.4, axes of another array", V4, ngff4([dataset("0", [4, 4])], "yx"), "0", error="multiscales")
case("NGFF 0.4, an axis twice", V4, ngff4([dataset("0", [4, 4, 4])], "zzx"), "0", error="multiscales")
six = ngff5(two)
six["zarr.json"]["attributes"]["ome"].update(version="0.6.dev1")
six["zarr.json"]["attributes"]["ome"]["multiscales"][0]["coordinateSystems"] = [dict(name="physical", axes=axes("zyx"))]
case("NGFF 0.6", "https://github.com/ome/ngff-spec", six, "s0", error="OME-NGFF 0.6.dev1 with coordinateSystems")

# COSEM and CellMap: https://github.com/janelia-cosem/schemas/blob/master/multiscale.md: centres, C order also in N5
C = "janelia-cosem/schemas, multiscale.md; n5-universe N5CosemMetadata"
def cosem(scale, translate, names=("z", "y", "x")):
    return dict(axes=list(names), ordering="C", scale=scale, translate=translate, units=["nm"] * len(names))
case("COSEM transform", C, {"attributes.json": n5(transform=cosem([6.48, 8, 8], [1.62, 2, 2]), pixelResolution=[1, 1, 1])}, "", ["6.48", "8", "8"], ["-1.62", "-2", "-2"], says="transform", container="a.n5")
case("COSEM transform, x first", C, {"attributes.json": n5(transform=cosem([8, 8, 6.48], [2, 2, 1.62], "xyz"))}, "", ["6.48", "8", "8"], ["-1.62", "-2", "-2"], says="transform", container="a.n5")
case("COSEM transform in Zarr", C, {".zarray": zarr2(), ".zattrs": dict(transform=cosem([5.24, 4, 4], [0, 0, 0]))}, "", ["5.24", "4", "4"], ["-2.62", "-2", "-2"], says="transform")
group = dict(axes=["x", "y", "z"], scales=[[1, 1, 1], [2, 2, 2]], units=["nm", "nm", "nm"], pixelResolution=dict(dimensions=[4, 4, 5.24], unit="nm"),
             multiscales=[dict(name="em", datasets=[dict(path="s0", transform=cosem([5.24, 4, 4], [0, 0, 0])), dict(path="s1", transform=cosem([10.48, 8, 8], [2.62, 2, 2]))])])
case("COSEM group", C, {"attributes.json": group, "s0/attributes.json": n5(), "s1/attributes.json": n5()}, "s1", ["10.48", "8", "8"], ["-2.62", "-2", "-2"], says="transform of the group", container="a.n5")
case("COSEM transform of two numbers", C, {"attributes.json": n5(transform=dict(scale=[1, 1], translate=[0, 0]))}, "", error="transform", container="a.n5")

# N5 viewer, BigDataViewer, Paintera: the centre of voxel 0 of s0 lies at the offset, levels share its corner
U = "n5-universe N5SingleScaleMetadataParser.buildTransform"
res = dict(dimensions=[4, 4, 40], unit="nm")
case("N5 viewer, s0", U, {"attributes.json": {}, "s0/attributes.json": n5(pixelResolution=res, downsamplingFactors=[1, 1, 1])}, "s0", ["40", "4", "4"], ["-20", "-2", "-2"], says="pixelResolution (reversed)", container="a.n5")
case("N5 viewer, s1", U, {"attributes.json": {}, "s1/attributes.json": n5(pixelResolution=res, downsamplingFactors=[2, 2, 1])}, "s1", ["40", "8", "8"], ["-20", "-2", "-2"], says="pixelResolution (reversed)", container="a.n5")
case("N5 viewer, origin corner", U, {"attributes.json": n5(pixelResolution=res)}, "", ["40", "4", "4"], ["0", "0", "0"], says="pixelResolution (reversed)", origin="corner", container="a.n5")
case("N5 viewer, micrometres", U, {"attributes.json": n5(pixelResolution=dict(dimensions=[0.004, 0.004, 0.04], unit="um"))}, "", ["40", "4", "4"], ["-20", "-2", "-2"], says="pixelResolution (reversed)", container="a.n5")
case("N5 viewer, pixels", U, {"attributes.json": n5(pixelResolution=dict(dimensions=[1, 1, 1], unit="pixel"))}, "", None, None, container="a.n5")
case("N5 viewer, scales of the group", U, {"attributes.json": dict(scales=[[1, 1, 1], [2, 2, 1]], pixelResolution=res), "s1/attributes.json": n5()}, "s1", ["40", "8", "8"], ["-20", "-2", "-2"], says="pixelResolution of the group (reversed)", container="a.n5")
case("N5 viewer, c0/s1", U, {"attributes.json": dict(scales=[[1, 1, 1], [2, 2, 1]], pixelResolution=res), "c0/s1/attributes.json": n5()}, "c0/s1", ["40", "8", "8"], ["-20", "-2", "-2"], says="pixelResolution of the group (reversed)", container="a.n5")
P = "Paintera N5Helpers.getTransform, considerDownsampling"
paintera = {"raw/attributes.json": dict(painteraData=dict(type="raw")), "raw/data/attributes.json": dict(multiScale=True, resolution=[4, 4, 40], offset=[8, 0, 400]),
            "raw/data/s0/attributes.json": n5(), "raw/data/s1/attributes.json": n5(downsamplingFactors=[2, 2, 1])}
case("Paintera, s0", P, paintera, "raw/data/s0", ["40", "4", "4"], ["380", "-2", "6"], says="resolution of the group (reversed)", container="a.n5")
case("Paintera, s1", P, paintera, "raw/data/s1", ["40", "8", "8"], ["380", "-2", "6"], says="resolution of the group (reversed)", container="a.n5")
case("Paintera, s1 without factors", P, {"data/attributes.json": dict(multiScale=True, resolution=[4, 4, 40]), "data/s1/attributes.json": n5()}, "data/s1", error="downsamplingFactors", container="a.n5")
bdv = {"setup0/attributes.json": dict(downsamplingFactors=[[1, 1, 1], [2, 2, 1]], dataType="uint8"), "setup0/timepoint0/attributes.json": dict(resolution=[1.0, 1.0, 3.0], saved_completely=True, multiScale=True),
       "setup0/timepoint0/s1/attributes.json": n5(downsamplingFactors=[2, 2, 1])}
case("BigDataViewer: its XML has the sizes", "bigdataviewer-core BdvN5Format", bdv, "setup0/timepoint0/s1", None, None, container="a.n5")


def documents(folder):
    found = {}
    for root, _, files in os.walk(folder):
        for name in files:
            if name in (".zarray", ".zattrs", ".zgroup", "zarr.json"):
                found[os.path.relpath(os.path.join(root, name), folder)] = json.load(open(os.path.join(root, name)))
    return found


def written_by_ome_zarr(number):
    import zarr
    from ome_zarr.format import FormatV04, FormatV05
    from ome_zarr.writer import write_multiscale
    with tempfile.TemporaryDirectory() as folder:
        fmt = FormatV04() if number == "0.4" else FormatV05()
        group = zarr.open_group(os.path.join(folder, "a.zarr"), mode="w", zarr_format=2 if number == "0.4" else 3)
        steps = [[dict(type="scale", scale=[2.0 * k, 1.0, 8.0 * k, 4.0 * k, 4.0 * k]), dict(type="translation", translation=[0.0, 0.0, 4.0 * k, 16.0 + 2.0 * k, 2.0 * k])] for k in (1, 2)]
        write_multiscale([np.zeros((1, 2, 8, 8, 8), np.uint8), np.zeros((1, 2, 4, 4, 4), np.uint8)], group, fmt=fmt, axes=axes("tczyx"), coordinate_transformations=steps)
        docs = documents(os.path.join(folder, "a.zarr"))
    for level, size in (("0", ["8", "4", "4"]), ("1", ["16", "8", "8"])):
        key = next((d["path"] for d in (docs.get(".zattrs") or docs["zarr.json"]["attributes"]["ome"])["multiscales"][0]["datasets"] if d["path"].endswith(level)))
        case(f"ome-zarr {number}, level {level}", f"ome-zarr {version('ome-zarr')}", docs, key, size, ["0", "16", "0"], "tczyx", f"OME-NGFF {number}")


written_by_ome_zarr("0.4")
written_by_ome_zarr("0.5")
versions = dict(python=sys.version.split()[0], **{name: version(name) for name in ("ome-zarr", "zarr", "numpy")})
with open(os.path.join(HERE, "cases.json"), "w") as f:
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    f.write(f'{{"versions":{json.dumps(versions)},"cases":[\n{lines}\n]}}\n')
print(len(rows), "cases")
