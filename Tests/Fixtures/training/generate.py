"""Writes the fixtures of TrainingTests: a warped volume and warped labels, made by numpy and scipy in float64.

    python3 -m venv venv && venv/bin/pip install numpy scipy && venv/bin/python generate.py

A voxel p of the box (z, y, x) is read at  centre + matrix · (p + first) + field(p + first), lengths in nm and the result in voxels;
the field is the tensor product of Catmull-Rom splines through control points, summed here over all 64 neighbours.
"""
import pathlib

import numpy
import scipy.ndimage

HERE = pathlib.Path(__file__).parent
random = numpy.random.default_rng(11)
source = random.normal(size=(14, 15, 16)).astype(numpy.float32)
labels = random.integers(0, 1 << 31, size=(14, 15, 16), dtype=numpy.uint32)
size = numpy.array([12.0, 8.0, 4.0])
box = (5, 6, 7)
first = numpy.array([-2.0, -2.5, -3.0])
centre = numpy.array([6.5, 7.25, 8.0])
spacing = 16.0
turn = numpy.linalg.qr(random.normal(size=(3, 3)))[0]
matrix = turn * 0.8
shifts = random.normal(scale=5, size=(3, 7, 6, 5)).astype(numpy.float32)


def catmull_rom(t):
    return [0.5 * (-t + 2 * t**2 - t**3), 0.5 * (2 - 5 * t**2 + 3 * t**3), 0.5 * (t + 4 * t**2 - 3 * t**3), 0.5 * (-(t**2) + t**3)]


def field(place):
    """nm around the centre to a displacement in nm."""
    cells, weights = [], []
    for axis in range(3):
        u = place[axis] / spacing + 0.5 * (shifts.shape[1 + axis] - 1)
        cell = int(numpy.clip(numpy.floor(u), 1, shifts.shape[1 + axis] - 3))
        cells.append(cell - 1)
        weights.append(catmull_rom(numpy.clip(u - cell, 0, 1)))
    total = numpy.zeros(3)
    for i in range(4):
        for j in range(4):
            for k in range(4):
                total += weights[0][i] * weights[1][j] * weights[2][k] * shifts[:, cells[0] + i, cells[1] + j, cells[2] + k]
    return total


positions = numpy.zeros((3,) + box)
for index in numpy.ndindex(*box):
    place = (numpy.array(index) + first) * size
    positions[(slice(None),) + index] = centre + (matrix @ place + field(place)) / size

numpy.save(HERE / "source.npy", source)
numpy.save(HERE / "labels.npy", labels)
numpy.save(HERE / "matrix.npy", matrix.reshape(9))
numpy.save(HERE / "shifts.npy", shifts)
numpy.save(HERE / "positions.npy", positions)
numpy.save(HERE / "linear.npy", scipy.ndimage.map_coordinates(source.astype(numpy.float64), positions, order=1, mode="nearest"))
nearest = numpy.clip(numpy.floor(positions + 0.5).astype(int), 0, (numpy.array(labels.shape) - 1).reshape(3, 1, 1, 1))
numpy.save(HERE / "nearest.npy", labels[tuple(nearest)])
