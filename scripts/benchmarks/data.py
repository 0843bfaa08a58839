"""Training patches beside gunpowder: raw and labels of SIZE cubed from volumes in memory, elastic (control points every 40 voxels, 2 voxels of jitter,
turned), mirrored, transposed, contrast and brightness; with affinities and balanced weights, and without. One thread each, in turn.

usage: data.py DCS FOLDER [SIZE] [ROUNDS]

gunpowder interpolates its transformation from a grid `subsample` times as coarse: 8 is its quick setting, 1 what dcs always does.
Floor: what a patch reads and writes once (raw 1 + 4 bytes a voxel, labels 4 + 4, three affinities and weights 24) at the rate of a copy, printed.
"""
import logging, math, os, statistics, subprocess, sys, time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np


def volumes(folder, edge=288):
    random = np.random.default_rng(1)
    np.save(f"{folder}/raw.npy", random.integers(0, 256, (edge,) * 3, dtype=np.uint8))
    cells = random.integers(0, 3, (edge // 24,) * 3, dtype=np.uint32) * random.integers(1, 5000, (edge // 24,) * 3, dtype=np.uint32)
    np.save(f"{folder}/labels.npy", cells.repeat(24, 0).repeat(24, 1).repeat(24, 2))


def ours(dcs, folder, size, batches, target):
    command = [dcs, "--quiet", "--jobs", "1", os.path.join(os.path.dirname(os.path.abspath(__file__)), "data.dcs"), "--out", folder, "--size", str(size), "--batches", str(batches)]
    subprocess.run(["rm", "-rf", f"{folder}/runs"], check=True)
    return float(subprocess.run(command + ["--target", str(target).lower()], check=True, capture_output=True, text=True).stdout.split()[-1])


class Gunpowder:
    def __init__(self, folder, size, target, subsample):
        import warnings
        warnings.simplefilter("ignore")
        import gunpowder as gp
        from funlib.persistence.arrays import Array
        logging.getLogger("gunpowder").setLevel(logging.ERROR)
        raw, labels, affinities, weights = (gp.ArrayKey(name) for name in ["RAW", "LABELS", "AFFINITIES", "WEIGHTS"])

        def source(key, name, interpolatable):
            array = Array(np.load(f"{folder}/{name}.npy"), (0, 0, 0), (1, 1, 1), ["z", "y", "x"], ["nm"] * 3)
            return gp.ArraySource(key, array, interpolatable=interpolatable)

        p = (source(raw, "raw", True), source(labels, "labels", False)) + gp.MergeProvider() + gp.RandomLocation()
        p += gp.ElasticAugment((40,) * 3, (2,) * 3, (0, math.pi / 2), subsample=subsample)
        p = p + gp.SimpleAugment() + gp.Normalize(raw) + gp.IntensityAugment(raw, 0.9, 1.1, -0.1, 0.1)
        keys = [raw, labels]
        if target:
            p = p + gp.AddAffinities([[1, 0, 0], [0, 1, 0], [0, 0, 1]], labels, affinities) + gp.BalanceLabels(affinities, weights, slab=(1, -1, -1, -1))
            keys = [raw, affinities, weights]
        self.request = gp.BatchRequest()
        for key in keys:
            self.request.add(key, gp.Coordinate((size,) * 3))
        self.built = gp.build(p)
        self.pipeline = self.built.__enter__()

    def seconds(self, batches):
        self.pipeline.request_batch(self.request)
        begin = time.perf_counter()
        for _ in range(batches):
            self.pipeline.request_batch(self.request)
        return (time.perf_counter() - begin) / batches


def main():
    dcs, folder, size, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    volumes(folder)
    block = np.zeros(64 << 20, np.uint8)
    begin = time.perf_counter()
    for _ in range(4):
        block.copy()
    rate = 4 * 2 * block.nbytes / (time.perf_counter() - begin)
    for target in (False, True):
        floor = size**3 * (13 + (24 if target else 4)) / rate
        try:
            peers = {subsample: Gunpowder(folder, size, target, subsample) for subsample in (8, 1)}
        except ImportError as error:
            peers = {}
            print(f"(no gunpowder to compare with: {error})")
        times = {"dcs": [], 8: [], 1: []}
        for _ in range(rounds):
            times["dcs"].append(ours(dcs, folder, size, 8, target))
            for subsample, peer in peers.items():
                times[subsample].append(peer.seconds(2 if subsample == 8 else 1))
        mine = statistics.median(times["dcs"])
        what = f"patches {size}³, " + ("affinities" if target else "labels")
        if not peers:
            print(f"{what:<30} dcs {1 / mine:8.2f} patches/s   floor {floor / mine:.2f} of the time")
        for subsample in peers:
            theirs = statistics.median(times[subsample])
            print(f"{what:<30} dcs {1 / mine:8.2f} patches/s   gunpowder (subsample {subsample}) {1 / theirs:8.2f} patches/s   ratio {theirs / mine:.2f}   floor {floor / mine:.2f} of dcs")
    os._exit(0)   # threads of gunpowder's providers do not hold it up


main()
