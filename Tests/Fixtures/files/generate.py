"""Small files of other programs with the values they hold, for Tests/FileFormatsTests.

Run: python generate.py     (numpy, tifffile with imagecodecs, pillow, h5py; the versions used are in index.json)

index.json has one row a file: path as dcs opens it, the .npy of its values, axes, dtype, voxel size (z y x, nm) or null, chunks or null, codec, what is special.
Values are those of tifffile, Pillow and h5py, with channels before space.
"""
import io, json, os, shutil, struct, zipfile, zlib
import h5py, numpy as np, PIL, tifffile
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
os.chdir(HERE)
for name in os.listdir("."):
    if name not in ("generate.py",):
        shutil.rmtree(name) if os.path.isdir(name) else os.remove(name)
rows = []


def values(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    ramp = np.arange(np.prod(shape)).reshape(shape) % 89 + rng.integers(0, 4, shape)
    dtype = np.dtype(dtype)
    if dtype == bool:
        return ramp % 3 < 1
    if dtype.kind == "i":
        ramp = ramp - 40
    if dtype == np.uint64:
        return ramp.astype(np.uint64) + np.uint64(2**64 - 200)
    return (ramp / 4 if dtype.kind == "f" else ramp).astype(dtype)


def row(path, array, axes, voxel=None, codec="raw", what="", values=None):
    name = "values/" + path.replace("/", "_").replace("*", "all") + ".npy"
    os.makedirs("values", exist_ok=True)
    np.save(name, np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")))
    rows.append(dict(path=path, values=name, axes=axes, dtype=str(array.dtype.newbyteorder("=")), voxel=voxel, codec=codec, what=what))


def tiff(name, array, axes, stored=None, voxel=None, codec="raw", what="", **settings):
    tifffile.imwrite(name, array if stored is None else stored, **settings)
    row(name, array, axes, voxel, codec, what)


# Types, byte orders, classic and big
for dtype in ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "bool"]:
    a = values((3, 10, 13), dtype)
    tiff(f"type_{dtype}.tif", a, "zyx", photometric="minisblack", metadata=None, what=dtype)
    if dtype not in ("bool", "uint8"):
        tiff(f"big_endian_{dtype}.tif", a, "zyx", photometric="minisblack", metadata=None, byteorder=">", what="big-endian")
tiff("bigtiff.tif", values((3, 10, 13), "uint16"), "zyx", bigtiff=True, photometric="minisblack", metadata=None, what="BigTIFF")
tiff("bigtiff_big_endian.tif", values((3, 10, 13), "uint16"), "zyx", bigtiff=True, byteorder=">", photometric="minisblack", metadata=None, what="BigTIFF, big-endian")
tiff("one_page.tif", values((10, 13), "uint8"), "yx", photometric="minisblack", metadata=None, what="one page has no z")

# Compressions, strips and tiles
for codec, name, settings in [
    ("zlib", "deflate", {}), ("lzw", "LZW", {}), ("packbits", "PackBits", {}), ("zstd", "zstd", {}), ("lzma", "LZMA", {}),
]:
    tiff(f"strips_{codec}.tif", values((3, 40, 23), "uint16"), "zyx", compression=codec, rowsperstrip=7, photometric="minisblack", metadata=None, codec=name, what=f"strips, {name}", **settings)
tiff("predictor.tif", values((3, 40, 23), "uint16"), "zyx", compression="zlib", predictor=True, photometric="minisblack", metadata=None, codec="deflate", what="horizontal predictor")
tiff("predictor_float.tif", values((3, 40, 23), "float32"), "zyx", compression="zlib", predictor=True, photometric="minisblack", metadata=None, codec="deflate", what="floating point predictor")
tiff("deflate_big_endian.tif", values((3, 40, 23), "uint16"), "zyx", compression="zlib", byteorder=">", photometric="minisblack", metadata=None, codec="deflate", what="deflate, big-endian")
tiff("tiles.tif", values((3, 70, 45), "uint16"), "zyx", tile=(32, 16), photometric="minisblack", metadata=None, what="tiles with edges")
tiff("tiles_deflate.tif", values((3, 70, 45), "float32"), "zyx", tile=(32, 16), compression="zlib", photometric="minisblack", metadata=None, codec="deflate", what="tiles, deflate")
tiff("strips.tif", values((3, 40, 23), "uint8"), "zyx", rowsperstrip=7, photometric="minisblack", metadata=None, what="strips, the last one short")
tiff("mask_deflate.tif", values((3, 10, 13), "bool"), "zyx", compression="zlib", photometric="minisblack", metadata=None, codec="deflate", what="1 bit, deflate")

# Samples
rgb = values((3, 12, 11, 3), "uint8")
tiff("rgb.tif", np.moveaxis(rgb, -1, 0), "czyx", stored=rgb, photometric="rgb", metadata=None, what="RGB, contiguous")
tiff("rgb_deflate.tif", np.moveaxis(rgb, -1, 0), "czyx", stored=rgb, photometric="rgb", compression="zlib", metadata=None, codec="deflate", what="RGB, deflate")
planar = np.moveaxis(rgb, -1, 1)
tiff("rgb_planar.tif", np.moveaxis(rgb, -1, 0), "czyx", stored=planar, photometric="rgb", planarconfig="separate", metadata=None, what="RGB, planar")
tiff("rgb_tiles.tif", np.moveaxis(rgb, -1, 0), "czyx", stored=rgb, photometric="rgb", tile=(16, 16), compression="zlib", metadata=None, codec="deflate", what="RGB, tiles")
flat = np.full((16, 16, 3), (200, 40, 90), np.uint8)
Image.fromarray(flat).save("jpeg.tif", compression="jpeg", quality=95)
row("jpeg.tif", np.moveaxis(tifffile.imread("jpeg.tif"), -1, 0), "cyx", codec="JPEG", what="JPEG in YCbCr")
indexed = Image.fromarray((values((9, 14), "uint8") % 7), mode="P")
indexed.putpalette([i * 3 % 256 for i in range(768)])
indexed.save("palette.tif")
row("palette.tif", np.array(indexed), "yx", what="a palette: its indices are the values")

# What the pages mean
tiff("imagej.tif", values((5, 10, 13), "uint16"), "zyx", imagej=True, resolution=(250, 250), metadata=dict(axes="ZYX", spacing=0.04, unit="micron"), voxel=["40", "4", "4"], what="ImageJ, micron")
tiff("imagej_fraction.tif", values((5, 10, 13), "uint8"), "zyx", imagej=True, resolution=(1 / 5.24, 1 / 4.56), metadata=dict(axes="ZYX", spacing=30, unit="nm"), voxel=["30", "4.56", "5.24"], what="ImageJ, fractions of nm")
hyper = values((2, 3, 4, 6, 7), "uint16")  # t z c y x
tiff("imagej_hyperstack.tif", np.moveaxis(hyper, 2, 1), "tczyx", stored=hyper, imagej=True, metadata=dict(axes="TZCYX"), what="ImageJ hyperstack")
run = values((6, 10, 13), "uint16")
tiff("imagej_one_directory.tif", run, "zyx", imagej=True, metadata=dict(axes="ZYX"), what="ImageJ, one directory for all pages")
with tifffile.TiffFile("imagej_one_directory.tif") as t:  # cut the chain of directories behind the first
    page = t.pages[0]
    place, = struct.unpack(">I" if t.byteorder == ">" else "<I", open("imagej_one_directory.tif", "rb").read()[4:8])
    count = len(page.tags)
data = bytearray(open("imagej_one_directory.tif", "rb").read())
n, = struct.unpack_from((">" if data[:2] == b"MM" else "<") + "H", data, place)
struct.pack_into("<I", data, place + 2 + 12 * n, 0)
open("imagej_one_directory.tif", "wb").write(data)
ome = values((2, 3, 10, 13), "uint16")  # c z y x
tiff("ome.ome.tif", ome, "czyx", ome=True, metadata=dict(axes="CZYX", PhysicalSizeX=0.00524, PhysicalSizeXUnit="µm", PhysicalSizeY=4, PhysicalSizeYUnit="nm", PhysicalSizeZ=0.04, PhysicalSizeZUnit="µm"),
     photometric="minisblack", voxel=["40", "4", "5.24"], what="OME-XML, C slower than Z")
ome2 = values((3, 2, 10, 13), "uint8")  # z c y x
tiff("ome_zc.ome.tif", np.moveaxis(ome2, 1, 0), "czyx", stored=ome2, ome=True, metadata=dict(axes="ZCYX", PhysicalSizeX=1, PhysicalSizeY=1, PhysicalSizeZ=2), photometric="minisblack", voxel=["2000", "1000", "1000"],
     what="OME-XML, Z slower than C, µm by default")
tiff("tifffile_shaped.tif", values((2, 3, 10, 13), "uint8"), "czyx", photometric="minisblack", what="tifffile's shape")
tiff("dpi.tif", values((3, 10, 13), "uint8"), "zyx", resolution=(72, 72), resolutionunit="INCH", photometric="minisblack", metadata=None, what="72 dpi is no voxel size")

# Refused: by the number of the first page that differs
with tifffile.TiffWriter("pages_differ.tif") as t:
    for shape in [(10, 13), (10, 13), (9, 13)]:
        t.write(values(shape, "uint8"), photometric="minisblack", metadata=None, contiguous=False)
tifffile.imwrite("complex.tif", np.zeros((4, 4), np.complex64), metadata=None)

# Pictures
def pictures(folder, arrays, form="z{}.png", **settings):
    os.makedirs(folder)
    for number, plane in enumerate(arrays):
        name = os.path.join(folder, form.format(number + 8))
        tifffile.imwrite(name, plane, metadata=None, **settings) if form.endswith("tif") else Image.fromarray(plane).save(name)

stack = values((4, 10, 13), "uint8")
pictures("png8", stack)
row("png8", stack, "zyx", codec="deflate", what="8-bit PNG, z8 z9 z10 z11")
rows.append(dict(rows[-1], path="png8/z*.png", what="a pattern"))
stack16 = values((3, 10, 13), "uint16") * 300
pictures("png16", stack16.astype(np.uint16))
row("png16", stack16.astype(np.uint16), "zyx", codec="deflate", what="16-bit PNG")
colour = values((3, 10, 13, 3), "uint8")
pictures("png_rgb", colour)
row("png_rgb", np.moveaxis(colour, -1, 0), "czyx", codec="deflate", what="RGB PNG")
alpha = values((2, 10, 13, 4), "uint8")
pictures("png_rgba", alpha)
row("png_rgba", np.moveaxis(alpha, -1, 0), "czyx", codec="deflate", what="RGBA PNG")
bits = values((2, 10, 13), "bool")
pictures("png_bool", bits)
row("png_bool", bits, "zyx", codec="deflate", what="1-bit PNG")
os.makedirs("png_palette")
for number in range(2):
    image = Image.fromarray(values((9, 14), "uint8", number) % 5, mode="P")
    image.putpalette([i * 3 % 256 for i in range(768)])
    image.save(f"png_palette/{number}.png", bits=8)
row("png_palette", np.stack([values((9, 14), "uint8", n) % 5 for n in range(2)]), "zyx", codec="deflate", what="palette PNG: indices")
smooth = np.add.outer(np.arange(40), np.arange(30)).astype(np.uint8)
def filtered(kind):  # every PNG filter, written by hand
    raw, before = b"", bytes(30)
    for line in smooth:
        line = bytes(line)
        left, corner = bytes(1) + line[:-1], bytes(1) + before[:-1]
        def paeth(a, b, c):
            p = a + b - c
            return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        guess = [bytes(30), left, before, bytes((a + b) // 2 for a, b in zip(left, before)), bytes(paeth(a, b, c) for a, b, c in zip(left, before, corner))][kind]
        raw += bytes([kind]) + bytes((x - g) % 256 for x, g in zip(line, guess))
        before = line
    chunk = lambda name, body: struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    packed = zlib.compress(raw)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 30, 40, 8, 0, 0, 0, 0)) + chunk(b"IDAT", packed[:50]) + chunk(b"IDAT", packed[50:]) + chunk(b"IEND", b"")
os.makedirs("png_filters")
for kind in range(5):
    open(f"png_filters/{kind}.png", "wb").write(filtered(kind))
row("png_filters", np.stack([smooth] * 5), "zyx", codec="deflate", what="PNG filters 0 to 4, several IDAT")
row("png_filters/4.png", smooth, "yx", codec="deflate", what="one PNG")
pictures("tiffs", values((3, 10, 13), "uint16"), "s{:03}.tif", compression="zlib")
row("tiffs", values((3, 10, 13), "uint16"), "zyx", codec="deflate", what="a folder of TIFF")
pictures("differ", [values((10, 13), "uint8"), values((10, 13), "uint8"), values((10, 12), "uint8")])

# NumPy
for dtype in ["uint8", "int16", "float64", "bool", "uint64"]:
    np.save(f"c_{dtype}.npy", values((3, 4, 5), dtype))
    row(f"c_{dtype}.npy", values((3, 4, 5), dtype), "zyx", what="C order")
np.save("fortran.npy", np.asfortranarray(values((3, 4, 5), "uint16")))
row("fortran.npy", values((3, 4, 5), "uint16"), "zyx", what="Fortran order")
np.save("big_endian.npy", values((3, 4, 5), "uint16").astype(">u2"))
row("big_endian.npy", values((3, 4, 5), "uint16"), "zyx", what="big-endian")
np.savez("stored.npz", raw=values((3, 4, 5), "uint16"), **{"labels/a": values((6, 5), "uint64")})
np.savez_compressed("packed.npz", raw=values((3, 40, 50), "uint16"), fortran=np.asfortranarray(values((3, 4, 5), "float32")))
row("stored.npz/raw", values((3, 4, 5), "uint16"), "zyx", what=".npz, stored")
row("stored.npz/labels/a", values((6, 5), "uint64"), "yx", what=".npz, in a folder")
row("packed.npz/raw", values((3, 40, 50), "uint16"), "zyx", codec="deflate", what=".npz, deflate")
row("packed.npz/fortran", values((3, 4, 5), "float32"), "zyx", codec="deflate", what=".npz, deflate, Fortran order")

# HDF5
with h5py.File("types.h5", "w") as f:
    for dtype in ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "bool"]:
        f[f"little/{dtype}"] = values((3, 4, 5), dtype)
        row(f"types.h5/little/{dtype}", values((3, 4, 5), dtype), "zyx", what=f"HDF5 {dtype}")
        if dtype not in ("bool", "uint8", "int8"):
            f.create_dataset(f"big/{dtype}", data=values((3, 4, 5), dtype), dtype=np.dtype(dtype).newbyteorder(">"))
            row(f"types.h5/big/{dtype}", values((3, 4, 5), dtype), "zyx", what=f"HDF5 {dtype}, big-endian")
