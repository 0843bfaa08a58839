"""Many small volumes of all shapes, and what mwatershed, scikit-image, lsds and waterz make of them, each kind end to end in flat arrays.

Written with numpy 2.4.6, scikit-image 0.26.0, mwatershed 0.5.4, lsds 0.1.3, waterz 0.10.1, seed 2026. Run in this folder: python generate.py
Watershed: heights tie, since scikit-image has an order for that (height, then arrival), but among seeds, of which each has a height of its own.
Mutex watershed: strengths differ, since mwatershed has no order of equal ones; offsets are shorter than the volume, and cases in which voxel 0 is a segment of its own are
left out: mwatershed names segments by a voxel, and so calls that one background. A mask is said to it as affinities of 0.
Descriptors: lsds's own code, but in double precision: its float32 moments about the origin cancel. Background is 0, as are voxels whose object has no sample near.
Agglomeration: waterz's region graph and its mean affinity; thresholds are far from all of the means that occur.
"""
import importlib.util
import pathlib
import sys
import types

import mwatershed
import numpy as np
import waterz
from skimage.measure import regionprops
from skimage.segmentation import watershed

here = pathlib.Path(__file__).parent
random = np.random.default_rng(2026)


def save(name, arrays, dtype):
    np.save(here / f"{name}.npy", np.concatenate([np.asarray(a).reshape(-1) for a in arrays]).astype(dtype))


def shape_of(rank, extents):
    return tuple(int(e) for e in random.choice(extents, rank))


def padded(shape):
    return (0,) * (3 - len(shape)) + tuple(shape)   # 0: no such axis


def lumps(shape, count, dtype=np.uint8):
    labels = random.integers(0, count + 1, shape)
    for axis in range(len(shape)):
        repeated = np.repeat(labels, 3, axis)
        start = int(random.integers(0, 3))
        labels = np.take(repeated, np.arange(start, start + shape[axis]), axis)
    return labels.astype(dtype)


def first_voxel(labels):
    ids, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(first[ids != 0])
    new = np.zeros(len(ids), np.uint64)
    new[np.flatnonzero(ids != 0)[order]] = np.arange(1, len(order) + 1)
    return new[inverse].reshape(labels.shape)


def basins():
    rows, heights, seeds, masks, found = [], [], [], [], []
    for _ in range(80):
        shape = shape_of(int(random.integers(1, 4)), [1, 2, 3, 5, 7, 11])
        height = random.integers(0, random.choice([3, 8, 200]), shape)
        seed = np.zeros(shape, np.uint8)
        places = random.permutation(seed.size)[: random.integers(0, 6)]
        if len(places):
            places = places[np.unique(height.reshape(-1)[places], return_index=True)[1]]
        seed.reshape(-1)[places] = random.permutation(len(places)) + 1
        mask = random.random(shape) < random.choice([0.8, 1.1])
        seed[~mask] = 0
        connectivity = int(random.integers(1, len(shape) + 1))
        rows.append(padded(shape) + (connectivity,))
        heights.append(height)
        seeds.append(seed)
        masks.append(mask)
        found.append(watershed(height, seed.astype(np.int32), mask=mask, connectivity=connectivity))
    save("basins_cases", rows, np.uint8)
    save("basins_heights", heights, np.uint8)
    save("basins_seeds", seeds, np.uint8)
    save("basins_mask", masks, np.uint8)
    save("basins", found, np.uint8)


def mutex():
    cases, values, masks, found = [], [], [], []
    while len(found) < 80:
        rank = int(random.integers(2, 4))
        shape = shape_of(rank, [1, 2, 3, 5, 7])
        offsets = [tuple(int(i == j) for j in range(rank)) for i in range(rank)] + [tuple(int(x) for x in random.integers(-3, 4, rank)) for _ in range(3)]
        offsets = [o for o in offsets if any(o) and all(abs(x) < e for x, e in zip(o, shape))]
        if not offsets:
            continue
        strides = [tuple(int(x) for x in random.integers(1, 4, rank)) if random.random() < 0.4 else (1,) * rank for _ in offsets]
        count = len(offsets) * int(np.prod(shape))
        strength = random.permutation(count) + 1
        value = np.where(random.random(count) < random.choice([0.3, 0.5, 0.8]), strength, -strength).reshape((len(offsets),) + shape)
        mask = random.random(shape) < random.choice([0.8, 1.1])
        told = value / 32768.0
        for channel, offset in enumerate(offsets):
            inside = np.zeros(shape, bool)
            low = tuple(slice(max(0, -x), e - max(0, x)) for x, e in zip(offset, shape))
            high = tuple(slice(max(0, x), e - max(0, -x)) for x, e in zip(offset, shape))
            inside[low] = mask[low] & mask[high]
            told[channel][~inside] = 0
        labels = mwatershed.agglom(told, [list(o) for o in offsets], strides=[list(s) for s in strides])
        if labels.flat[0] == 0 and mask.flat[0]:
            continue
        cases.append(padded(shape) + (len(offsets),))
        for offset, stride in zip(offsets, strides):
            cases.append(tuple(x + 8 for x in (0,) * (3 - rank) + offset) + (1,) * (3 - rank) + stride)
        values.append(value + 32768)
        masks.append(mask)
        found.append(first_voxel(labels))
    save("mutex_cases", [x for case in cases for x in case], np.uint8)
    save("mutex_affinities", values, np.uint16)
    save("mutex_mask", masks, np.uint8)
    save("mutex", found, np.uint16)


