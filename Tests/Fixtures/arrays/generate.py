"""What NumPy says of small arrays: numpy.txt, read by Tests/ArraysTests/NumpyTests.swift. Run with numpy >= 2: python generate.py

One case a line, tab-separated: dtype, values, percentiles at 0, 1, 37.5, 50, 99, 100, counts in bins from LOW to HIGH, distinct values, their counts,
population standard deviation (of float64, by math.fsum). Values are the bits of float64, in hexadecimal, which holds each of them.
"""
import math, struct
from fractions import Fraction
import numpy as np

rng = np.random.default_rng(5)
LOW, HIGH, BINS = -4.0, 9.0, 6
hexes = lambda values: " ".join(struct.pack(">d", float(v)).hex() for v in values)
lines = []
for dtype in ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]:
    for count in [1, 2, 3, 7, 31]:
        if dtype == "bool":
            a = rng.integers(0, 2, count).astype(bool)
        elif dtype[0] == "f":
            a = (rng.standard_normal(count) * 4).astype(dtype)
            a[rng.random(count) < 0.3] = dtype == "float16" or 2.5
        else:
            a = rng.integers(0 if dtype[0] == "u" else -9, 10, count).astype(dtype)
        x = a.astype(np.float64)
        values, counts = np.unique(x, return_counts=True)
        mean = sum(map(Fraction, map(float, x))) / count
        std = math.sqrt(sum((Fraction(float(v)) - mean) ** 2 for v in x) / count)
        histogram = np.histogram(x, bins=BINS, range=(LOW, HIGH))[0]
        fields = [hexes(x), hexes(np.percentile(x, [0, 1, 37.5, 50, 99, 100])), " ".join(map(str, histogram)), hexes(values), " ".join(map(str, counts)), hexes([std])]
        lines.append("\t".join([dtype] + fields))
with open("numpy.txt", "w") as f:
    f.write("\n".join(lines) + "\n")
