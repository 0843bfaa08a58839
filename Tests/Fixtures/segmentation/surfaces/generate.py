"""Reference surface distances of two masks: surfaces by scipy's erosion, distances by its transform, percentiles by numpy.

Written with numpy 2.4.6, scipy 1.17.1, seed 2026. Run in this folder: python generate.py
"""
import pathlib

import numpy as np
from scipy import ndimage

here = pathlib.Path(__file__).parent
random = np.random.default_rng(2026)
CASES = {"cube": ((9, 14, 15), (40.0, 8.0, 8.0)), "plane": ((31, 29), (5.24, 4.56)), "slab": ((1, 20, 24), (8.0, 4.0, 4.0))}
scores = {}
for name, (shape, voxel_size) in CASES.items():
    field = ndimage.gaussian_filter(random.standard_normal(shape), 2)
    predicted, truth = field > 0.05, ndimage.gaussian_filter(field, 0.8) > 0.03
    np.save(here / f"{name}_predicted.npy", predicted)
    np.save(here / f"{name}_truth.npy", truth)
    surfaces = [mask & ~ndimage.binary_erosion(mask) for mask in (predicted, truth)]
    to_truth, to_predicted = (ndimage.distance_transform_edt(~s, sampling=voxel_size) for s in (surfaces[1], surfaces[0]))
    there, back = to_truth[surfaces[0]], to_predicted[surfaces[1]]
    for percent in (50, 95, 100):
        scores[f"{name}_{percent}"] = max(np.percentile(there, percent), np.percentile(back, percent))
    scores[f"{name}_mean"] = np.concatenate([there, back]).mean()
(here / "scores.txt").write_text("".join(f"{key} {float(value)!r}\n" for key, value in scores.items()))
