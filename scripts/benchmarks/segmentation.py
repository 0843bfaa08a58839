"""Kernels of segmentation beside the packages that people use for them, in one go: time, memory, and whether the results agree.

usage: segmentation.py DCS FOLDER [EDGE] [REPEAT] [ROW...]     (rows by a part of their name; all without)

Inputs come from BENCH_DATA, a folder made by volumes.py, or are made in FOLDER; larger ones are cropped to EDGE. Each row holds its inputs in
memory in processes of their own: dcs with one thread and with two, the peer likewise where it has threads. They take turns, one repetition
each, after one that is not counted. Medians; a ratio is the peer's time over ours, of equal threads where the peer has two, else of its one.
Memory is the peak above what the process held with its inputs. Floor: the inputs read and the result written once at the rate of a copy.
A peer that needs longer than SLOW seconds (BENCH_SLOW) has one repetition, which is also its first.
"""
import atexit, csv, glob, json, os, re, statistics, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
SLOW = float(os.environ.get("BENCH_SLOW", "3"))
OFFSETS = [[d if a == axis else 0 for a in range(3)] for d in (1, 3, 9) for axis in range(3)]


# How a peer is called: a function of the arrays, its packages loaded when it is made.
def cc3d_label(connectivity, binary=True):
    import cc3d
    return lambda a: cc3d.connected_components(a[0], connectivity=connectivity, binary_image=binary)


def edt_distance(threads):
    import edt
    return lambda a: edt.edt(a[0], anisotropy=(4, 4, 40), black_border=False, parallel=threads)


def scipy_filter(name, *more, **named):
    from scipy import ndimage
    return lambda a: getattr(ndimage, name)(a[0], *more, **named)


def scipy_ball(radius):
    import numpy as np
    reach = np.arange(-radius, radius + 1) ** 2
    ball = reach[:, None, None] + reach[:, None] + reach <= radius**2
    return scipy_filter("binary_erosion", ball, border_value=1)


def fastremap_call(name, **named):
    import fastremap
    return lambda a: getattr(fastremap, name)(a[0], **named)


def fastremap_map(path):
    import fastremap
    with open(path) as f:
        pairs = {int(old): int(new) for old, new in list(csv.reader(f))[1:]}
    return lambda a: fastremap.remap(a[0], pairs, in_place=False)


def cc3d_statistics():
    import cc3d
    return lambda a: cc3d.statistics(a[0], no_slice_conversion=True)


def mwatershed_segments(strides):
    import mwatershed, numpy as np
    return lambda a: mwatershed.agglom(a[0].astype(np.float64), OFFSETS, strides=strides)


def skimage_watershed():
    from skimage.segmentation import watershed
    return lambda a: watershed(a[0], a[1])


def lsds_descriptors():
    sys.path.insert(0, os.path.join(HERE, "../../Tests/Interop"))
    from references import local_shape_descriptors   # without the packages that lsds brings in
    descriptors = local_shape_descriptors()
    return lambda a: descriptors(a[0], sigma=(10.0,) * 3, voxel_size=(1,) * 3)


def skimage_scores(which):
    from skimage import metrics
    return lambda a: getattr(metrics, which)(a[1], a[0])


def waterz_merge():
    import numpy as np, waterz
    moved = []
    def run(a):
        if not moved:   # theirs point to the voxel before, ours to the one behind; once, in the repetition that is not counted
            moved.append(np.stack([np.roll(a[1][axis], 1, axis) for axis in range(3)]))
        for segments in waterz.agglomerate(moved[0], [0.5], fragments=a[0].copy()):
            return segments.copy()
    return run


# What both results are compared by: None when they agree, else what to say.
def equal(a, b):
    import numpy as np
    different = np.count_nonzero(np.asarray(a) != np.asarray(b))
    return f"{different} differ" if different else None


def close(tolerance):
    def compare(a, b):
        import numpy as np
        far = float(np.abs(np.asarray(a, np.float32) - np.asarray(b, np.float32)).max())
        return None if far <= tolerance else f"up to {far:.2g} apart"
    return compare