def lsds_in_double():
    gunpowder = types.ModuleType("gunpowder")   # of which it needs two small classes

    class Roi:
        def __init__(self, offset, shape):
            self.offset, self.extent = tuple(offset), tuple(shape)

        def to_slices(self):
            return tuple(slice(int(o), int(o + n)) for o, n in zip(self.offset, self.extent))

        def get_shape(self):
            return tuple(int(n) for n in self.extent)

        shape = property(get_shape)

        def __truediv__(self, by):
            return Roi([o // by for o in self.offset], [n // by for n in self.extent])

        def __mul__(self, by):
            return Roi([o * by for o in self.offset], [n * by for n in self.extent])

        def __eq__(self, other):
            return (self.offset, self.extent) == (other.offset, other.extent)

    gunpowder.Coordinate, gunpowder.Roi = tuple, Roi
    sys.modules["gunpowder"] = gunpowder
    folder = pathlib.Path(importlib.util.find_spec("lsd").submodule_search_locations[0])
    code = (folder / "train/local_shape_descriptor.py").read_text().replace("dtype=np.float32", "dtype=np.float64").replace("astype(np.float32)", "astype(np.float64)")
    module = types.ModuleType("lsds_in_double")
    exec(compile(code, "local_shape_descriptor.py", "exec"), module.__dict__)
    return module.get_local_shape_descriptors


def descriptors():
    describe, cases, volumes, found = lsds_in_double(), [], [], []
    for number in range(36):
        rank, factor = 2 + number % 2, [1, 1, 2, 3][number % 4]
        shape = tuple(e * factor for e in shape_of(rank, [1, 2, 3, 5, 7] if factor == 1 else [1, 2, 3]))
        voxel = [int(v) for v in random.choice([1, 2, 4, 40], rank)]
        sigma = [int(v * factor * random.integers(1, 5)) for v in voxel]
        labels = lumps(shape, 3) if number % 3 else random.integers(0, 4, shape).astype(np.uint8)
        value = describe(labels, tuple(sigma), voxel_size=tuple(voxel), downsample=factor)
        # where the divisor is made up nothing is compared
        spread = describe(labels, tuple(sigma), voxel_size=tuple(voxel), downsample=factor, components="9" if rank == 3 else "5")[0]
        value[:, (spread == 1) & (factor > 1)] = -1
        cases.append(padded(shape) + padded(voxel) + padded(sigma) + (factor,))
        volumes.append(labels)
        found.append(value)
    save("descriptors_cases", cases, np.uint16)
    save("descriptors_labels", volumes, np.uint8)
    save("descriptors", found, np.float32)


def objects():
    cases, volumes, found = [], [], []
    for number in range(30):
        rank = 2 + number % 2
        shape = shape_of(rank, [1, 2, 3, 5, 7, 11])
        labels = lumps(shape, 3) if number % 3 else random.integers(0, 3, shape).astype(np.uint8)
        voxel = [int(v) for v in random.choice([1, 2, 4, 40], rank)]
        rows = []
        for object in regionprops(labels, spacing=voxel):
            of = np.pad(labels == object.label, 1).astype(np.int8)
            faces = [int(np.count_nonzero(np.diff(of, axis=axis))) for axis in range(rank)]
            surface = sum(n * np.prod(voxel) / v for n, v in zip(faces, voxel))
            whole = regionprops(np.pad((labels == object.label).astype(np.uint8), 1))[0]
            rows.append([object.label, whole.area, surface, whole.euler_number, object.axis_major_length, object.axis_minor_length])
        cases.append(padded(shape) + padded(voxel) + (len(rows),))
        volumes.append(labels)
        found += rows
    save("objects_cases", cases, np.uint8)
    save("objects_labels", volumes, np.uint8)
    save("objects", found, np.float64)


def agglomeration():
    cases, fragments, values, found = [], [], [], []
    for _ in range(30):
        shape = shape_of(3, [2, 3, 5])
        fragment = random.integers(0, random.choice([4, 9, 30]), shape)
        value = random.integers(0, 65536, (3,) + shape)   # of a voxel and the one before it
        cases.append(shape)
        fragments.append(fragment)
        values.append(value)
        # it merges while 1 - mean is below the threshold, so the highest mean comes first
        for segments in waterz.agglomerate(
            (value / 65536).astype(np.float32), [1 - t for t in (0.7, 0.55, 0.45)], fragments=fragment.astype(np.uint64),
            scoring_function="OneMinus<MeanAffinity<RegionGraphType, ScoreValue>>",
        ):
            found.append(first_voxel(segments))
    save("agglomeration_cases", cases, np.uint8)
    save("agglomeration_fragments", fragments, np.uint8)
    save("agglomeration_affinities", values, np.uint16)
    save("agglomeration", found, np.uint8)


agglomeration()
basins()
mutex()
descriptors()
objects()