with h5py.File("stored.h5", "w") as f:
    a = values((20, 30, 25), "uint16")
    f.create_dataset("contiguous", data=a)
    f.create_dataset("chunked", data=a, chunks=(8, 16, 10))
    f.create_dataset("gzip", data=a, chunks=(8, 16, 10), compression="gzip")
    f.create_dataset("shuffled", data=a, chunks=(8, 16, 10), compression="gzip", compression_opts=9, shuffle=True, fletcher32=True)
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    d = h5py.h5d.create(f.id, b"compact", h5py.h5t.STD_U16LE, h5py.h5s.create_simple((3, 4, 5)), dcpl=compact)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, values((3, 4, 5), "uint16"))
    holes = f.create_dataset("holes", shape=(20, 30, 25), dtype="u2", chunks=(8, 16, 10), fillvalue=7)
    holes[:8] = a[:8]
    holed = np.full_like(a, 7)
    holed[:8] = a[:8]
    for name, codec in [("contiguous", "raw"), ("chunked", "raw"), ("gzip", "gzip"), ("shuffled", "shuffle + gzip + fletcher32")]:
        row(f"stored.h5/{name}", a, "zyx", codec=codec, what=f"HDF5 {name}")
    row("stored.h5/compact", values((3, 4, 5), "uint16"), "zyx", what="HDF5 compact")
    row("stored.h5/holes", holed, "zyx", what="HDF5 with chunks that are not there")
