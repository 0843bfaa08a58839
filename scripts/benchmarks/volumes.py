"""The inputs of `scripts/bench segmentation`: made once, the same on every machine with one version of numpy and scipy.

usage: volumes.py FOLDER EDGE      EDGE a multiple of 32; the measured volumes are EDGE³, those of slow peers EDGE/2 and EDGE/4

  labels_u32_EDGE.npy    uint32   cells that fill the volume: nearest of jittered seeds, under a wavy metric; ids 1, 2, … without gaps
  raw_u8_EDGE.npy        uint8    dark membranes between bright cells, blurred texture, noise
  mask_sparse_EDGE.npy   uint8    the highest tenth of smooth noise: many small objects
  mask_dense_EDGE.npy    uint8    the higher half of it: one object that runs through everything, and crumbs
  a_f32_EDGE.npy         float32  that noise, 0.5 ± 0.15
  boundary_f32_HALF.npy  float32  0 inside cells, 1 between them (EDGE/2)
  affs_f32_QUARTER.npy   float32  (9, EDGE/4 …): affinities less a bias, neighbours at 1, 3 and 9 voxels along z, y, x
"""
import os, sys
import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

CELL = 16  # voxels between seeds, at half the size
DISTANCES = (1, 3, 9)


def noise(random, edge, sigma):
    """Smooth, periodic, mean 0, deviation 1."""
    values = ndimage.gaussian_filter(random.standard_normal((edge,) * 3, dtype=np.float32), sigma, mode="wrap", truncate=3)
    return (values - values.mean()) / values.std()


def cells(random, edge):
    """Labels of `edge`³, and how near to a boundary each voxel is (1 on it)."""
    around = np.arange(-1, edge // CELL + 1)
    corners = np.stack(np.meshgrid(around, around, around, indexing="ij"), -1).reshape(-1, 3)
    tree = cKDTree((corners + random.random(corners.shape)) * CELL)
    bend = [3 * noise(random, edge, 6) for _ in range(3)]
    y, x = np.mgrid[0:edge, 0:edge]
    labels, near = np.empty((edge,) * 3, np.uint32), np.empty((edge,) * 3, np.float32)
    for z in range(edge):
        points = np.stack([z + bend[0][z], y + bend[1][z], x + bend[2][z]], -1)
        distance, seed = tree.query(points, k=2, workers=-1)
        labels[z] = seed[..., 0]
        near[z] = np.exp(-(((distance[..., 1] - distance[..., 0]) / 1.6) ** 2))
    used = np.zeros(len(corners), np.uint32)
    used[np.unique(labels)] = 1
    return (np.cumsum(used, dtype=np.uint32) * used)[labels], near


def twice(a):
    return a.repeat(2, 0).repeat(2, 1).repeat(2, 2)


def affinities(random, labels):
    result = []
    for distance in DISTANCES:
        for axis in range(3):
            same = np.zeros(labels.shape, np.float32)
            here, there = [slice(None)] * 3, [slice(None)] * 3
            here[axis], there[axis] = slice(0, -distance), slice(distance, None)
            same[tuple(here)] = labels[tuple(here)] == labels[tuple(there)]
            blurred = 0.7 * same + 0.3 * ndimage.gaussian_filter(same, 1) + 0.15 * noise(random, len(labels), 1)
            result.append(np.clip(blurred, 0, 1) - (0.5 if distance == 1 else 0.7))
    return np.stack(result).astype(np.float32)


def main():
    folder, edge = sys.argv[1], int(sys.argv[2])
    os.makedirs(folder, exist_ok=True)
    random = np.random.default_rng(1)

    def save(name, a):
        np.save(os.path.join(folder, f"{name}_{a.shape[-1]}.npy"), a)

    half, near = cells(random, edge // 2)
    labels = twice(half)
    save("labels_u32", labels)
    save("boundary_f32", np.clip(near + 0.05 * noise(random, edge // 2, 1), 0, 1).astype(np.float32))
    tone = 8 * random.standard_normal(int(labels.max()) + 1).astype(np.float32)
    raw = 150 - 70 * ndimage.uniform_filter(twice(near), 2) + tone[labels] + 12 * noise(random, edge, 2.5)
    raw += 8 * random.standard_normal(raw.shape, dtype=np.float32)
    save("raw_u8", np.clip(raw, 0, 255).astype(np.uint8))
    del raw, near
    smooth = noise(random, edge, 3)
    middle, high = np.quantile(smooth[::4, ::4, ::4], [0.5, 0.9])
    save("mask_dense", (smooth > middle).astype(np.uint8))
    save("mask_sparse", (smooth > high).astype(np.uint8))
    save("a_f32", 0.5 + 0.15 * smooth)
    quarter = edge // 4
    save("affs_f32", affinities(random, labels[:quarter, :quarter, :quarter]))


main()
