"""Writes what gunpowder, lsds and the formulas of DaCapo make of one small crop, for fixed parameters.

    python3 -m venv venv && venv/bin/pip install gunpowder==1.4.4 lsds==0.1.3 zarr==2.18.7 numcodecs==0.15.2 && venv/bin/python generate.py

raw, labels, mask   (24, 28, 32) voxels of 16, 8, 8 nm
elastic_*           a box (10, 12, 14) of raw and (6, 8, 10) of labels through ElasticAugment; control points and angle as they were drawn
intensity*          raw of the crop through IntensityAugment, every sixth section
affinities …        targets and weights of the box (8, 12, 12) at (8, 8, 10)
"""
import pathlib

import gunpowder as gp
import numpy
import scipy.ndimage
from funlib.persistence.arrays import Array
from lsd.train.gp import AddLocalShapeDescriptor

HERE = pathlib.Path(__file__).parent
SIZE = numpy.array([16, 8, 8])
SHAPE = (24, 28, 32)
random = numpy.random.default_rng(5)
raw = scipy.ndimage.gaussian_filter(random.normal(size=SHAPE), 0.7)
raw = (255 * (raw - raw.min()) / (raw.max() - raw.min())).astype(numpy.uint8)
blobs = scipy.ndimage.gaussian_filter(random.normal(size=SHAPE), (1.5, 2.5, 2.5))
labels = scipy.ndimage.label(blobs > 0.02)[0].astype(numpy.uint32)
seeds = scipy.ndimage.gaussian_filter(random.normal(size=SHAPE), (2, 4, 4)) > 0   # two ids that touch
labels[(labels > 0) & seeds] += 100
mask = numpy.ones(SHAPE, numpy.uint8)
mask[:, :, 18:] = 0
mask[:9, :12] = 0
for name, array in [("raw", raw), ("labels", labels), ("mask", mask)]:
    numpy.save(HERE / f"{name}.npy", array)


def world(voxels):
    return gp.Coordinate(*(numpy.array(voxels) * SIZE))


def source(key, array, interpolatable):
    return gp.ArraySource(key, Array(array, (0, 0, 0), tuple(int(s) for s in SIZE), ["z", "y", "x"], ["nm"] * 3), interpolatable=interpolatable)


RAW, LABELS, MASK = gp.ArrayKey("RAW"), gp.ArrayKey("LABELS"), gp.ArrayKey("MASK")


def crop():
    return (source(RAW, (raw / 255).astype(numpy.float32), True), source(LABELS, labels, False), source(MASK, mask, False)) + gp.MergeProvider()


def batch(pipeline, **boxes):
    request = gp.BatchRequest()
    for name, (offset, shape) in boxes.items():
        request[gp.ArrayKey(name)] = gp.ArraySpec(roi=gp.Roi(world(offset), world(shape)))
    with gp.build(pipeline):
        return pipeline.request_batch(request)


# elastic: what numpy draws for the control points is kept
drawn, normal = [], numpy.random.normal


def kept(*arguments, **named):
    drawn.append(normal(*arguments, **named))
    return drawn[-1]


numpy.random.seed(3)
numpy.random.normal = kept
angle = 0.4
bent = batch(
    crop() + gp.ElasticAugment((5, 4, 5), (0.4, 1.1, 1.1), (angle, angle)),
    RAW=((7, 8, 9), (10, 12, 14)), LABELS=((9, 10, 11), (6, 8, 10)))
numpy.random.normal = normal
numpy.save(HERE / "elastic_points.npy", numpy.array(drawn))
numpy.save(HERE / "elastic_raw.npy", bent[RAW].data)
numpy.save(HERE / "elastic_labels.npy", bent[LABELS].data)

# intensity
whole = dict(RAW=((0, 0, 0), SHAPE))
numpy.save(HERE / "intensity.npy", batch(crop() + gp.IntensityAugment(RAW, 1.3, 1.3, 0.1, 0.1, clip=False), **whole)[RAW].data[::6])
numpy.save(HERE / "intensity_sections.npy", batch(crop() + gp.IntensityAugment(RAW, 1.6, 1.6, 0.2, 0.2, z_section_wise=True), **whole)[RAW].data[::6])

# affinities, balanced by each of them; descriptors, balanced by foreground
AFFS, TRUST, SCALE, LSDS, SIDES, LSCALE = (gp.ArrayKey(name) for name in ["AFFS", "TRUST", "SCALE", "LSDS", "SIDES", "LSCALE"])
offsets = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [2, 0, 0], [0, 3, 0], [0, 0, -3]]
box = ((8, 8, 10), (8, 12, 12))
made = batch(
    crop() + AddLocalShapeDescriptor(LABELS, LSDS, sigma=16)
    + gp.AddAffinities(offsets, LABELS, AFFS, labels_mask=MASK, affinities_mask=TRUST) + gp.BalanceLabels(AFFS, SCALE, TRUST, slab=(1, -1, -1, -1)),
    AFFS=box, SCALE=box, LSDS=box, LABELS=box, MASK=box)
numpy.save(HERE / "affinities.npy", made[AFFS].data.astype(numpy.uint8))
numpy.save(HERE / "affinity_weights.npy", made[SCALE].data.astype(numpy.float32))
numpy.save(HERE / "descriptors.npy", made[LSDS].data.astype(numpy.float32))


def cut(array, grow=(0, 0, 0)):
    return array[tuple(slice(o - g, o + s + g) for o, s, g in zip(*box, grow))]


def balanced(sides, trust):
    """BalanceLabels of two classes."""
    weights = numpy.zeros(sides.shape, numpy.float32)
    for side in (0, 1):
        here = (sides == side) & (trust != 0)
        if here.any():
            weights[here] = 1 / (2 * numpy.clip(here.sum() / (trust != 0).sum(), 0.05, 0.95))
    return weights


inside, trust = cut(labels) > 0, cut(mask)
numpy.save(HERE / "foreground_weights.npy", balanced(inside, trust))

# signed distances of the box grown by `scale`, from the faces between different labels
scale = 32
grow = tuple(int(numpy.ceil(scale / s)) for s in SIZE)
grown, known = cut(labels, grow), cut(mask, grow)
faces = numpy.zeros([2 * n - 1 for n in grown.shape], bool)
for axis in range(3):
    low, high = [slice(None)] * 3, [slice(None)] * 3
    low[axis], high[axis] = slice(None, -1), slice(1, None)
    place = [slice(None, None, 2)] * 3
    place[axis] = slice(1, None, 2)
    faces[tuple(place)] |= grown[tuple(low)] != grown[tuple(high)]
distance = scipy.ndimage.distance_transform_edt(~faces, sampling=SIZE / 2)[::2, ::2, ::2]
distance = numpy.tanh(numpy.where(grown == 0, -distance, distance) / scale)
edge = scipy.ndimage.distance_transform_edt(numpy.pad(known, 1), sampling=SIZE)[1:-1, 1:-1, 1:-1]
sure = (known > 0) & (numpy.clip(numpy.abs(distance) + 0.05, 0, 0.8) < numpy.tanh(edge / scale))


def inner(array):
    return array[tuple(slice(g, n - g) for g, n in zip(grow, array.shape))]


numpy.save(HERE / "distance.npy", inner(distance).astype(numpy.float32))
numpy.save(HERE / "sure.npy", inner(sure).astype(numpy.uint8))