with h5py.File("placed.h5", "w") as f:
    def placed(name, shape, **attributes):
        d = f.create_dataset(name, data=values(shape, "uint8"))
        for key, value in attributes.items():
            d.attrs[key] = value
    placed("volumes/resolution", (3, 4, 5), resolution=(40.0, 4.0, 4.56), offset=(80, 0, 8))
    placed("volumes/micrometres", (3, 4, 5), element_size_um=np.array([0.04, 0.004, 0.00456], "f4"))
    placed("volumes/ilastik", (4, 5, 3, 2), axistags=json.dumps({"axes": [{"key": k, "typeFlags": 2, "resolution": 0, "description": ""} for k in "yxzc"]}))
    placed("volumes/labels", (2, 3, 4, 5), DIMENSION_LABELS=["c", "z", "y", "x"], voxel_size=(40, 4, 4))
    row("placed.h5/volumes/resolution", values((3, 4, 5), "uint8"), "zyx", voxel=["40", "4", "4.56"], what="resolution and offset, as CREMI has them")
    row("placed.h5/volumes/micrometres", values((3, 4, 5), "uint8"), "zyx", voxel=["40", "4", "4.56"], what="element_size_um in float32")
    row("placed.h5/volumes/ilastik", values((4, 5, 3, 2), "uint8"), "yxzc", what="axistags")
    row("placed.h5/volumes/labels", values((2, 3, 4, 5), "uint8"), "czyx", voxel=["40", "4", "4"], what="DIMENSION_LABELS")
    f["link"] = h5py.SoftLink("/volumes/resolution")
    f["nowhere"] = h5py.SoftLink("/nothing")
    f["text"] = "words"
    f["table"] = np.zeros(3, [("a", "i4"), ("b", "f4")])
    row("placed.h5/link", values((3, 4, 5), "uint8"), "zyx", voxel=["40", "4", "4.56"], what="a link")
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((2, 2))
    plan.set_filter(32001 if h5py.h5z.filter_avail(32001) else 333, h5py.h5z.FLAG_OPTIONAL, (1, 2))
    h5py.h5d.create(f.id, b"filtered", h5py.h5t.STD_U8LE, h5py.h5s.create_simple((4, 4)), dcpl=plan)

json.dump(dict(versions=dict(numpy=np.__version__, tifffile=tifffile.__version__, pillow=PIL.__version__, h5py=h5py.__version__), rows=rows), open("index.json", "w"), indent=1)
print(len(rows), "rows")
