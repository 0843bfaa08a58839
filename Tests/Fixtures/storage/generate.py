"""Small arrays written by zarr-python and tensorstore, with the values they hold, for Tests/StorageTests/FixtureTests.swift.

Run: python generate.py        (numpy, numcodecs, zarr >= 3, tensorstore; versions used are in index.json)

index.json has one row an array: store, path inside it, format, what is special, shape, dtype, codec as dcs names it, and the .npy
with the values (always z, y, x). Values are ramps with noise from a fixed seed, so that codecs have something to do.
"""
import json, os, shutil, sys
import numpy as np, numcodecs, tensorstore, zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, TransposeCodec, ZstdCodec

HERE = os.path.dirname(os.path.abspath(__file__))
rows = []


def values(shape, dtype, seed):
    rng = np.random.default_rng(seed)
    ramp = np.arange(np.prod(shape), dtype=np.float64).reshape(shape) % 97
    noisy = ramp + rng.integers(0, 5, shape)
    dtype = np.dtype(dtype)
    if dtype == bool:
        return noisy % 3 < 1
    if dtype.kind == "u" and dtype.itemsize == 8:
        return noisy.astype(np.uint64) + np.uint64(2**64 - 200)  # labels near the top
    if dtype.kind == "i":
        return (noisy - 50).astype(dtype)
    return noisy.astype(dtype)


def fresh(name):
    path = os.path.join(HERE, name)
    shutil.rmtree(path, ignore_errors=True)
    return path


def record(store, path, format, features, array, codec):
    npy = store.rsplit(".", 1)[0] + ".npy"
    np.save(os.path.join(HERE, npy), array.astype(array.dtype.newbyteorder("<")))
    rows.append(dict(store=store, path=path, format=format, features=features, shape=list(array.shape), dtype=str(array.dtype.newbyteorder("=")), codec=codec, npy=npy))


def v2(name, shape, chunks, dtype, compressor, codec, features, seed, separator=".", order="C", fill=0, holes=()):
    a = values(shape, dtype, seed)
    path = fresh(name)
    z = zarr.create_array(path, shape=shape, chunks=chunks, dtype=dtype, compressors=compressor, filters=None, order=order, fill_value=fill,
                          zarr_format=2, chunk_key_encoding={"name": "v2", "separator": separator})
    z[...] = a
    for hole in holes:
        os.remove(os.path.join(path, separator.join(map(str, hole))))
        box = tuple(slice(i * c, (i + 1) * c) for i, c in zip(hole, chunks))
        a[box] = z.fill_value
    record(name, "", "zarr2", features, a, codec)


def v3(name, shape, chunks, dtype, codecs, codec, features, seed, **more):
    a = values(shape, dtype, seed)
    z = zarr.create_array(fresh(name), shape=shape, chunks=chunks, dtype=dtype, zarr_format=3, **codecs, **more)
    z[...] = a
    record(name, "", "zarr3", features, a, codec)


def n5(name, shape, chunks, dtype, compression, codec, features, seed):
    a = values(shape, dtype, seed)
    path = fresh(name)
    reverse = lambda xs: [int(x) for x in xs][::-1]
    store = tensorstore.open(dict(driver="n5", kvstore=dict(driver="file", path=os.path.join(path, "data")), create=True,
                                  metadata=dict(dimensions=reverse(shape), blockSize=reverse(chunks), dataType=np.dtype(dtype).name, compression=compression))).result()
    store.write(a.transpose()).result()
    with open(os.path.join(path, "attributes.json"), "w") as f:
        json.dump({"n5": "2.0.0"}, f)
    record(name, "data", "n5", features, a, codec)


