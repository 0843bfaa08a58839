"""Ours beside tensorstore and zarr-python, in one go: full write, full read, and reads of boxes of 100³ of 512³ uint8 in chunks of 64³.

usage: storage.py DCS FOLDER [BOXES] [REPEAT] [ROW...]     (rows by a part of their name; all without)

Each row is run by the three in turn, so that a machine that gets slower does so for all. Medians; a ratio above 1 means that dcs is faster.
Writes take turns one by one, each of them first as often as the others, into a folder of its own that is made and removed around it, after the
disk has taken what was written before and memory was touched: who writes first else pays for pages that the next one finds (700 ms against 200).
dcs is started anew for each of its writes, the others stay warm. The rows "cached" let dcs and tensorstore keep 256 MiB of decoded chunks, the
rows of boxes above them nothing.
tensorstore waits for the disk after each file by itself (file_io_sync); neither dcs nor zarr-python do, so it is told not to.
Below each write stands the time of processors that it took, the least of all turns, of dcs less that of a run that writes nothing: on a machine that
others use, who has more threads gets more of it (dcs has one a processor, tensorstore more), and only this tells the work apart from the share.
"""
import csv, functools, importlib.util, os, resource, shutil, statistics, subprocess, sys, time
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
EDGE, CHUNK, BOX, CACHE = int(os.environ.get("EDGE", "512")), 64, 100, 256 << 20
ROWS = [  # format, codec as dcs names it, edge of a shard
    ("zarr2", "raw", 0), ("zarr2", "blosc/lz4 5 + shuffle", 0), ("zarr2", "blosc/zstd 5 + bitshuffle", 0), ("zarr2", "zstd 3", 0), ("zarr2", "gzip 5", 0),
    ("zarr3", "raw", 0), ("zarr3", "blosc/lz4 5 + shuffle", 0), ("zarr3", "zstd 3", 0), ("zarr3", "gzip 5", 0),
    ("zarr3", "raw", 256), ("zarr3", "blosc/lz4 5 + shuffle", 256), ("zarr3", "zstd 3", 256), ("zarr3", "gzip 5", 256), ("n5", "gzip 5", 0),
]
BLOSC = {"blosc/lz4 5 + shuffle": ("lz4", 1, "shuffle"), "blosc/zstd 5 + bitshuffle": ("zstd", 2, "bitshuffle")}


