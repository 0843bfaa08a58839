"""Random volumes and how they reach dcs: values, voxel sizes, and views made inside the script."""
import os, random
from decimal import Decimal
from fractions import Fraction
import numpy as np
from scipy import ndimage

LENGTHS = [1, 1, 2, 2, 3, 3, 4, 5, 7, 8, 11, 13, 16, 17, 19, 23, 29, 31, 37, 40]
VOXELS = ["1", "4", "8", "40", "0.5", "3.3", "4.56", "5.24", "2.008", "12"]
INTS = ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"]
ALL = ["bool"] + INTS + ["float32", "float64"]
AXES = "zyx"


def coord(numbers, unit=""):
    return "(" + ", ".join(map(str, numbers)) + ("," if len(numbers) == 1 else "") + ")" + unit


def decimal(fraction):
    """A fraction of finite decimals as text."""
    text = format(Decimal(fraction.numerator) / Decimal(fraction.denominator), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class Want:
    def __init__(self, file, expected=None, compare=None, twin=None):
        self.file, self.expected, self.compare, self.twin = file, expected, compare, twin


class Case:
    """One case of a word: random choices, the lines of dcs that make its results, and what these should be."""

    def __init__(self, word, number, seed, folder):
        self.word, self.number, self.folder = word, number, folder
        self.random = random.Random(f"{seed}/{word}/{number}")
        self.g = np.random.default_rng(self.random.getrandbits(64))
        self.lines, self.wants, self.refused, self.arrays = [], [], None, 0

    # Choices

    def pick(self, *choices):
        return self.random.choice(choices)

    def shape(self, ranks=(2, 3, 3), limit=4000, empty=True):
        while True:
            shape = tuple(self.random.choice(LENGTHS) for _ in range(self.random.choice(ranks)))
            if empty and self.random.random() < 0.04:
                shape = shape[:-1] + (0,) if self.random.random() < 0.5 else (0,) + shape[1:]
            if np.prod(shape) <= limit:
                return shape

    def voxel(self, rank):
        """Voxel sizes as exact fractions, or nothing: then lengths are voxels."""
        if self.random.random() < 0.25:
            return None
        if self.random.random() < 0.2:
            return (Fraction(self.random.choice(VOXELS)),) * rank
        return tuple(Fraction(self.random.choice(VOXELS)) for _ in range(rank))

    def mask(self, shape, dtype=None):
        g, kind = self.g, self.pick("sparse", "half", "dense", "blobs", "blobs", "shells", "none", "all", "one", "but one")
        if kind in ("blobs", "shells"):
            field = ndimage.gaussian_filter(g.standard_normal(shape), self.pick(0.7, 1.0, 2.0)) if np.prod(shape) else np.zeros((1,))
            m = field > 0 if kind == "blobs" else np.abs(field) < field.std() * 0.6
            m = m if m.size > 1 or np.prod(shape) else np.zeros(shape, bool)
        else:
            m = g.random(shape) < {"sparse": 0.08, "half": 0.5, "dense": 0.9, "none": 0, "all": 1, "one": 0, "but one": 1}[kind]
        m = np.array(m, bool)
        if kind in ("one", "but one") and m.size:
            m[tuple(int(g.integers(0, n)) for n in shape)] = kind == "one"
        return m.astype(dtype or "bool")

    def labels(self, shape, dtype=None, ids=None):
        """Blobs or noise of a few ids, 0 among them, as far apart as the type can hold."""
        dtype = np.dtype(dtype or self.random.choice(["bool"] + INTS))
        if dtype == bool:
            return self.mask(shape)
        info, g = np.iinfo(dtype), self.g
        count = self.pick(1, 2, 3, 5, 9) if ids is None else ids
        pool = sorted({0, 1, int(info.max), int(info.max) - 1} | {self.random.randint(1, min(int(info.max), self.pick(9, 200, 2**63))) for _ in range(count)})
        chosen = [0] + self.random.sample(pool[1:], min(count, len(pool) - 1))
        if self.random.random() < 0.3 or not np.prod(shape):
            index = g.integers(0, len(chosen), shape)
        else:
            field = ndimage.gaussian_filter(g.standard_normal(shape), self.pick(0.7, 1.2, 2.5))
            index = np.digitize(field, np.quantile(field, np.linspace(0, 1, len(chosen) + 1)[1:-1]))
        values = np.array([np.array(c, dtype) for c in g.permutation(np.array(chosen, object))], dtype)[index]
        kind = self.pick("", "", "", "", "", "none", "all", "one")
        if kind == "none":
            values[...] = 0
        elif kind == "all":
            values[values == 0] = chosen[-1]
        elif kind == "one" and values.size:
            values[...] = 0
            values[tuple(int(g.integers(0, n)) for n in shape)] = chosen[-1]
        return values

    def grey(self, shape, dtype=None):
        """Values of a type without NaN: all of its range, a few of them, or smooth."""
        dtype, g = np.dtype(dtype or self.random.choice(ALL)), self.g
        if dtype == bool:
            return self.mask(shape)
        kind = self.pick("any", "few", "smooth", "constant")
        if kind == "few":
            return g.integers(0, 4, shape).astype(dtype)
        if kind == "constant":
            return np.full(shape, 7, dtype)
        if dtype.kind == "f":
            values = g.standard_normal(shape) * self.pick(1e-3, 1, 100)
            return (ndimage.gaussian_filter(values, 1) if kind == "smooth" and values.size else values).astype(dtype)
        info = np.iinfo(dtype)
        return g.integers(info.min, info.max, shape, dtype=dtype, endpoint=True) if kind == "any" else g.integers(0, 100, shape).astype(dtype)

    def all_different(self, shape, low=0.0, high=1.0, dtype=np.float32):
        """Values of a grid in random order; none is 0, no two are equal or opposite."""
        count = int(np.prod(shape))
        values = np.linspace(low, high, 2 * count + 3)[1:-1]
        values = values[np.abs(values) > 1e-9]
        if low < 0:   # opposite ones: every other place of the grid, by the sign
            step = (high - low) / (2 * count + 2)
            place = np.round((values - low) / step).astype(int)
            values = values[place % 2 == (values > 0)]
        values = self.g.permutation(values)[:count].astype(dtype)
        assert len(np.unique(np.abs(values))) == count
        return values.reshape(shape)

    # The script

    def array(self, values, voxel=None, axes=None):
        """Saves an array and says in the script how to get it; returns its name there. `axes` names those before space."""
        self.arrays += 1
        name, file = "abcdefgh"[self.arrays - 1], f"{self.number}_{self.arrays}.npy"
        before = axes or ""
        axes = before + AXES[len(AXES) - (values.ndim - len(before)):]
        sizes = list(voxel) if voxel else None
        way = self.pick("plain", "plain", "memory", "fortran", "transpose", "stride", "flip", "flip word", "crop", "zarr")
        base, index, tail, begins = values, None, "", None
        self.steps = [1] * (values.ndim - len(before))   # of the last array, along the axes of space
        space = range(len(before), values.ndim)
        if way == "transpose" and len(space) > 1:
            order = list(space)
            self.random.shuffle(order)
            order = list(range(len(before))) + order
            base = values.transpose(order)
            sizes = [sizes[o - len(before)] for o in order[len(before):]] if sizes else None
            names = ", ".join(f'"{a}"' for a in axes)
            tail = f"transpose({{}}, [{names}])"
            axes = "".join(axes[o] for o in order)
        elif way == "stride":
            steps = [1] * len(before) + [self.pick(1, 2, 2) for _ in space]
            self.steps = steps[len(before):]
            begins = [self.random.randint(0, s - 1) for s in steps]
            full = [b + s * n + self.random.randint(0, 2) for b, s, n in zip(begins, steps, values.shape)]
            base = self.filler(full, values.dtype)
            base[tuple(slice(b, b + s * n, s) for b, s, n in zip(begins, steps, values.shape))] = values
            sizes = [v / s for v, s in zip(sizes, steps[len(before):])] if sizes else None
            index = ", ".join(f"{b}:{b + s * (n - 1) + 1 if n else b}:{s}" for b, s, n in zip(begins, steps, values.shape))
        elif way == "flip":
            signs = [1] * len(before) + [self.pick(1, -1) for _ in space]
            base = values[tuple(slice(None, None, s) for s in signs)]
            index = ", ".join("::-1" if s < 0 else ":" for s in signs)
        elif way == "flip word":
            axis = self.pick(*axes[len(before):])
            base = np.flip(values, axes.index(axis))
            tail = f'flip({{}}, "{axis}")'
        elif way == "crop":
            begins = [0] * len(before) + [self.random.randint(0, 3) for _ in space]
            base = self.filler([b + n + (self.random.randint(0, 3) if i >= len(before) else 0) for i, (b, n) in enumerate(zip(begins, values.shape))], values.dtype)
            box = tuple(slice(b, b + n) for b, n in zip(begins, values.shape))
            base[box] = values
            index = ", ".join(f"{b.start}:{b.stop}" for b in box)
        np.save(os.path.join(self.folder, file), np.asfortranarray(base) if way == "fortran" else np.ascontiguousarray(base))
        given = [f'"{file}"', f'axes="{axes}"'] + ([f"voxel={coord([decimal(v) for v in sizes], 'nm')}"] if sizes else [])
        if sizes and begins:   # so that the view begins at 0, as the others of its case do
            given.append(f"offset={coord([decimal(-b * v) for b, v in zip(begins[len(before):], sizes)], 'nm')}")
        text = f"open({', '.join(given)})"
        if way != "plain" and way != "zarr" and self.random.random() < 0.7:
            text = f"read({text})"
        self.lines.append(f"{name} = {text}")
        if tail:
            self.lines.append(f"{name} = {tail.format(name)}")
        elif index:
            self.lines.append(f"{name} = {name}[{index}]")
        elif way == "zarr" and values.size:
            chunks = coord([self.random.randint(1, max(1, n)) for n in values.shape])
            self.lines.append(f'{name} = save({name}, "{{out}}/{self.number}_{self.arrays}.zarr/a", chunks={chunks}, codec="raw")')
        return name

    def filler(self, shape, dtype):
        """What lies around a view: never to be seen."""
        return self.g.integers(0, 2 if dtype == bool else 100, shape).astype(dtype)

    def want(self, expression, expected, compare, kind="npy"):
        file = f"{self.number}_{len(self.wants)}.{kind}"
        self.lines.append(f'save({expression}, "{{out}}/{file}")')
        self.wants.append(Want(file, expected, compare))

    def twin(self, call, shape, block=True):
        """The last wanted call again with `to`, which must give the same bytes."""
        if not np.prod(shape):
            return
        before, file = self.wants[-1].file, f"{self.number}_{len(self.wants)}.npy"
        cut = f", block={coord([self.random.randint(1, n) for n in shape])}" if block and self.random.random() < 0.9 and np.prod(shape) < 1500 else ""
        if not cut and block:
            cut = f", block={coord([max(1, n // 2) for n in shape])}"
        self.lines.append(f'save({call[:-1]}, to="{{out}}/{self.number}.zarr/t{len(self.wants)}"{cut}), "{{out}}/{file}")')
        self.wants.append(Want(file, twin=before))
