"""Writes the fixtures of TrainingTests: a warped volume and warped labels, made by numpy and scipy in float64.

    python3 -m venv venv && venv/bin/pip install numpy scipy && venv/bin/python generate.py

A voxel p of the box (z, y, x) is read at  centre + matrix · (p + first) + field(p + first), lengths in nm and the result in voxels;
the field is the tensor product of cubic splines through control points, mirrored at the outer ones.
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


def field(place):
    """nm around the centre to a displacement in nm: the cubic splines through the control points."""
    points = numpy.array(shifts.shape[1:])
    at = numpy.clip(place / spacing + 0.5 * (points - 1), 0, points - 1)
    return numpy.array([scipy.ndimage.map_coordinates(s.astype(numpy.float64), at.reshape(3, 1), order=3, mode="mirror")[0] for s in shifts])


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
