"""Round, bright objects of a block by scikit-image, as a segment_function for segment.py: what is bright, cut where it is thin.

    dcs segment-blockwise in.zarr raw out.zarr nuclei --segment_function "python3 segment.py blobs.py --above 120 --min_distance 8" --context 24

Needs scikit-image: pip install scikit-image.
"""
import sys

import numpy as np

try:
    from scipy import ndimage
    from skimage.feature import peak_local_max
    from skimage.filters import gaussian
    from skimage.segmentation import watershed
except ImportError as error:
    sys.exit(f"blobs.py needs scikit-image: pip install scikit-image ({error})")

default_parameters = {
    "sigma": 1.0,         # voxels, of the smoothing
    "above": 128.0,       # grey values that are object
    "min_distance": 5,    # voxels between the middles of two objects
    "min_size": 50,       # voxels of an object in the block and its context
}


def segment_function(input_array, block, sigma, above, min_distance, min_size):
    mask = gaussian(input_array.astype(np.float32), sigma=sigma, mode="reflect") > above
    depth = ndimage.distance_transform_edt(mask)
    seeds = np.zeros(mask.shape, np.int32)
    middles = peak_local_max(depth, min_distance=int(min_distance), labels=ndimage.label(mask)[0], exclude_border=False)
    seeds[tuple(middles.T)] = np.arange(1, len(middles) + 1)
    labels = watershed(-depth, seeds, mask=mask)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.where(sizes[labels] >= min_size, labels, 0)