def partition(least=1.0):
    """One to one, whatever the ids; below 1, the share of voxels outside the best match of their segment."""
    def compare(a, b):
        import numpy as np
        a, b = (np.unique(x, return_inverse=True)[1].ravel() if int(x.max()) >= x.size else x.ravel().astype(np.int64) for x in (a, b))
        pairs, counts = np.unique(a * (int(b.max()) + 1) + b, return_counts=True)
        best = np.zeros(int(a.max()) + 1, np.int64)
        np.maximum.at(best, pairs // (int(b.max()) + 1), counts)
        back = np.zeros(int(b.max()) + 1, np.int64)
        np.maximum.at(back, pairs % (int(b.max()) + 1), counts)
        share = min(best.sum(), back.sum()) / a.size
        return None if share >= least else f"{100 * (1 - share):.2g} % elsewhere"
    return compare


def first_of(compare):
    return lambda a, b: compare(a, b[0])


def table_of(columns):
    """Ours a list of rows, theirs made into columns."""
    def compare(ours, theirs):
        import numpy as np
        for name, values in columns(theirs).items():
            if not np.allclose([float(row[name]) for row in ours], values):
                return f"{name} differs"
        return None
    return compare


def statistics_columns(s):
    import numpy as np
    used = np.flatnonzero(s["voxel_counts"][1:]) + 1
    middle = s["centroids"][used] + 0.5   # theirs count from the middle of the first voxel
    return dict(id=used, size=s["voxel_counts"][used], z=middle[:, 0], y=middle[:, 1], x=middle[:, 2])


# Name; row of segmentation.dcs; peer; inputs, with how many times smaller their edge is; threads of the peer; comparison; bytes written a voxel.
def rows(pairs):
    strides = [[1, 1, 1]] * 3 + [[2, 2, 2]] * 6
    result = []
    for mask in ("mask_sparse", "mask_dense"):
        for near, connectivity in (("faces", 6), ("corners", 26)):
            result.append((f"label {near} {mask}", f"label_{near}", "cc3d", lambda c=connectivity: cc3d_label(c), [mask], 1, 1, partition(), 8))
    return result + [
        ("label faces of labels", "label_each", "cc3d", lambda: cc3d_label(6, False), ["labels_u32"], 1, 1, partition(), 8),
        ("label corners of labels", "label_each_corners", "cc3d", lambda: cc3d_label(26, False), ["labels_u32"], 1, 1, partition(), 8),
        ("distance mask_dense", "distance", "edt", edt_distance, ["mask_dense"], 1, 2, close(1e-3), 4),
        ("distance of labels", "distance_each", "edt", edt_distance, ["labels_u32"], 1, 2, close(1e-3), 4),
        ("gaussian sigma 1", "gaussian_1", "scipy", lambda: scipy_filter("gaussian_filter", 1), ["a_f32"], 1, 1, close(1e-5), 4),
        ("gaussian sigma 3", "gaussian_3", "scipy", lambda: scipy_filter("gaussian_filter", 3), ["a_f32"], 1, 1, close(1e-5), 4),
        ("median 3³", "median", "scipy", lambda: scipy_filter("median_filter", 3), ["a_f32"], 2, 1, equal, 4),
        ("erode", "erode", "scipy", lambda: scipy_filter("binary_erosion", border_value=1), ["mask_dense"], 1, 1, equal, 1),
        ("erode ball 5", "erode_ball", "scipy", lambda: scipy_ball(5), ["mask_dense"], 2, 1, equal, 1),
        ("grey dilation 3³", "dilate_box", "scipy", lambda: scipy_filter("maximum_filter", 3), ["raw_u8"], 1, 1, equal, 1),
        ("grey dilation 21³", "dilate_wide", "scipy", lambda: scipy_filter("maximum_filter", 21), ["raw_u8"], 1, 1, equal, 1),
        ("unique", "unique", "fastremap", lambda: fastremap_call("unique"), ["labels_u32"], 1, 1, equal, 0),
        ("unique, counts", "unique_counts", "fastremap", lambda: fastremap_call("unique", return_counts=True), ["labels_u32"], 1, 1, table_of(lambda b: dict(value=b[0], count=b[1])), 0),
        ("relabel compact", "compact", "fastremap", lambda: fastremap_call("renumber"), ["labels_u32"], 1, 1, first_of(partition()), 8),
        ("relabel compact to uint32", "compact_32", "fastremap", lambda: fastremap_call("renumber"), ["labels_u32"], 1, 1, first_of(partition()), 4),
        ("relabel map", "map", "fastremap", lambda: fastremap_map(pairs), ["labels_u32"], 1, 1, equal, 4),
        ("objects", "objects", "cc3d", cc3d_statistics, ["labels_u32"], 1, 1, table_of(statistics_columns), 0),
        ("mutex watershed", "mutex", "mwatershed", lambda: mwatershed_segments(None), ["affs_f32"], 4, 1, partition(0.99), 8),
        ("mutex watershed, strides", "mutex_strides", "mwatershed", lambda: mwatershed_segments(strides), ["affs_f32"], 4, 1, partition(0.99), 8),
        ("watershed", "watershed", "skimage", skimage_watershed, ["boundary_f32", "seeds"], 2, 1, partition(0.99), 8),
        ("descriptors", "descriptors", "lsds", lsds_descriptors, ["labels_u32"], 8, 1, close(2e-3), 40),
        ("voi", "scores", "skimage", lambda: skimage_scores("variation_of_information"), ["labels_u32", "moved"], 2, 1, lambda a, b: close(1e-6)([a["voi_split"], a["voi_merge"]], b), 0),
        ("adapted rand", "scores", "skimage", lambda: skimage_scores("adapted_rand_error"), ["labels_u32", "moved"], 2, 1, lambda a, b: close(1e-6)(a["arand"], b[0]), 0),
        ("agglomerate", "agglomerate", "waterz", waterz_merge, ["fragments", "affinities"], 4, 1, partition(0.99), 8),
    ]


# Inputs
def made(name, data, edge, folder):
    """The .npy of an input of `edge`³: there already, cropped, or made of others."""
    import numpy as np
    path = os.path.join(folder, f"{name}_{edge}.npy")
    if os.path.exists(path):
        return path
    def other(name):
        return np.load(made(name, data, edge, folder), mmap_mode="r")
    if name == "seeds":      # where it is far from boundaries: one a cell, and a few more
        from scipy import ndimage
        far = -ndimage.gaussian_filter(other("boundary_f32"), 2)
        a = ndimage.label((ndimage.maximum_filter(far, 9) == far) & (far > -0.4))[0].astype(np.int32)
    elif name == "moved":    # another labelling of the same: shifted, some cells fused
        a = np.roll(other("labels_u32"), (2, 1, 0), (0, 1, 2))
        a[a % 7 == 0] = 5
    elif name == "fragments":   # cells cut into cubes of 8³
        at = (np.arange(edge) // 8).astype(np.uint64)
        cube = (at[:, None, None] * 1000 + at[:, None]) * 1000 + at
        a = np.unique(other("labels_u32") + (np.uint64(1) << np.uint64(32)) * cube, return_inverse=True)[1].reshape((edge,) * 3).astype(np.uint64) + 1
    elif name == "affinities":  # to the three nearest, as fractions
        a = np.clip(np.asarray(other("affs_f32")[:3]) + 0.5, 0, 1)
    else:
        sizes = sorted(int(re.search(r"_(\d+)\.npy$", f).group(1)) for f in glob.glob(os.path.join(data, f"{name}_*.npy")))
        size = next((s for s in sizes if s >= edge), None)
        if size is None:
            sys.exit(f"error: no {name} of {edge}³ in {data}")
        if size == edge:
            return os.path.join(data, f"{name}_{edge}.npy")
        a = np.load(os.path.join(data, f"{name}_{size}.npy"), mmap_mode="r")[..., :edge, :edge, :edge]
    np.save(path, np.ascontiguousarray(a))
    return path


# Processes: each says "ready", then waits for a line, works, and prints the seconds.
class Runner:
    def __init__(self, command, pipe=None, threads=1):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
        self.pipe, self.opened, self.times = pipe, -1, []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None if pipe else subprocess.DEVNULL, text=True, env=dict(os.environ, **{n: str(threads) for n in names}))
        atexit.register(self.process.kill)   # or one that an error left behind would wait at its pipe for ever
        if self.process.stdout.readline().strip() != "ready":
            sys.exit(f"error: {' '.join(command)}")
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as f:
            f.write("5")   # the peak is what is held now
        self.before = self.status("VmRSS")


    def status(self, key):
        with open(f"/proc/{self.process.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith(key)) / 1024

    def open_pipe(self):
        """What the other side waits for is that it is opened; by turns one of two, so that the next wait cannot find this one still open."""
        self.opened += 1
        open(self.pipe + str(self.opened % 2), "w").close()

    def step(self):
        if self.pipe:
            self.open_pipe()
        else:
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"error: {' '.join(self.process.args)}")
        self.times.append(float(line))
        self.peak = self.status("VmHWM") - self.before

    def finish(self):
        if self.pipe:
            self.open_pipe()
        self.process.stdin.close()
        if self.process.wait():
            sys.exit(f"error: {' '.join(self.process.args)}")
        return statistics.median(self.times[1:] or self.times)


def peer(row, threads, out, pairs, *inputs):
    """The other side of a Runner."""
    import pickle, numpy as np
    row = next(r for r in rows(pairs) if r[0] == row)
    run = row[3](int(threads)) if row[6] == 2 else row[3]()
    a = [np.load(path) for path in inputs]
    result = None
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)   # where packages print to
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        result = None
        begin = time.perf_counter()
        result = run(a)
        print(time.perf_counter() - begin, file=answers, flush=True)
    with open(out, "wb") as f:
        pickle.dump(result, f, protocol=4)