B = numcodecs.Blosc
v2("v2_blosc_lz4.zarr", (5, 6, 7), (2, 3, 4), "<u2", B("lz4", 5, B.SHUFFLE), "blosc/lz4 5 + shuffle", "edge chunks", 1)
v2("v2_blosc_zstd.zarr", (5, 6, 7), (4, 4, 4), "<f4", B("zstd", 5, B.BITSHUFFLE), "blosc/zstd 5 + bitshuffle", "'/' keys", 2, separator="/")
v2("v2_blosc_zlib.zarr", (9,), (4,), "<i8", B("zlib", 3, B.NOSHUFFLE), "blosc/zlib 3", "1-D", 3)
v2("v2_blosc_blosclz.zarr", (3, 5), (3, 5), "|u1", B("blosclz", 9, B.SHUFFLE), "blosc/blosclz 9 + shuffle", "one chunk", 4)
v2("v2_blosc_lz4hc.zarr", (3, 4, 5, 6), (1, 4, 3, 6), "<f8", B("lz4hc", 4, B.SHUFFLE), "blosc/lz4hc 4 + shuffle", "4-D", 5)
v2("v2_zstd_f.zarr", (5, 4, 3), (2, 3, 2), ">i4", numcodecs.Zstd(3), "zstd 3", "F order, big endian", 6, order="F")
v2("v2_gzip.zarr", (4, 4, 4), (3, 3, 3), "|b1", numcodecs.GZip(5), "gzip 5", "bool", 7, fill=True, holes=[(1, 1, 1)])
v2("v2_zlib_nan.zarr", (6, 5), (3, 3), ">f2", numcodecs.Zlib(1), "zlib 1", "missing chunk, fill NaN, big-endian half", 8, fill=float("nan"), holes=[(0, 1)])
v2("v2_raw_inf.zarr", (6, 5), (3, 3), "<f8", None, "raw", "missing chunk, fill -inf", 9, fill=float("-inf"), holes=[(1, 0)])
v2("v2_raw_labels.zarr", (4, 5, 6), (2, 2, 4), ">u8", None, "raw", "labels near 2**64, fill 2**64-1", 10, fill=2**64 - 1, holes=[(0, 0, 0)])
v3("v3_default.zarr", (5, 6, 7), (2, 3, 4), "uint16", {}, "zstd 0", "library defaults", 11)
v3("v3_blosc_crc.zarr", (5, 6, 7), (4, 4, 4), "float32", dict(compressors=[BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle"), Crc32cCodec()]),
   "blosc/lz4 5 + bitshuffle, crc32c", "blosc, then a checksum", 12)
v3("v3_transpose_big.zarr", (4, 5, 6), (2, 3, 4), "int16", dict(filters=[TransposeCodec(order=(2, 0, 1))], serializer=BytesCodec(endian="big"), compressors=[GzipCodec(level=4)]),
   "gzip 4", "transpose, big endian, '.' keys as in v2", 13, chunk_key_encoding={"name": "v2", "separator": "."}, dimension_names=("z", "y", "x"))
n5("n5_gzip.n5", (5, 6, 7), (2, 3, 4), "uint16", {"type": "gzip", "level": 6}, "gzip 6", "whole edge blocks", 14)
n5("n5_zlib.n5", (5, 6, 7), (2, 3, 4), "int32", {"type": "gzip", "useZlib": True}, "zlib", "zlib wrapper", 15)
n5("n5_raw.n5", (3, 4), (2, 4), "float64", {"type": "raw"}, "raw", "2-D", 16)
n5("n5_blosc.n5", (5, 6, 7), (4, 4, 4), "uint64", {"type": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 1}, "blosc/zstd 5 + shuffle", "labels near 2**64", 17)
n5("n5_zstd.n5", (4, 4, 4), (4, 4, 4), "float32", {"type": "zstd", "level": 3}, "zstd 3", "one block", 18)

versions = dict(python=sys.version.split()[0], numpy=np.__version__, zarr=zarr.__version__, numcodecs=numcodecs.__version__, tensorstore="0.1.86")
with open(os.path.join(HERE, "index.json"), "w") as f:
    json.dump(dict(versions=versions, arrays=rows), f, indent=1)
print(len(rows), "arrays")
