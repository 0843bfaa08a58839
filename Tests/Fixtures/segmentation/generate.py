"""Reference results for the tests of Segmentation, one .npy an array and scores.txt for single numbers.

Written with numpy 2.4.6, scipy 1.17.1, scikit-image 0.26.0, connected-components-3d 4.1.1, seed 2024. Run in this folder: python generate.py
Labels are renumbered by first voxel in raster order, so that they can be compared for equality.
"""
import pathlib

import cc3d
import numpy as np
from scipy import ndimage
from skimage.metrics import adapted_rand_error, variation_of_information

here = pathlib.Path(__file__).parent
random = np.random.default_rng(2024)
CASES = {"cube": ((9, 11, 13), (40.0, 4.0, 4.0)), "plane": ((23, 31), (5.24, 4.56)), "thin": ((1, 12, 40), (8.0, 8.0, 8.0)), "long": ((3, 5, 70), (5.24, 4.0, 4.56))}
scores = {}


def save(name, array):
    np.save(here / f"{name}.npy", np.ascontiguousarray(array))


def by_first_voxel(labels):
    ids, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    foreground = ids != 0
    order = np.argsort(first[foreground], kind="stable")
    new = np.zeros(len(ids), np.uint64)
    new[np.flatnonzero(foreground)[order]] = np.arange(1, foreground.sum() + 1)
    return new[inverse].reshape(labels.shape)


def signed_distance(labels, voxel_size):
    """Faces marked on the grid of shape 2 s - 1, transformed at half the voxel size."""
    faces = np.zeros([2 * s - 1 for s in labels.shape], bool)
    for axis in range(labels.ndim):
        low, high = [slice(None)] * labels.ndim, [slice(None)] * labels.ndim
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        at = tuple(slice(1, None, 2) if a == axis else slice(None, None, 2) for a in range(labels.ndim))
        faces[at] = labels[tuple(low)] != labels[tuple(high)]
    distance = ndimage.distance_transform_edt(~faces, sampling=[v / 2 for v in voxel_size])
    distance = distance[tuple(slice(None, None, 2) for _ in labels.shape)]
    return np.where(labels == 0, -distance, distance)


def affinities(labels, offsets):
    out = np.zeros((len(offsets),) + labels.shape, np.uint8)
    for channel, offset in enumerate(offsets):
        here_ = tuple(slice(max(0, -o), s - max(0, o)) for o, s in zip(offset, labels.shape))
        there = tuple(slice(max(0, o), s - max(0, -o)) for o, s in zip(offset, labels.shape))
        out[channel][here_] = (labels[here_] == labels[there]) & (labels[here_] > 0)
    return out


for name, (shape, voxel_size) in CASES.items():
    rank = len(shape)
    field = ndimage.gaussian_filter(random.standard_normal(shape), 1.0)
    mask = (field > 0.02).astype(np.uint8)
    labels = (np.digitize(ndimage.gaussian_filter(random.standard_normal(shape), 1.5), [-0.1, 0.0, 0.1]) * 3).astype(np.uint16)
    values = random.standard_normal(shape).astype(np.float32)
    save(f"{name}_mask", mask)
    save(f"{name}_labels", labels)
    save(f"{name}_values", values)
    for connectivity in range(1, rank + 1):
        found, _ = ndimage.label(mask, ndimage.generate_binary_structure(rank, connectivity))
        save(f"{name}_components_{connectivity}", by_first_voxel(found).astype(np.uint32))
        code = {2: {1: 4, 2: 8}, 3: {1: 6, 2: 18, 3: 26}}[rank][connectivity]
        save(f"{name}_by_value_{connectivity}", by_first_voxel(cc3d.connected_components(labels, connectivity=code)).astype(np.uint32))
    save(f"{name}_distance", ndimage.distance_transform_edt(mask, sampling=voxel_size))
    padded = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=voxel_size)
    save(f"{name}_distance_border", padded[tuple(slice(1, -1) for _ in shape)])
    save(f"{name}_signed_mask", signed_distance(mask, voxel_size))
    save(f"{name}_signed_labels", signed_distance(labels, voxel_size))
    sigma = (1.5, 0.7, 2.3)[-rank:]
    save(f"{name}_gaussian", ndimage.gaussian_filter(values.astype(np.float64), sigma, mode="reflect", truncate=4))
    save(f"{name}_gaussian_3", ndimage.gaussian_filter(values.astype(np.float64), sigma, mode="reflect", truncate=3))
    window = (3, 5, 3)[-rank:]
    save(f"{name}_median", ndimage.median_filter(values, window, mode="reflect"))
    save(f"{name}_box_erosion", ndimage.grey_erosion(values, window))
    save(f"{name}_box_dilation", ndimage.grey_dilation(values, window))
    grid = np.stack(np.meshgrid(*[np.arange(-3, 4) * v for v in voxel_size], indexing="ij"))
    ball = (grid**2).sum(0) <= 9.0**2
    save(f"{name}_ball_erosion", ndimage.binary_erosion(mask, ball, border_value=1))
    save(f"{name}_ball_dilation", ndimage.binary_dilation(mask, ball))
    save(f"{name}_filled", ndimage.binary_fill_holes(mask))
    offsets = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 2, 3), (0, -3, 0)]
    save(f"{name}_affinities", affinities(labels, [o[-rank:] for o in offsets]))

    truth = labels
    segmentation = (np.digitize(ndimage.gaussian_filter(random.standard_normal(shape), 1.2), [-0.15, 0.0, 0.1]) + 3 * (labels > 3)).astype(np.uint32)
    save(f"{name}_segmentation", segmentation)
    for background, ignored in (("", (0,)), ("_background", ())):
        if ignored:
            kept = truth != 0
            merge, split = variation_of_information(segmentation[kept].astype(int) + 1, truth[kept].astype(int))
        else:
            merge, split = variation_of_information(segmentation.astype(int) + 1, truth.astype(int) + 1, ignore_labels=())
        # skimage: (H(second | first), H(first | second)), so first = segmentation gives (merge, split)
        scores[f"{name}_voi_split{background}"], scores[f"{name}_voi_merge{background}"] = split, merge
        # its `precision` divides by the pairs of its first argument, the truth, which by its own documentation is the recall
        error, recall, precision = adapted_rand_error(truth.astype(int), segmentation.astype(int), ignore_labels=ignored)
        scores[f"{name}_rand_error{background}"], scores[f"{name}_rand_precision{background}"], scores[f"{name}_rand_recall{background}"] = error, precision, recall

    scale = 20.0
    target = np.tanh(signed_distance(mask, voxel_size) / scale)
    inside = np.zeros(shape, np.uint8)
    inside[tuple(slice(0, max(1, s - 2)) for s in shape)] = 1
    for suffix, halving in (("", 1), ("_compatible", 2)):
        b = ndimage.distance_transform_edt(np.pad(inside, 1), sampling=[v / halving for v in voxel_size])[tuple(slice(1, -1) for _ in shape)]
        save(f"{name}_trusted{suffix}", np.clip(np.abs(target) + 0.05, 0, 0.8) < np.tanh(b / scale))

(here / "scores.txt").write_text("".join(f"{key} {float(value)!r}\n" for key, value in scores.items()))
