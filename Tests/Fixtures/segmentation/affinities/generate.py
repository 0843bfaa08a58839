"""Reference results of what is made from and of affinities: mutex watershed, seeded watershed, descriptors, statistics of objects.

Written with numpy 2.4.6, scipy 1.17.1, scikit-image 0.26.0, mwatershed 0.5.4, lsds 0.1.3, seed 2025. Run in this folder: python generate.py
Strengths of affinities and heights of landscapes are all different, since the references do not say what they do with equal ones.
Labels are renumbered by first voxel in raster order, so that they can be compared for equality.
"""
import pathlib

import mwatershed
import numpy as np
from lsd.train.local_shape_descriptor import get_local_shape_descriptors
from scipy import ndimage
from skimage.segmentation import watershed

here = pathlib.Path(__file__).parent
random = np.random.default_rng(2025)
CASES = {
    "cube": ((8, 12, 14), (40.0, 8.0, 8.0), 60.0),
    "plane": ((30, 34), (8.0, 8.0), 24.0),
    "slab": ((2, 20, 22), (16.0, 4.0, 6.0), 20.0),
}
OFFSETS = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (-2, 0, 0), (0, 4, -1), (0, -3, -4), (1, 5, 0), (0, 0, 9)]
STRIDES = [(1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 2, 1), (1, 1, 3), (2, 2, 2), (1, 1, 1), (1, 3, 2)]


def save(name, array):
    np.save(here / f"{name}.npy", np.ascontiguousarray(array))


def by_first_voxel(labels):
    ids, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    foreground = ids != 0
    order = np.argsort(first[foreground], kind="stable")
    new = np.zeros(len(ids), np.uint64)
    new[np.flatnonzero(foreground)[order]] = np.arange(1, foreground.sum() + 1)
    return new[inverse].reshape(labels.shape)


def all_different(shape, low, high):
    """Values on a grid that float32 holds exactly, in random order; none is 0, and no two are equal or opposite."""
    count = int(np.prod(shape))
    values = np.linspace(low, high, count + 2)[1:-1].astype(np.float32)
    while len(np.unique(np.abs(values))) < count or (values == 0).any():
        values = (values + random.uniform(-1e-3, 1e-3, count)).astype(np.float32)
    return random.permutation(values).reshape(shape)


for name, (shape, voxel_size, sigma) in CASES.items():
    rank = len(shape)
    field = ndimage.gaussian_filter(random.standard_normal(shape), 1.2)
    labels = (np.digitize(field, [-0.2, 0.05, 0.25])).astype(np.uint16) * 7
    labels[ndimage.gaussian_filter(random.standard_normal(shape), 1.5) > 0.15] = 0
    save(f"{name}_labels", labels)

    offsets = [o[-rank:] for o in OFFSETS if any(o[-rank:])]
    strides = [s[-rank:] for o, s in zip(OFFSETS, STRIDES) if any(o[-rank:])]
    # truth plus noise: short offsets attract and long ones repel, as networks predict them
    affinities = all_different((len(offsets), *shape), -1, 1)
    for channel, offset in enumerate(offsets):
        same = np.zeros(shape, bool)
        low = tuple(slice(max(0, -o), s - max(0, o)) for o, s in zip(offset, shape))
        high = tuple(slice(max(0, o), s - max(0, -o)) for o, s in zip(offset, shape))
        same[low] = (labels[low] == labels[high]) & (labels[low] > 0)
        magnitude = np.abs(affinities[channel])
        flip = random.random(shape) < 0.1
        affinities[channel] = np.where(same ^ flip, magnitude, -magnitude)
    save(f"{name}_affinities", affinities)
    save(f"{name}_mutex", by_first_voxel(mwatershed.agglom(affinities.astype(np.float64), offsets)))
    save(f"{name}_mutex_strides", by_first_voxel(mwatershed.agglom(affinities.astype(np.float64), offsets, strides=strides)))

    heights = all_different(shape, 0, 1)
    seeds = np.zeros(shape, np.uint32)
    seeds.reshape(-1)[random.permutation(seeds.size)[:9]] = np.arange(1, 10)
    mask = ndimage.gaussian_filter(random.standard_normal(shape), 1) > -0.15
    save(f"{name}_heights", heights)
    save(f"{name}_seeds", seeds)
    save(f"{name}_basin_mask", mask)
    save(f"{name}_basins", watershed(heights, seeds.astype(np.int32)).astype(np.uint32))
    save(f"{name}_basins_masked", watershed(heights, seeds.astype(np.int32), mask=mask).astype(np.uint32))

    save(f"{name}_descriptors", get_local_shape_descriptors(labels, (sigma,) * rank, voxel_size=tuple(int(v) for v in voxel_size)).astype(np.float32))

    ids = np.unique(labels[labels > 0])
    rows = []
    for i, box in zip(ids, ndimage.find_objects(labels)[ids.min() - 1 :: 7]):
        center = ndimage.center_of_mass(labels == i)
        rows.append([i, (labels == i).sum()] + [s.start for s in box] + [s.stop for s in box] + list(center))
    save(f"{name}_objects", np.array(rows, np.float64))
