"""Random arrays from zarr-python and tensorstore to dcs and back: every shape, chunk, dtype, byte order, codec, fill value, version and separator.

Run: python roundtrip.py --dcs PATH [--count 2000] [--seed 1] [--keep FOLDER]      (numpy, zarr >= 3.1, numcodecs, tensorstore)

Half of the work is theirs: they write `count` arrays, dcs saves each as .npy. Half is ours: dcs writes `count` arrays, every peer that knows the codecs
reads each. Values, shape and dtype must be equal to the bit. A case is made from (seed, number) alone: --only way:number shows one again.
"""
import argparse, json, os, random, shutil, subprocess, sys, tempfile, time, warnings
import numpy as np
import numcodecs, tensorstore, zarr
import zarr.codecs.numcodecs as zn
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec

warnings.simplefilter("ignore")
DTYPES = ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
EDGES = [0, 1, 1, 2, 3, 4, 5, 7, 8, 11, 13, 16, 17, 31]
CNAMES, SHUFFLES = ["blosclz", "lz4", "lz4hc", "zlib", "zstd"], ["noshuffle", "shuffle", "bitshuffle"]


# MARK: Cases


class Case:
    """What one array is. Chunks may be larger than the array, arrays may have no voxels or no axes."""

    def __init__(self, way, number, seed):
        self.number, self.name = number, f"{way}{number}"
        self.rng = r = random.Random(f"{seed}/{way}/{number}")
        self.dtype = r.choice(DTYPES)
        while True:
            self.shape = tuple(r.choice(EDGES) for _ in range(r.choice([0, 1, 1, 2, 2, 3, 3, 3, 4, 5])))
            if np.prod(self.shape) <= 20000:
                break
        while True:   # few files
            self.chunks = tuple(r.choice([1, max(1, n), max(1, n // 2), max(1, n // 3), n + 2, r.randint(1, n + 1)]) for n in self.shape)
            if np.prod([-(-n // c) for n, c in zip(self.shape, self.chunks)]) <= 60:
                break
        self.format = r.choice(["zarr2", "zarr3", "n5"])
        if self.format == "n5" and (not self.shape or self.dtype in ("bool", "float16")):
            self.format = "zarr3"
        self.endian, self.order = r.choice(["little", "big"]), r.choice(["C", "F"])
        self.separator = r.choice([".", "/"])
        self.fill = 0 if self.format == "n5" else self.some_fill()
        self.shards = self.format == "zarr3" and len(self.shape) > 0 and r.random() < 0.3
        self.values = self.some_values()

    def some_fill(self):
        r, dtype = self.rng, np.dtype(self.dtype)
        if dtype == bool:
            return r.choice([False, True])
        if dtype.kind == "f":
            return r.choice([0.0, 0.0, 1.5, -3.0, float("nan"), float("inf"), float("-inf"), float(np.finfo(dtype).max), float(dtype.type(0.1))])
        info = np.iinfo(dtype)
        return r.choice([0, 0, 1, 7, int(info.max), int(info.min)])

    def some_values(self):
        """Ramps, small and large random numbers; boxes of the fill value, so that chunks are missing."""
        r, dtype = self.rng, np.dtype(self.dtype)
        g = np.random.default_rng(r.getrandbits(32))
        kind = r.choice(["ramp", "small", "any"])
        if dtype == bool:
            a = g.integers(0, 2, self.shape).astype(bool)
        elif kind == "ramp":
            a = (np.arange(np.prod(self.shape)).reshape(self.shape) % 100).astype(dtype)
        elif kind == "small":
            a = g.integers(0, 5, self.shape).astype(dtype)
        elif dtype.kind == "f":
            a = (g.standard_normal(self.shape) * 100).astype(dtype)
            a = np.where(g.random(self.shape) < 0.02, dtype.type("nan"), a)
            a = np.where(g.random(self.shape) < 0.02, dtype.type("-inf"), a)
            a[a == 0] = 1   # -0 equals 0: zarr-python drops chunks of it where the fill is 0
        else:
            info = np.iinfo(dtype)
            a = g.integers(info.min, info.max, self.shape, dtype=dtype, endpoint=True)
        a = np.array(a, dtype)
        for _ in range(r.choice([0, 1, 2])):
            a[tuple(slice(*sorted((r.randint(0, n), r.randint(0, n)))) for n in self.shape)] = dtype.type(self.fill)
        return a

    @property
    def big(self):
        return self.endian == "big" and np.dtype(self.dtype).itemsize > 1

    @property
    def numpy_dtype(self):
        return np.dtype(self.dtype).newbyteorder(">" if self.big else "<")

    def __str__(self):
        return json.dumps({k: str(v) for k, v in vars(self).items() if k not in ("values", "rng", "number")})


# MARK: They write


def they_write(case, folder):
    path = os.path.join(folder, f"{case.name}.{'n5' if case.format == 'n5' else 'zarr'}")
    if case.format == "n5":
        return tensorstore_n5(case, path)
    case.writer = case.rng.choice(["zarr", "zarr", "tensorstore"])
    {("zarr2", "zarr"): zarr_v2, ("zarr3", "zarr"): zarr_v3, ("zarr2", "tensorstore"): tensorstore_v2, ("zarr3", "tensorstore"): tensorstore_v3}[case.format, case.writer](case, path)
    return path


def zarr_v2(case, path):
    r, dtype = case.rng, case.numpy_dtype
    compressor = r.choice([
        lambda: None, lambda: numcodecs.Blosc(r.choice(CNAMES), r.randint(0, 9), r.choice([-1, 0, 1, 2])), lambda: numcodecs.Zlib(r.randint(0, 9)),
        lambda: numcodecs.GZip(r.randint(0, 9)), lambda: numcodecs.Zstd(r.choice([-3, 0, 1, 9, 19]), checksum=r.choice([False, True])), lambda: numcodecs.BZ2(r.randint(1, 9)),
        lambda: numcodecs.LZMA(preset=r.choice([None, 0, 3])), lambda: numcodecs.LZMA(format=2, preset=1), lambda: numcodecs.LZ4(r.choice([1, 10])),
    ])()
    filters = []
    if r.random() < 0.4:
        if dtype == bool and r.random() < 0.7:
            filters.append(numcodecs.PackBits())
        elif dtype.kind in "iu":
            filters.append(numcodecs.Delta(dtype, r.choice([None, dtype] + ([np.dtype("<i8")] if case.dtype != "uint64" else []))))
        elif r.random() < 0.5:
            filters.append(numcodecs.Shuffle(dtype.itemsize))
        for name in r.sample(["crc32", "adler32", "fletcher32", "jenkins_lookup3", "crc32c"], r.choice([0, 0, 1, 2])):
            filters.append(numcodecs.get_codec({"id": name}))
    case.codecs = f"{filters} {compressor}"
    z = zarr.create_array(path, shape=case.shape, chunks=case.chunks, dtype=dtype, compressors=compressor, filters=filters or None, order=case.order, zarr_format=2,
                          fill_value=r.choice([None, 0]) if case.fill == 0 and dtype != bool else case.fill, chunk_key_encoding={"name": "v2", "separator": case.separator})
    z[...] = case.values


def zarr_v3(case, path):
    r, item = case.rng, np.dtype(case.dtype).itemsize
    filters = []
    if r.random() < 0.4 and len(case.shape) > 1:
        filters.append(TransposeCodec(order=tuple(r.sample(range(len(case.shape)), len(case.shape)))))
    elif r.random() < 0.2 and np.dtype(case.dtype).kind in "iu" and not case.big:
        filters.append(zn.Delta(dtype=np.dtype(case.dtype).str, astype=np.dtype(case.dtype).str))
    compressors = [r.choice([
        lambda: GzipCodec(level=r.randint(0, 9)), lambda: ZstdCodec(level=r.choice([-3, 0, 5, 19]), checksum=r.choice([False, True])),
        lambda: BloscCodec(typesize=item, cname=r.choice(CNAMES), clevel=r.randint(0, 9), shuffle=r.choice(SHUFFLES)), lambda: zn.BZ2(level=r.randint(1, 9)), lambda: zn.LZ4(acceleration=1),
        lambda: zn.LZMA(preset=1), lambda: zn.Zlib(level=r.randint(0, 9)), lambda: Crc32cCodec(), lambda: zn.CRC32(), lambda: zn.Fletcher32(),
    ])() for _ in range(r.choice([0, 1, 1, 1, 2]))]
    if r.random() < 0.2:
        compressors.insert(0, zn.Shuffle(elementsize=item))
    if case.shards:
        case.shard = tuple(c * r.choice([1, 2, 3]) for c in case.chunks)
    case.codecs = f"{filters} {compressors}"
    z = zarr.create_array(path, shape=case.shape, chunks=case.chunks, shards=case.shard if case.shards else None, dtype=case.dtype, filters=filters,
                          serializer=BytesCodec(endian=case.endian), compressors=compressors, fill_value=case.fill, zarr_format=3,
                          chunk_key_encoding={"name": r.choice(["default", "v2"]), "separator": case.separator})
    z[...] = case.values


def json_fill(case):
    if isinstance(case.fill, float) and not np.isfinite(case.fill):
        return "NaN" if np.isnan(case.fill) else "Infinity" if case.fill > 0 else "-Infinity"
    return case.fill


def tensorstore_v2(case, path):
    r = case.rng
    compressor = r.choice([
        lambda: None, lambda: dict(id="zlib", level=r.randint(0, 9)), lambda: dict(id="gzip", level=r.randint(0, 9)), lambda: dict(id="bz2", level=r.randint(1, 9)),
        lambda: dict(id="zstd", level=r.choice([1, 5])), lambda: dict(id="blosc", cname=r.choice(CNAMES), clevel=r.randint(0, 9), shuffle=r.choice([-1, 0, 1, 2])),
    ])()
    case.codecs = str(compressor)
    metadata = dict(zarr_format=2, shape=case.shape, chunks=case.chunks, dtype=case.numpy_dtype.str, compressor=compressor, filters=None, order=case.order if len(case.shape) > 1 else "C",
                    fill_value=json_fill(case), dimension_separator=case.separator)
    store(dict(driver="zarr", metadata=metadata), path, case.values)


def tensorstore_v3(case, path):
    r, item = case.rng, np.dtype(case.dtype).itemsize
    codecs = []
    if r.random() < 0.4 and len(case.shape) > 1:
        codecs.append(dict(name="transpose", configuration=dict(order=r.sample(range(len(case.shape)), len(case.shape)))))
    codecs.append(dict(name="bytes", configuration=dict(endian=case.endian)))
    for _ in range(r.choice([0, 1, 1, 2])):
        codecs.append(r.choice([
            lambda: dict(name="gzip", configuration=dict(level=r.randint(0, 9))), lambda: dict(name="zstd", configuration=dict(level=r.choice([1, 5]))), lambda: dict(name="crc32c"),
            lambda: dict(name="blosc", configuration=dict(cname=r.choice(CNAMES), clevel=r.randint(0, 9), shuffle=r.choice(SHUFFLES), typesize=item)),
        ])())
    grid = case.chunks
    if case.shards:
        grid = tuple(c * r.choice([1, 2, 3]) for c in case.chunks)
        codecs = [dict(name="sharding_indexed", configuration=dict(
            chunk_shape=case.chunks, codecs=codecs, index_location=r.choice(["start", "end"]),
            index_codecs=[dict(name="bytes", configuration=dict(endian=r.choice(["little", "big"])))] + r.choice([[], [dict(name="crc32c")]])))]
    case.codecs = str(codecs)
    metadata = dict(zarr_format=3, node_type="array", shape=case.shape, data_type=case.dtype, codecs=codecs, fill_value=json_fill(case),
                    chunk_grid=dict(name="regular", configuration=dict(chunk_shape=grid)),
                    chunk_key_encoding=dict(name=r.choice(["default", "v2"]), configuration=dict(separator=case.separator)))
    store(dict(driver="zarr3", metadata=metadata), path, case.values)


def tensorstore_n5(case, path):
    r = case.rng
    compression = r.choice([
        lambda: dict(type="raw"), lambda: dict(type="gzip", level=r.randint(-1, 9), useZlib=r.choice([False, True])), lambda: dict(type="bzip2", blockSize=r.randint(1, 9)),
        lambda: dict(type="xz", preset=r.randint(0, 6)), lambda: dict(type="zstd", level=r.choice([1, 5])),
        lambda: dict(type="blosc", cname=r.choice(CNAMES), clevel=r.randint(0, 9), shuffle=r.choice([0, 1, 2])),
    ])()
    case.codecs, case.writer = str(compression), "tensorstore"
    metadata = dict(dimensions=case.shape[::-1], blockSize=case.chunks[::-1], dataType=case.dtype, compression=compression)
    store(dict(driver="n5", metadata=metadata), path, case.values.transpose())
    return path


def store(spec, path, values):
    s = tensorstore.open(dict(spec, kvstore=dict(driver="file", path=path), create=True)).result()
    if values.size:
        s.write(values).result()


# MARK: dcs


def run(dcs, folder, lines):
    """One process for every thousand lines, each in a `try` of its own; returns what went wrong, by the number of the line."""
    failures = {}
    for begin in range(0, len(lines), 1000):
        script = os.path.join(folder, "cases.dcs")
        with open(script, "w") as f:
            for number, line in enumerate(lines[begin:begin + 1000], begin):
                f.write(f"try {{\n  {line}\n}} catch e {{\n  print(\"FAILED {number} \" + e.message)\n}}\n")
        done = subprocess.run([dcs, "--quiet", script], cwd=folder, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            if line.startswith("FAILED "):
                _, number, message = line.split(" ", 2)
                failures[int(number)] = message
        if done.returncode:
            sys.exit(f"dcs ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return failures


def coord(numbers):
    return "(" + ", ".join(map(str, numbers)) + ("," if len(numbers) == 1 else "") + ")"


def literal(fill):
    if isinstance(fill, bool):
        return str(fill).lower()
    if isinstance(fill, float) and not np.isfinite(fill):
        return "nan" if np.isnan(fill) else "inf" if fill > 0 else "-inf"
    return repr(fill)


def ours(case):
    """A `save` of dcs, and the peers that know its codecs."""
    r, item = case.rng, np.dtype(case.dtype).itemsize
    blosc = lambda: f"blosc/{r.choice(CNAMES)} {r.randint(0, 9)} + {r.choice(SHUFFLES)}"
    common = [lambda: "raw", blosc, blosc, lambda: f"gzip {r.randint(0, 9)}", lambda: f"zstd {r.choice([-3, 1, 3, 19])}"]
    chain, peers = [], {"zarr", "tensorstore"}
    if case.format == "n5":
        peers = {"tensorstore"}
        chain = [r.choice(common + [lambda: f"bz2 {r.randint(1, 9)}", lambda: f"xz {r.randint(0, 6)}", lambda: f"zlib {r.randint(0, 9)}"])()]
    elif r.random() < 0.5:
        chain = [r.choice(common + ([lambda: f"bz2 {r.randint(1, 9)}", lambda: f"zlib {r.randint(0, 9)}"] if case.format == "zarr2" else [lambda: "crc32c"]))()]
        if case.format == "zarr3" and r.random() < 0.3:
            chain.append("crc32c")
    else:
        peers = {"zarr"}
        if r.random() < 0.3 and np.dtype(case.dtype).kind in "iu" and not (case.big and case.format == "zarr3"):
            chain.append("delta")
        elif r.random() < 0.3 and case.dtype == "bool" and case.format == "zarr2":   # that of zarr-python 3 is broken for v3
            chain.append("packbits")
        elif r.random() < 0.3:
            chain.append(f"shuffle {item}")
        chain.append(r.choice([lambda: f"bz2 {r.randint(1, 9)}", lambda: f"xz {r.randint(0, 6)}", lambda: f"lz4 {r.choice([1, 10])}", lambda: f"zlib {r.randint(0, 9)}"])())
        if r.random() < 0.3:
            (chain.append if case.format == "zarr3" else lambda x: chain.insert(-1, x))(r.choice(["crc32", "adler32", "fletcher32", "jenkins_lookup3", "crc32c"]))
    case.codecs = ", ".join(chain)
    arguments = [f'open("{case.name}.npy")', f'"{case.name}.{"n5" if case.format == "n5" else "zarr"}/a"', f'codec="{case.codecs}"', f'format="{case.format}"']
    if case.shape:
        arguments.append(f"chunks={coord(case.chunks)}")
    if case.format != "n5":
        arguments += [f"fill={literal(case.fill)}", f'endian="{case.endian}"', f'order="{case.order}"', f'separator="{case.separator}"']
    if case.shards:
        arguments.append(f"shards={coord([c * r.choice([1, 2, 3]) for c in case.chunks])}")
    return f"save({', '.join(arguments)})", peers


def they_read(case, folder, peer):
    path = os.path.join(folder, f"{case.name}.{'n5' if case.format == 'n5' else 'zarr'}", "a")
    if peer == "zarr":
        return zarr.open_array(path, mode="r")[...]
    driver = {"zarr2": "zarr", "zarr3": "zarr3", "n5": "n5"}[case.format]
    values = tensorstore.open(dict(driver=driver, kvstore=dict(driver="file", path=path))).result().read().result()
    return values.transpose() if case.format == "n5" else values


# MARK: Both ways


def difference(got, expected):
    got = np.asarray(got)
    if got.dtype.newbyteorder("=") != expected.dtype or got.shape != expected.shape:
        return f"{got.dtype} {got.shape}, expected {expected.dtype} {expected.shape}"
    got = np.ascontiguousarray(got.astype(expected.dtype)).tobytes()
    return None if got == expected.tobytes() else f"values differ"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dcs", required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep")
    parser.add_argument("--only", help="theirs:12 or ours:12")
    o = parser.parse_args()
    folder = o.keep or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    dcs, failed, start = os.path.abspath(o.dcs), 0, time.time()

    def cases(way):
        numbers = range(o.count) if not o.only else [int(o.only.split(":")[1])] if o.only.startswith(way) else []
        return [Case(way, n, o.seed) for n in numbers]

    def report(case, what):
        nonlocal failed
        failed += 1
        if failed <= 20:
            print(f"FAILED {case.name} --seed {o.seed}: {what}\n  {case}")

    theirs, lines = cases("theirs"), []
    for case in theirs:
        try:
            path = they_write(case, folder)
        except Exception:
            print(f"the peer cannot write {case.name} --seed {o.seed}\n  {case}", file=sys.stderr)
            raise
        lines.append(f'save(open("{os.path.basename(path)}"), "{case.name}.out.npy")')
    failures = run(dcs, folder, lines)
    for index, case in enumerate(theirs):
        what = failures.get(index)
        if what is None:
            what = difference(np.load(os.path.join(folder, f"{case.name}.out.npy")), case.values)
        if what:
            report(case, what)
    print(f"{len(theirs)} arrays of zarr-python and tensorstore read by dcs, {failed} differences, {time.time() - start:.0f} s", flush=True)

    mine, lines, peers = cases("ours"), [], []
    before, start, reads = failed, time.time(), 0
    for case in mine:
        np.save(os.path.join(folder, f"{case.name}.npy"), case.values)
        line, readers = ours(case)
        lines.append(line)
        peers.append(readers)
    failures = run(dcs, folder, lines)
    for index, case in enumerate(mine):
        if index in failures:
            report(case, failures[index])
            continue
        for peer in sorted(peers[index]):
            reads += 1
            try:
                what = difference(they_read(case, folder, peer), case.values)
            except Exception as error:
                what = str(error)[:300]
            if what:
                report(case, f"{peer}: {what}")
    print(f"{len(mine)} arrays of dcs read {reads} times by zarr-python and tensorstore, {failed - before} differences, {time.time() - start:.0f} s")
    if not o.keep:
        shutil.rmtree(folder)
    sys.exit(failed > 0)


main()
