"""Small sharded arrays written by zarr-python and tensorstore, with the values they hold, for Tests/StorageTests/ShardTests.swift.

Run: python generate.py        (numpy, zarr >= 3, tensorstore; versions used are in index.json)

Values are ramps with noise from a fixed seed; a box of fill value leaves inner chunks out, and shards reach past the array.
"""
import json, os, shutil, sys, warnings
from importlib.metadata import version
import numpy as np, tensorstore, zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec

warnings.simplefilter("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
rows = []


def values(shape, dtype, seed, fill, hole):
    rng = np.random.default_rng(seed)
    a = (np.arange(np.prod(shape)).reshape(shape) % 97 + rng.integers(0, 5, shape) + 1).astype(dtype)
    a[tuple(slice(0, h) for h in hole)] = fill
    return a


def record(name, features, array, chunks, shards):
    np.save(os.path.join(HERE, name + ".npy"), array)
    rows.append(dict(store=name + ".zarr", features=features, shape=list(array.shape), dtype=str(array.dtype), chunks=chunks, shards=shards, npy=name + ".npy"))


def fresh(name):
    path = os.path.join(HERE, name + ".zarr")
    shutil.rmtree(path, ignore_errors=True)
    return path


def z(name, features, shape, dtype, chunks, shards, sharding, seed, fill=0, hole=(4, 4, 4), around=None):
    a = values(shape, dtype, seed, fill, hole)
    zarr.create_array(fresh(name), shape=shape, chunks=shards, dtype=dtype, zarr_format=3, fill_value=fill, serializer=sharding, compressors=around)[...] = a
    record(name, features, a, chunks, shards)


def ts(name, features, shape, dtype, chunks, shards, codecs, seed, fill=0, hole=(4, 4, 4)):
    a = values(shape, dtype, seed, fill, hole)
    metadata = dict(shape=shape, data_type=dtype, fill_value=fill, codecs=codecs, chunk_grid=dict(name="regular", configuration=dict(chunk_shape=shards)))
    store = tensorstore.open(dict(driver="zarr3", kvstore=dict(driver="file", path=fresh(name)), metadata=metadata), create=True).result()
    store.write(a).result()
    record(name, features, a, chunks, shards)


def codec(name, **configuration): return dict(name=name, configuration=configuration)
LITTLE, BIG, CRC = codec("bytes", endian="little"), codec("bytes", endian="big"), dict(name="crc32c")
def sharded(chunks, codecs, index=(LITTLE, CRC), at="end"):
    return codec("sharding_indexed", chunk_shape=chunks, codecs=codecs, index_codecs=list(index), index_location=at)


S = [10, 9, 7]
z("end_zstd", "index at the end, edge shards, an empty inner chunk", S, "uint16", [4, 4, 4], [8, 8, 8], ShardingCodec(chunk_shape=(4, 4, 4), codecs=[BytesCodec(), ZstdCodec(level=3)]), 1)
z("start_blosc", "index at the start, fill value 7", S, "int32", [2, 4, 4], [8, 4, 8],
  ShardingCodec(chunk_shape=(2, 4, 4), codecs=[BytesCodec(), BloscCodec(cname="lz4", clevel=5, shuffle="shuffle", typesize=4)], index_location="start"), 2, fill=7)
z("unchecked_raw", "index without a checksum, raw inner chunks", S, "uint8", [4, 4, 4], [8, 8, 4],
  ShardingCodec(chunk_shape=(4, 4, 4), codecs=[BytesCodec(endian=None)], index_codecs=[BytesCodec(endian="little")]), 3)
z("transposed_inside", "inner chunks transposed and big-endian", S, "float32", [4, 2, 3], [8, 4, 6],
  ShardingCodec(chunk_shape=(4, 2, 3), codecs=[TransposeCodec(order=(2, 0, 1)), BytesCodec(endian="big"), GzipCodec(level=3), Crc32cCodec()]), 4)
z("one_axis", "1-D, a shard of one inner chunk", [11], "int64", [4], [4], ShardingCodec(chunk_shape=(4,), codecs=[BytesCodec(), ZstdCodec(level=1)]), 5, hole=(4,))
z("nested_zarr", "shards in shards by zarr-python", [9, 17], "uint16", [4, 4], [8, 16],
  ShardingCodec(chunk_shape=(4, 8), codecs=[ShardingCodec(chunk_shape=(2, 4), codecs=[BytesCodec(), ZstdCodec(level=2)])]), 6, hole=(4, 8))
rows[-1]["chunks"] = [4, 8]
ts("nested", "shards in shards, the inner index at the start", S, "uint16", [4, 4, 4], [8, 8, 8],
   [sharded([4, 4, 4], [sharded([2, 2, 4], [LITTLE, codec("gzip", level=5)], at="start")])], 7)
ts("big_index", "big-endian index at the start", S, "uint32", [4, 4, 4], [8, 8, 8], [sharded([4, 4, 4], [LITTLE, codec("zstd", level=3)], index=(BIG, CRC), at="start")], 8)
ts("transposed_outside", "the shard transposed before it is cut", S, "uint16", [2, 4, 3], [8, 8, 6],
   [codec("transpose", order=[2, 0, 1]), sharded([3, 2, 4], [codec("transpose", order=[1, 0, 2]), LITTLE])], 9, hole=(4, 4, 3))
z("wrapped", "a checksum and gzip around the whole shard", S, "uint16", [4, 4, 4], [8, 8, 8],
  ShardingCodec(chunk_shape=(4, 4, 4), codecs=[BytesCodec()]), 10, around=[GzipCodec(level=6), Crc32cCodec()])

versions = dict(python=sys.version.split()[0], numpy=np.__version__, zarr=zarr.__version__, tensorstore=version("tensorstore"))
with open(os.path.join(HERE, "index.json"), "w") as f:
    json.dump(dict(versions=versions, arrays=rows), f, indent=1)
print(len(rows), "arrays")