def loaded(path):
    import numpy as np
    if path.endswith(".npy"):
        return np.load(path)
    with open(path) as f:
        return json.load(f) if path.endswith(".json") else list(csv.DictReader(f))


def copy_rate():
    import numpy as np
    a = np.ones(1 << 28, np.uint8)
    b = a.copy()
    def once():
        begin = time.perf_counter()
        np.copyto(b, a)
        return time.perf_counter() - begin
    return 2 * a.nbytes / statistics.median(once() for _ in range(5))


def measure(row, dcs, data, folder, edge, repeat, pairs, rate):
    import pickle
    name, key, package, _, inputs, smaller, threads, compare, written = row
    paths = [made(i, data, edge // smaller, folder) for i in inputs]
    out = {"unique": ".json", "unique_counts": ".csv", "objects": ".csv", "scores": ".json"}.get(key, ".npy")
    runners = {}
    for label, jobs in (("dcs 1", 1), ("dcs 2", 2)):
        pipe, result = os.path.join(folder, f"go {key} {jobs} "), os.path.join(folder, f"out{jobs}{out}")
        for turn in "01":
            os.mkfifo(pipe + turn)
        command = [dcs, "--quiet", "--jobs", str(jobs), os.path.join(HERE, "segmentation.dcs"), "--row", key, "--go", pipe, "--inputs", ",".join(paths)]
        runners[label] = Runner(command + ["--repeat", str(repeat + 1), "--out", result, "--pairs", pairs], pipe)
    for t in range(1, threads + 1):
        command = [sys.executable, os.path.abspath(__file__), "--peer", name, str(t), os.path.join(folder, f"theirs{t}.pickle"), pairs]
        runners[f"{package} {t}"] = Runner(command + paths, threads=t)
    for _ in range(repeat + 1):
        for r in runners.values():
            if r.pipe or len(r.times) != 1 or r.times[0] < SLOW:
                r.step()
    medians = {label: r.finish() for label, r in runners.items()}
    with open(os.path.join(folder, "theirs1.pickle"), "rb") as f:
        theirs = pickle.load(f)
    ours = [os.path.join(folder, f"out{jobs}{out}") for jobs in (1, 2)]
    said = "same" if open(ours[0], "rb").read() == open(ours[1], "rb").read() else "ONE THREAD AND TWO DIFFER"
    wrong = compare(loaded(ours[0]), theirs)
    floor = (sum(os.path.getsize(p) for p in paths) + written * (edge // smaller) ** 3) / rate
    ratios = [medians[f"{package} 1"] / medians["dcs 1"], medians[f"{package} {threads}"] / medians["dcs 2"]]
    print(f"{name:27} {edge // smaller:4}³ {medians['dcs 1']:8.3f} {medians['dcs 2']:8.3f}   {package:10} " + " ".join(f"{medians[f'{package} {t}']:8.3f}" for t in range(1, threads + 1)).ljust(17)
          + f"   {ratios[0]:6.2f} {ratios[1]:6.2f}   {floor:6.3f}   {runners['dcs 1'].peak:6.0f} {runners[f'{package} 1'].peak:6.0f}   {wrong or said}", flush=True)
    for path in ours + glob.glob(os.path.join(folder, "theirs*")) + glob.glob(os.path.join(folder, "go *")):
        os.remove(path)


def main():
    import numpy as np
    dcs, folder = sys.argv[1:3]
    edge, repeat = (int(v) for v in (sys.argv[3:5] + ["512", "5"][len(sys.argv[3:5]):]))
    wanted = sys.argv[5:]
    data = os.environ.get("BENCH_DATA")
    if not data:
        data = os.path.join(folder, "data")
        subprocess.run([sys.executable, os.path.join(HERE, "volumes.py"), data, str(edge)], check=True)
    pairs = os.path.join(folder, "pairs.csv")
    ids = np.unique(np.load(made("labels_u32", data, edge, folder), mmap_mode="r")[::2, ::2, ::2])
    with open(pairs, "w") as f:
        csv.writer(f).writerows([("old", "new")] + list(zip(ids.tolist(), np.random.default_rng(1).permutation(ids).tolist())))
    rate = copy_rate()
    print(f"a copy moves {rate / 1e9:.1f} GB/s, read and written; {os.cpu_count()} processors; seconds, peaks in MiB above the inputs")
    print(f"{'':33} {'dcs 1':>8} {'dcs 2':>8}   {'peer':10} {'1 thread':>8} {'2':>8}   {'ratio':>6} {'of 2':>6}   {'floor':>6}   {'ours':>6} {'theirs':>6}")
    for row in rows(pairs):
        if wanted and not any(w in row[0] for w in wanted):
            continue
        try:
            row[3](1) if row[6] == 2 else row[3]()
        except ImportError as e:
            print(f"{row[0]:27} (no {e.name} to compare with)")
            continue
        measure(row, dcs, data, folder, edge, repeat, pairs, rate)


if sys.argv[1] == "--peer":
    peer(*sys.argv[2:])
else:
    main()
