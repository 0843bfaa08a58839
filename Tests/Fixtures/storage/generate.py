"""Small arrays written by zarr-python and tensorstore, with the values they hold, for Tests/StorageTests/FixtureTests.swift.

Run: python generate.py        (numpy, numcodecs, zarr >= 3, tensorstore; versions used are in index.json)

index.json has one row an array: store, path inside it, format, what is special, shape, dtype, codec as dcs names it, and the .npy
with the values (always z, y, x). Values are ramps with noise from a fixed seed, so that codecs have something to do.
"""
import json, os, shutil, struct, sys, warnings
import numpy as np, numcodecs, tensorstore, zarr
import zarr.codecs.numcodecs as zn
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
    np.save(os.path.join(HERE, npy), np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")))
    rows.append(dict(store=store, path=path, format=format, features=features, shape=list(array.shape), dtype=str(array.dtype.newbyteorder("=")), codec=codec, npy=npy))


def v2(name, shape, chunks, dtype, compressor, codec, features, seed, separator=".", order="C", fill=0, holes=(), filters=None):
    a = values(shape, dtype, seed)
    path = fresh(name)
    z = zarr.create_array(path, shape=shape, chunks=chunks, dtype=dtype, compressors=compressor, filters=filters, order=order, fill_value=fill,
                          zarr_format=2, chunk_key_encoding={"name": "v2", "separator": separator})
    z[...] = a
    for hole in holes:
        os.remove(os.path.join(path, separator.join(map(str, hole))))
        box = tuple(slice(i * c, (i + 1) * c) for i, c in zip(hole, chunks))
        a[box] = z.fill_value
    if filters:
        a = z[...]  # some filters round
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


def xxh32(data, seed):
    """xxHash, 32 bits, from its specification."""
    p1, p2, p3, p4, p5, mask = 2654435761, 2246822519, 3266489917, 668265263, 374761393, 0xFFFFFFFF
    rotate = lambda x, n: (x << n | x >> (32 - n)) & mask
    at = 0
    if len(data) >= 16:
        lanes = [(seed + p1 + p2) & mask, (seed + p2) & mask, seed, (seed - p1) & mask]
        while at + 16 <= len(data):
            lanes = [rotate((lane + word * p2) & mask, 13) * p1 & mask for lane, word in zip(lanes, struct.unpack_from("<4I", data, at))]
            at += 16
        h = sum(rotate(lane, n) for lane, n in zip(lanes, (1, 7, 12, 18))) & mask
    else:
        h = (seed + p5) & mask
    h = (h + len(data)) & mask
    while at + 4 <= len(data):
        h = rotate((h + struct.unpack_from("<I", data, at)[0] * p3) & mask, 17) * p4 & mask
        at += 4
    for byte in data[at:]:
        h = rotate((h + byte * p5) & mask, 11) * p1 & mask
    h = (h ^ h >> 15) * p2 & mask
    h = (h ^ h >> 13) * p3 & mask
    return h ^ h >> 16


def java_lz4(data, block_size):
    """What net.jpountz.lz4.LZ4BlockOutputStream writes, from its format; blocks that do not shrink are stored."""
    level, out = max(0, (block_size - 1).bit_length() - 10), b""
    for begin in range(0, len(data), block_size):
        block = data[begin:begin + block_size]
        packed = bytes(numcodecs.LZ4().encode(block))[4:]
        method, stored = (0x20, packed) if len(packed) < len(block) else (0x10, block)
        out += b"LZ4Block" + struct.pack("<BIII", method | level, len(stored), len(block), xxh32(block, 0x9747B28C) & 0x0FFFFFFF) + stored
    return out + b"LZ4Block" + struct.pack("<BIII", 0x10 | level, 0, 0, 0)


def n5_by_hand(name, shape, chunks, dtype, attributes, encode, codec, features, seed, cut=lambda index, extent: (extent, 0)):
    """Blocks as the N5 specification has them. `cut` says how large a stored block is (z, y, x) and its mode; what it leaves out is 0."""
    a = values(shape, dtype, seed)
    path = fresh(name)
    for index in np.ndindex(*[-(-s // c) for s, c in zip(shape, chunks)]):
        box = [(i * c, min((i + 1) * c, s)) for i, c, s in zip(index, chunks, shape)]
        extent, mode = cut(index, [e - b for b, e in box])
        block = np.zeros(extent, dtype)
        kept = tuple(slice(b, min(b + n, e)) for (b, e), n in zip(box, extent))
        block[tuple(slice(0, k.stop - k.start) for k in kept)] = a[kept]
        rest = a[tuple(slice(b, e) for b, e in box)].copy()
        rest[tuple(slice(0, k.stop - k.start) for k in kept)] = 0
        a[tuple(slice(b, e) for b, e in box)] -= rest
        header = struct.pack(">HH", mode, len(shape)) + struct.pack(f">{len(shape)}I", *extent[::-1])
        if mode == 1:
            header += struct.pack(">I", block.size)
        file = os.path.join(path, "data", *map(str, index[::-1]))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as f:
            f.write(header + encode(block.astype(np.dtype(dtype).newbyteorder(">")).tobytes()))
    with open(os.path.join(path, "attributes.json"), "w") as f:
        json.dump({"n5": "2.0.0"}, f)
    with open(os.path.join(path, "data", "attributes.json"), "w") as f:
        json.dump(dict(dimensions=list(shape[::-1]), blockSize=list(chunks[::-1]), dataType=np.dtype(dtype).name, **attributes), f)
    record(name, "data", "n5", features, a, codec)


warnings.simplefilter("ignore")
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

v2("v2_bz2.zarr", (5, 6, 7), (4, 4, 4), "<u2", numcodecs.BZ2(9), "bz2 9", "bzip2", 19)
v2("v2_xz.zarr", (5, 6, 7), (4, 4, 4), "<u4", numcodecs.LZMA(preset=6), "xz 6", "lzma in .xz", 20)
v2("v2_lzma_alone.zarr", (4, 5), (4, 3), "<u4", numcodecs.LZMA(format=2, preset=3), "lzma 3", "the old .lzma wrapper", 21)
v2("v2_lz4.zarr", (5, 6, 7), (4, 4, 4), "<u2", numcodecs.LZ4(), "lz4 1", "lz4", 22)
v2("v2_delta_shuffle.zarr", (5, 6, 7), (4, 4, 4), "<i4", numcodecs.Zlib(1), "delta, shuffle 4, zlib 1", "two filters", 23, filters=[numcodecs.Delta("<i4"), numcodecs.Shuffle(4)])
v2("v2_delta_big_f.zarr", (5, 6, 7), (4, 4, 4), ">u2", numcodecs.Zstd(1), "delta as int32, zstd 1", "delta of wider type, big endian, F order", 24, order="F", filters=[numcodecs.Delta(">u2", ">i4")])
v2("v2_delta_float.zarr", (5, 30), (4, 30), "<f4", None, "delta", "delta of floats, no compressor", 25, filters=[numcodecs.Delta("<f4")])
v2("v2_scale.zarr", (5, 6, 7), (4, 4, 4), "<f8", numcodecs.Zlib(1), "fixedscaleoffset as uint8, zlib 1", "fixedscaleoffset", 26, filters=[numcodecs.FixedScaleOffset(offset=-3, scale=2.5, dtype="<f8", astype="|u1")])
v2("v2_scale_float.zarr", (5, 30), (4, 30), "<f4", numcodecs.Zlib(1), "fixedscaleoffset as float32, zlib 1", "fixedscaleoffset within floats", 27, filters=[numcodecs.FixedScaleOffset(offset=0.1, scale=0.3, dtype="<f4")])
v2("v2_astype.zarr", (5, 6, 7), (4, 4, 4), "<i8", numcodecs.Zlib(1), "astype int16, zlib 1", "astype, big endian inside", 28, filters=[numcodecs.AsType(encode_dtype=">i2", decode_dtype="<i8")])
v2("v2_bitround.zarr", (5, 30), (4, 30), "<f4", numcodecs.Zlib(1), "bitround 5, zlib 1", "bitround", 29, filters=[numcodecs.BitRound(5)])
v2("v2_quantize.zarr", (5, 30), (4, 30), "<f8", numcodecs.Zlib(1), "quantize 1, zlib 1", "quantize", 30, filters=[numcodecs.Quantize(1, "<f8", "<f4")])
v2("v2_packbits.zarr", (5, 6, 7), (3, 3, 3), "|b1", numcodecs.Zlib(1), "packbits, zlib 1", "packbits, 27 bits a chunk", 31, filters=[numcodecs.PackBits()])
v2("v2_checksums.zarr", (5, 6, 7), (4, 4, 4), "<u2", numcodecs.Zlib(1), "crc32, adler32, fletcher32, jenkins_lookup3, crc32c, zlib 1", "every checksum", 32,
   filters=[numcodecs.CRC32(), numcodecs.Adler32(), numcodecs.Fletcher32(), numcodecs.JenkinsLookup3(), numcodecs.registry.get_codec({"id": "crc32c"})])
v3("v3_bz2.zarr", (5, 6, 7), (4, 4, 4), "uint16", dict(compressors=[zn.BZ2(level=4)]), "bz2 4", "numcodecs.bz2", 33)
v3("v3_lzma.zarr", (5, 6, 7), (4, 4, 4), "uint16", dict(compressors=[zn.LZMA(preset=2)]), "xz 2", "numcodecs.lzma", 34)
v3("v3_lz4.zarr", (5, 6, 7), (4, 4, 4), "uint16", dict(compressors=[zn.LZ4(acceleration=3)]), "lz4 3", "numcodecs.lz4", 35)
v3("v3_shuffle_zlib.zarr", (5, 6, 7), (4, 4, 4), "int32", dict(compressors=[zn.Shuffle(elementsize=4), zn.Zlib(level=2), zn.Fletcher32()]), "shuffle 4, zlib 2, fletcher32",
   "numcodecs.shuffle, zlib, fletcher32", 36)
# zarr-python 3.1.6 misreads this one, which it wrote itself: its delta takes the swapped elements for those of the machine
v3("v3_delta_big.zarr", (5, 6, 7), (4, 4, 4), "uint16", dict(filters=[TransposeCodec(order=(1, 2, 0)), zn.Delta(dtype="<u2", astype="<i4")], serializer=BytesCodec(endian="big"), compressors=[GzipCodec(level=1)]),
   "delta as int32, big endian, gzip 1", "transpose, delta of wider type, big endian", 37)
v3("v3_scale.zarr", (5, 6, 7), (4, 4, 4), "float32", dict(filters=[zn.FixedScaleOffset(offset=0, scale=2, dtype="<f4", astype="|u1")], compressors=[ZstdCodec(level=1)]),
   "fixedscaleoffset as uint8, zstd 1", "numcodecs.fixedscaleoffset, '.' keys", 38, chunk_key_encoding={"name": "default", "separator": "."})
n5("n5_bzip2.n5", (5, 6, 7), (4, 4, 4), "uint16", {"type": "bzip2", "blockSize": 3}, "bz2 3", "bzip2", 39)
n5("n5_xz.n5", (5, 6, 7), (4, 4, 4), "int16", {"type": "xz", "preset": 4}, "xz 4", "xz", 40)
n5_by_hand("n5_lz4.n5", (5, 16, 17), (4, 16, 17), "uint16", dict(compression={"type": "lz4", "blockSize": 1000}), lambda b: java_lz4(b, 1000), "lz4block 1000", "Java frames, the last one short", 41)
n5_by_hand("n5_lz4_noise.n5", (4, 5), (4, 5), "float64", dict(compression={"type": "lz4", "blockSize": 65536}), lambda b: java_lz4(b[:7], 65536)[:-21] + java_lz4(b[7:], 64), "lz4block 65536",
           "Java frames stored and compressed, of two sizes", 42)
n5_by_hand("n5_varied.n5", (5, 6, 7), (4, 4, 4), "int32", dict(compression={"type": "raw"}), lambda b: b, "raw", "blocks cut, whole and smaller than either, modes 0 and 1", 43,
           cut=lambda i, e: ([4, 4, 4], 1) if i[0] else (e, 1) if i[1] else ([max(1, n - 1) for n in e], 0) if i[2] else (e, 0))
n5_by_hand("n5_old.n5", (5, 6), (4, 4), "uint8", dict(compressionType="gzip"), numcodecs.GZip(5).encode, "gzip", "compressionType of old", 44)

versions = dict(python=sys.version.split()[0], numpy=np.__version__, zarr=zarr.__version__, numcodecs=numcodecs.__version__, tensorstore="0.1.86")
with open(os.path.join(HERE, "index.json"), "w") as f:
    json.dump(dict(versions=versions, arrays=rows), f, indent=1)
print(len(rows), "arrays")