def image():
    """Structure at three scales under the noise of a sensor: zstd makes it about 1.2 times smaller, as it does micrographs."""
    rng = np.random.default_rng(1)
    a = np.zeros((EDGE,) * 3, np.float32)
    for step, weight in ((32, 20), (8, 10), (2, 6)):
        c = rng.standard_normal((EDGE // step,) * 3, dtype=np.float32)
        for axis in range(3):  # linear between the points of a coarse grid
            d = np.roll(c, -1, axis) - c
            c = np.stack([c + d * (i / step) for i in range(step)], axis + 1).reshape(c.shape[:axis] + (c.shape[axis] * step,) + c.shape[axis + 1:])
        a += weight / c.std() * c
    a += 8 * rng.standard_normal(a.shape, dtype=np.float32)
    return np.clip(a + 128, 0, 255).astype(np.uint8)


class TensorStore:
    def __init__(self, cache=0):
        import tensorstore
        self.ts, self.context = tensorstore, tensorstore.Context({"cache_pool": {"total_bytes_limit": cache}})

    def metadata(self, form, codec, shard, a):
        if form == "n5":
            return dict(compression=dict(type="gzip", level=5), blockSize=[CHUNK] * 3, dimensions=list(a.shape), dataType="uint8")
        if form == "zarr2":
            names = {"raw": None, "zstd 3": dict(id="zstd", level=3), "gzip 5": dict(id="gzip", level=5)}
            c = dict(id="blosc", cname=BLOSC[codec][0], clevel=5, shuffle=BLOSC[codec][1]) if codec in BLOSC else names[codec]
            return dict(compressor=c, chunks=[CHUNK] * 3, dimension_separator="/", shape=list(a.shape), dtype="|u1")
        chain = [dict(name="bytes")]
        if codec in BLOSC:
            chain.append(dict(name="blosc", configuration=dict(cname=BLOSC[codec][0], clevel=5, shuffle=BLOSC[codec][2], typesize=1)))
        elif codec != "raw":
            chain.append(dict(name=codec.split()[0], configuration=dict(level=int(codec.split()[1]))))
        if shard:
            index = [dict(name="bytes", configuration=dict(endian="little")), dict(name="crc32c")]
            chain = [dict(name="sharding_indexed", configuration=dict(chunk_shape=[CHUNK] * 3, codecs=chain, index_codecs=index))]
        return dict(codecs=chain, chunk_grid=dict(name="regular", configuration=dict(chunk_shape=[shard or CHUNK] * 3)), shape=list(a.shape), data_type="uint8")

    def open(self, path, form, **more):
        kv = dict(driver="file", path=path, file_io_sync=False)
        return self.ts.open(dict(driver={"zarr2": "zarr", "zarr3": "zarr3", "n5": "n5"}[form], kvstore=kv, **more), context=self.context).result()

    def write(self, path, form, codec, shard, a):
        array = self.open(path, form, metadata=self.metadata(form, codec, shard, a), create=True)
        begin = time.perf_counter()
        array.write(a).result()
        return time.perf_counter() - begin

    def read(self, array, corner=None):
        if corner is None:
            return array.read().result()
        z, y, x = corner
        return array[z:z + BOX, y:y + BOX, x:x + BOX].read().result()


class ZarrPython:
    def open(self, path, form):
        import zarr
        return None if form == "n5" else zarr.open_array(path, mode="r")

    def write(self, path, form, codec, shard, a):
        import numcodecs, zarr
        from zarr.codecs import BloscCodec, GzipCodec, ZstdCodec
        if form == "n5":
            return None
        if form == "zarr2":
            c = numcodecs.Blosc(BLOSC[codec][0], 5, BLOSC[codec][1]) if codec in BLOSC else {"raw": None, "zstd 3": numcodecs.Zstd(3), "gzip 5": numcodecs.GZip(5)}[codec]
        else:
            c = BloscCodec(cname=BLOSC[codec][0], clevel=5, shuffle=BLOSC[codec][2], typesize=1) if codec in BLOSC else {"raw": None, "zstd 3": ZstdCodec(level=3), "gzip 5": GzipCodec(level=5)}[codec]
        more = dict(shards=(shard,) * 3) if shard else {}
        array = zarr.create_array(path, shape=a.shape, chunks=(CHUNK,) * 3, dtype="u1", zarr_format=int(form[-1]), compressors=c, fill_value=0, **more)
        begin = time.perf_counter()
        array[...] = a
        return time.perf_counter() - begin

    def read(self, array, corner=None):
        if corner is None:
            return array[...]
        z, y, x = corner
        return array[z:z + BOX, y:y + BOX, x:x + BOX]


def ours(dcs, *more, cache=0):
    """What storage.dcs prints, and the peak of its memory in MiB."""
    command = [dcs, "--quiet", os.path.join(HERE, "storage.dcs")]
    for name, value in zip(more[::2], more[1::2]):
        command += ["--" + name, str(value)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ, DCS_CHUNK_CACHE=str(cache)))
    peak = 0
    while child.poll() is None:  # getrusage would count this process too, which the child was before it became dcs
        try:
            with open(f"/proc/{child.pid}/status") as f:
                found = [int(line.split()[1]) for line in f if line.startswith("VmHWM")]
                peak = max([peak] + found) if os.readlink(f"/proc/{child.pid}/exe") == os.path.realpath(dcs) else peak
        except OSError:
            pass
        time.sleep(0.01)
    if child.returncode:
        sys.exit(f"error: {' '.join(command)}")
    return [float(line) for line in child.stdout.read().split()], peak / 1024


def processor_time(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def main():
    dcs, folder = sys.argv[1:3]
    count, repeat = (int(x) for x in (sys.argv[3:5] + ["1000", "5"][len(sys.argv[3:5]):]))
    wanted = sys.argv[5:]
    raw = os.path.join(folder, "raw.npy")
    a = image()
    np.save(raw, a)
    rng = np.random.default_rng(7)
    corners = [tuple(int(v) for v in rng.integers(0, EDGE - BOX + 1, 3)) for _ in range(count)]
    with open(os.path.join(folder, "boxes.csv"), "w") as f:
        writer = csv.writer(f)
        writer.writerow("zyx")
        writer.writerows(corners)
    peers = [("tensorstore", TensorStore)] if importlib.util.find_spec("tensorstore") else []
    peers += [("zarr-python", ZarrPython)] if importlib.util.find_spec("zarr") else []
    for name in ("tensorstore", "zarr"):
        if not importlib.util.find_spec(name):
            print(f"(no {name} to compare with: pip install tensorstore zarr)")

    # Floor: the bytes of the array moved once, from memory to memory that is there and to memory that is not.
    b = np.empty_like(a)
    moved = [statistics.median(timed(lambda: f(), 5)) for f in (lambda: np.copyto(b, a), lambda: a.copy())]
    print(f"floor: {a.nbytes / 1e6:.0f} MB moved in {moved[0] * 1e3:.0f} ms, into fresh memory in {moved[1] * 1e3:.0f} ms; {os.cpu_count()} processors")
    for form, codec, shard in ROWS:
        name = f"{form} {codec}" + (f" shards {shard}³" if shard else "")
        if wanted and not any(w in name for w in wanted):
            continue
        base = os.path.join(folder, "t.n5" if form == "n5" else "t.zarr")
        os.makedirs(base, exist_ok=True)
        marker = {"zarr2": (".zgroup", '{"zarr_format": 2}'), "zarr3": ("zarr.json", '{"zarr_format": 3, "node_type": "group", "attributes": {}}'), "n5": ("attributes.json", '{"n5": "2.0.0"}')}[form]
        with open(os.path.join(base, marker[0]), "w") as f:
            f.write(marker[1])
        path = os.path.join(base, "dcs0")
        peaks = []

        def our_write(to, times=1):
            begin = processor_time(resource.RUSAGE_CHILDREN)
            seconds, peak = ours(dcs, "raw", raw, "path", to[:-1], "part", "write", "codec", codec, "shards", shard, "repeat", times)
            peaks.append(peak)
            return (seconds or [0])[0], processor_time(resource.RUSAGE_CHILDREN) - begin

        def their_write(to, peer):
            begin = processor_time(resource.RUSAGE_SELF)
            seconds = peer().write(to, form, codec, shard, a)
            return seconds, None if seconds is None else processor_time(resource.RUSAGE_SELF) - begin

        writers = [("dcs", our_write)] + [(label, functools.partial(their_write, peer=peer)) for label, peer in peers]
        times, sizes = in_turns(writers, base, repeat)
        nothing = min(our_write(path, 0)[1] for _ in range(3))
        row(name, "write", [(label, [t for t, _ in both]) for label, both in times], f"{max(peaks) - a.nbytes / 2**20:.0f} MiB above the values")
        least = [(label, None if both[0][1] is None else min(t for _, t in both)) for label, both in times]
        row("", "  of processors", [(label, [t and (t - nothing if label == "dcs" else t)]) for label, t in least], "")
        our_write(path)
        mine, peak = ours(dcs, "raw", raw, "path", path, "part", "read", "repeat", repeat)
        row("", "read", [("dcs", mine)] + [(label, read(peer(), path, form, a, repeat)) for label, peer in peers], f"{peak - a.nbytes / 2**20:.0f} MiB above the values")
        for cache in (0, CACHE):
            mine, peak = ours(dcs, "raw", raw, "path", path, "part", "boxes", "boxes", os.path.join(folder, "boxes.csv"), "repeat", max(1, repeat // 2), cache=cache)
            chosen = [(label, functools.partial(peer, cache) if cache else peer) for label, peer in peers if not cache or peer is TensorStore]
            theirs = [(label, boxes(peer(), path, form, corners, max(1, repeat // 2))) for label, peer in chosen]
            row("", f"{count} boxes" + (", cached" if cache else ""), [("dcs", mine)] + theirs, f"{peak:.0f} MiB")
        print(f"{'':36}" + ", ".join(f"{label} {a.nbytes / size:.2f}" for label, size in sizes.items() if size) + " × smaller on disk")
        shutil.rmtree(base)


def timed(body, repeat):
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        body()
        times.append(time.perf_counter() - begin)
    return times


def read(peer, path, form, a, repeat):
    array = peer.open(path, form)
    if array is None:
        return [None]
    same = np.asarray(peer.read(array))
    if not np.array_equal(same.transpose() if form == "n5" else same, a):
        sys.exit(f"error: {path} reads as something else by {type(peer).__name__}")
    return timed(lambda: peer.read(array), repeat)


def boxes(peer, path, form, corners, repeat):
    array = peer.open(path, form)
    order = -1 if form == "n5" else 1
    return [None] if array is None else timed(lambda: [peer.read(array, corner[::order]) for corner in corners], repeat)


def in_turns(writers, base, repeat):
    """Times of each writer, and the bytes that it wrote: every time another one begins."""
    times, sizes = {label: [] for label, _ in writers}, {}
    for k in range(repeat):
        for item in range(len(writers)):
            label, write = writers[(k + item) % len(writers)]
            to = os.path.join(base, label + "0")
            shutil.rmtree(to, ignore_errors=True)
            os.sync()
            np.ones(1 << 30, np.uint8)  # what is freed here is what files are kept in next
            times[label].append(write(to))
            sizes[label] = sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(to) for f in files)
            shutil.rmtree(to, ignore_errors=True)
    return list(times.items()), sizes


def row(name, part, times, more):
    (_, mine), *peers = times
    mine = statistics.median(mine)
    text = f"{name:36}{part:19} dcs {mine * 1e3:9.1f} ms"
    for label, theirs in peers:
        text += f"   {label} {'–':>9}          " if theirs[0] is None else f"   {label} {statistics.median(theirs) * 1e3:9.1f} ms ×{statistics.median(theirs) / mine:5.2f}"
    print(f"{text}   {more}", flush=True)


main()
