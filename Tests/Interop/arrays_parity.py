"""The array words beside NumPy: every dtype, shapes of 0 to 5 axes (0, 1, 2, 3 and prime lengths), views, NaN and infinities.

Run: python arrays_parity.py --dcs PATH [--count 200] [--seed 1] [--word NAME] [--keep FOLDER]        (numpy)

For each word `count` random cases are written as .npy; one dcs runs them all; values, shapes and types must be equal to the bit but where a tolerance
is said below. What differs from NumPy on purpose (docs/reference.md, types) is written here as the rule itself:
  types      8- and 16-bit ints reckon in int32, wider ones in int64 (all unsigned: uint64); int64 with uint64 is an error; `/` of small ints is float32
  overflow   an error, as are x // 0 and x % 0 of ints
  numbers    a float beside a float32 array does not widen it; an int that fits makes no wider type than the array's class
  compare    exact: 2**64 - 1 is no float
  std        population, from exact sums: compared with math.fsum
  % and //   of floats in float64, rounded once
  unique     NaN once, last; -0 is 0
  empty      sum is 0, mean, std, min and max are errors
  percentile beside an infinity the infinity, where numpy's interpolation makes NaN of it
A case is made from (seed, word, number) alone.
"""
import argparse, json, math, os, random, shutil, subprocess, sys, tempfile
from fractions import Fraction
import numpy as np

np.seterr(all="ignore")
INTS = ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"]
FLOATS = ["float16", "float32", "float64"]
DTYPES = ["bool"] + INTS + FLOATS
AXES = {1: "x", 2: "yx", 3: "zyx", 4: "czyx"}
f32, f64 = np.float32, np.float64


class Expected(Exception):
    """An error that dcs must report, with a part of its message."""


class Unknown(Exception):
    """NumPy has no answer to compare with."""


class Case:
    def __init__(self, word, number, seed, folder):
        self.r = random.Random(f"{seed}/{word}/{number}")
        self.g = np.random.default_rng(self.r.getrandbits(32))
        self.name, self.folder, self.files = f"{word}{number}", folder, 0

    def shape(self, ranks=(1, 1, 2, 3, 3, 3, 4, 5), edges=(0, 1, 1, 2, 3, 3, 5, 7, 11, 13, 31), most=3000):
        while True:
            shape = tuple(self.r.choice(edges) for _ in range(self.r.choice(ranks)))
            if np.prod(shape) <= most and (0 not in shape or self.r.random() < 0.3):
                return shape

    def values(self, dtype, shape, kind=None):
        """Small numbers, numbers at the ends of the type, or any."""
        r, g, dtype = self.r, self.g, np.dtype(dtype)
        kind = kind or r.choice(["small", "small", "any", "ends"])
        if dtype == bool:
            return g.integers(0, 2, shape).astype(bool)
        if dtype.kind == "f":
            a = (g.standard_normal(shape) * {"small": 3, "any": 1e3, "ends": 1e4}[kind]).astype(dtype)
            if kind == "small" and r.random() < 0.5:
                a = np.round(a)
            if kind != "small" or r.random() < 0.2:
                for special in [np.nan, np.inf, -np.inf, -0.0]:
                    if r.random() < 0.5:
                        a = np.where(g.random(shape) < 0.03, dtype.type(special), a)
            return a.astype(dtype)
        info = np.iinfo(dtype)
        if kind == "small":
            return g.integers(max(-9, info.min), 10, shape).astype(dtype)
        if kind == "any":
            return g.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
        low = g.integers(0, 2, shape).astype(bool)
        return np.where(low, info.min + g.integers(0, 3, shape).astype(dtype), info.max - g.integers(0, 3, shape).astype(dtype)).astype(dtype)

    def open(self, a):
        """An expression of dcs for an array, on disk or in memory."""
        path = os.path.join(self.folder, f"{self.name}_{self.files}.npy")
        self.files += 1
        np.save(path, a)
        return f'open("{path}")' if self.r.random() < 0.5 else f'read(open("{path}"))'

    def view(self, *arrays):
        """The same view of several arrays of one shape: expressions and values."""
        texts, r = [self.open(a) for a in arrays], self.r
        values, rank = list(arrays), arrays[0].ndim
        for _ in range(r.choice([0, 0, 1, 1, 2])):
            kind = r.choice(["transpose", "flip", "slice"])
            if kind == "transpose":
                order = r.sample(range(rank), rank)
                texts, values = [f"transpose({t}, {order})" for t in texts], [v.transpose(order) for v in values]
            elif kind == "flip":
                axis = r.randrange(rank)
                texts, values = [f"flip({t}, {axis})" for t in texts], [np.flip(v, axis) for v in values]
            else:
                text, index = zip(*[self.slice(n) for n in values[0].shape])
                texts, values = [f"{t}[{', '.join(text)}]" for t in texts], [v[index] for v in values]
        return texts, values

    def slice(self, n):
        r = self.r
        begin, end = sorted((r.randint(0, n), r.randint(0, n)))
        return r.choice([(":", slice(None)), (":", slice(None)), (f"{begin}:{end}", slice(begin, end)), ("::2", slice(None, None, 2)), (f"{begin}::3", slice(begin, None, 3))])


# MARK: Types


def small(d): return d in ("bool", "uint8", "int8", "uint16", "int16")
def real(d): return "float32" if small(d) or d in ("float16", "float32") else "float64"


def arithmetic(a, b):
    if a in FLOATS or b in FLOATS:
        return "float64" if "float64" in (real(a), real(b)) else "float32"
    if small(a) and small(b):
        return "int32"
    if "uint64" not in (a, b):
        return "int64"
    if all(d == "bool" or d[0] == "u" for d in (a, b)):
        return "uint64"
    if "int64" in (a, b):
        raise Expected("int64")
    return "int64"


def common(a, b):
    if a == b:
        return a
    if a in FLOATS and b in FLOATS:
        return max(a, b)
    if a in FLOATS or b in FLOATS:
        return arithmetic(a, b)
    low, high = min(bounds(a)[0], bounds(b)[0]), max(bounds(a)[1], bounds(b)[1])
    for d in ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]:
        if bounds(d)[0] <= low and bounds(d)[1] >= high:
            return d
    raise Expected("int64")


def bounds(d): return (0, 1) if d == "bool" else (int(np.iinfo(d).min), int(np.iinfo(d).max))


def integers(a): return np.array([int(x) for x in a.ravel()], object).reshape(a.shape)


def fitted(values, dtype, what):
    low, high = bounds(dtype)
    flat = values.ravel()
    if any(v < low or v > high for v in flat):
        raise Expected(what)
    return np.array([int(v) for v in flat], dtype).reshape(values.shape)


# MARK: Words: each gives an expression, the value expected, and a tolerance in units of the last place (None: to the bit)


def arithmetic_case(c):
    op = c.r.choice(["+", "-", "*", "/", "//", "%"])
    da, db = c.r.choice(DTYPES), c.r.choice(DTYPES)
    shape = c.shape()
    (ta, tb), (a, b) = c.view(c.values(da, shape), c.values(db, shape))
    if c.r.random() < 0.3:   # a number on one side
        number = c.r.choice([0, 1, 2, 3, -1, 7, 100, 0.5, -2.25, 3.0])
        if c.r.random() < 0.5:
            return f"{ta} {op} ({number})", lambda: binary(op, a, da, number, None), None
        return f"({number}) {op} {ta}", lambda: binary(op, number, None, a, da), None
    return f"{ta} {op} {tb}", lambda: binary(op, a, da, b, db), None


def binary(op, a, da, b, db):
    if da is None or db is None:
        array, number = (da, b) if db is None else (db, a)
        shape = np.shape(a) if db is None else np.shape(b)
        if array in FLOATS or isinstance(number, float):
            d = real(array)
        elif array == "uint64":
            d = "uint64"
        else:
            d = "int32" if small(array) else "int64"
        if op == "/":
            d = "float32" if small(array) or array in ("float16", "float32") else "float64"
        if d == "uint64" and number < 0 and (op == "+" or (op == "-" and db is None)):   # taken from the other side, where it is positive
            op, a, number = ("-" if op == "+" else "+"), (a if db is None else b), -number
            b, db = number, None
        if d[0] != "f" and not bounds(d)[0] <= number <= bounds(d)[1]:
            raise Expected("not fit")
        full = np.full(shape, number, d)
        a, b = (a, full) if db is None else (full, b)
    else:
        d = ("float32" if all(small(x) or x in ("float16", "float32") for x in (da, db)) else "float64") if op == "/" else arithmetic(da, db)
    if d[0] != "f":
        if d == "int64" and "uint64" in (da, db):   # labels beside a small signed type are checked first
            fitted(integers(a if da == "uint64" else b), d, "not fit")
        x, y = integers(a), integers(b)
        if op in ("//", "%") and (y == 0).any() and y.size:
            raise Expected("zero")
        r = {"+": lambda: x + y, "-": lambda: x - y, "*": lambda: x * y, "//": lambda: x // y, "%": lambda: x % y}[op]()
        return fitted(r, d, "overflow")
    x, y = a.astype(d), b.astype(d)
    if op in ("//", "%"):
        x, y = x.astype(f64), y.astype(f64)
        return (np.floor_divide(x, y) if op == "//" else np.remainder(x, y)).astype(d)
    return {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}[op](x, y)


def power_case(c):
    d = c.r.choice(INTS + FLOATS)
    shape = c.shape()
    (ta,), (a,) = c.view(c.values(d, shape, "small"))
    n = c.r.choice([0, 1, 2, 3, 5, 0.5, -1, 2.0])

    def expected():
        if d in FLOATS or isinstance(n, float) or n < 0:
            t = real(d)
            return np.power(a.astype(t), np.full(a.shape, n, t))   # of a number numpy makes a square root, to which -inf is NaN and not inf
        t = "int32" if small(d) else "uint64" if d == "uint64" else "int64"
        return fitted(integers(a) ** n, t, "overflow")
    return f"{ta} ** ({n})", expected, 4


def extremes_case(c):
    op = c.r.choice(["minimum", "maximum"])
    da, db, shape = c.r.choice(DTYPES), c.r.choice(DTYPES), c.shape()
    (ta, tb), (a, b) = c.view(c.values(da, shape), c.values(db, shape))

    def expected():
        d = common(da, db)
        if d[0] == "f":
            return getattr(np, op)(a.astype(d), b.astype(d))
        x, y = integers(a), integers(b)
        return np.array(np.where(x < y, x, y) if op == "minimum" else np.where(x > y, x, y)).astype(d)
    return f"{op}({ta}, {tb})", expected, None


def compare_case(c):
    op = c.r.choice(["==", "!=", "<", "<=", ">", ">="])
    da, db, shape = c.r.choice(DTYPES), c.r.choice(DTYPES), c.shape()
    (ta, tb), (a, b) = c.view(c.values(da, shape), c.values(db, shape))
    scalar = c.r.random() < 0.4
    if scalar:
        b = c.r.choice([0, 1, 3, -1, 255, 256, 2**31, 2**63, 2**64 - 1, 0.5, 1.0, -0.5, 1e30, 254.5])
        tb = f"({b})"
    name = {"==": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}[op]

    def exact(v):
        v = v.item() if isinstance(v, np.generic) else v
        return v if isinstance(v, float) and (math.isnan(v) or math.isinf(v)) else Fraction(v)

    def one(x, y):
        x, y = exact(x), exact(y)
        if isinstance(x, float) or isinstance(y, float):
            x, y = float(x), float(y)
        return getattr(x, name)(y)
    return f"{ta} {op} {tb}", lambda: np.array([one(x, b if scalar else y) for x, y in zip(a.ravel(), a.ravel() if scalar else b.ravel())], bool).reshape(a.shape), None


def unary_case(c):
    f = c.r.choice(["-", "abs", "sqrt", "exp", "log", "tanh", "sigmoid", "round", "floor", "ceil", "isnan"])
    d, shape = c.r.choice(INTS + FLOATS), c.shape()
    (ta,), (a,) = c.view(c.values(d, shape))

    def expected():
        if f in ("round", "floor", "ceil"):
            return {"round": np.rint, "floor": np.floor, "ceil": np.ceil}[f](a.astype(real(d))) if d in FLOATS else a
        if f == "isnan":
            return np.isnan(a) if d in FLOATS else np.zeros(a.shape, bool)
        if f in ("-", "abs"):
            if d in FLOATS:
                return (np.negative if f == "-" else np.abs)(a.astype(real(d)))
            if f == "abs" and d[0] == "u":
                return a
            x = integers(a)
            return fitted(-x if f == "-" else np.abs(x), "int32" if small(d) else "int64", "overflow")
        x = a.astype(real(d)).astype(f64)
        return {"sqrt": np.sqrt, "exp": np.exp, "log": np.log, "tanh": np.tanh, "sigmoid": lambda v: 1 / (1 + np.exp(-v))}[f](x).astype(real(d))
    return (f"-{ta}" if f == "-" else f"{f}({ta})"), expected, None if f in ("-", "abs", "sqrt", "round", "floor", "ceil", "isnan") else 2


def where_case(c):
    da, db, shape = c.r.choice(DTYPES), c.r.choice(DTYPES), c.shape()
    (tm, ta, tb), (m, a, b) = c.view(c.values("bool", shape), c.values(da, shape), c.values(db, shape))
    return f"where({tm}, {ta}, {tb})", lambda: np.where(m, a.astype(common(da, db)), b.astype(common(da, db))), None


def misfits(bad, count, d): return f"{bad:,} of {count:,} values {'does' if bad == 1 else 'do'} not fit {d}"


def cast_case(c):
    da, db, clip, shape = c.r.choice(DTYPES), c.r.choice(DTYPES), c.r.random() < 0.5, c.shape()
    (ta,), (a,) = c.view(c.values(da, shape))

    def expected():
        if db in FLOATS:
            r = a.astype(db)
            lost = np.isinf(r) & np.isfinite(a) if da != "bool" else np.zeros(a.shape, bool)
            if lost.any() and not clip:
                raise Expected(misfits(int(lost.sum()), a.size, db))
            return np.where(lost, np.where(a > 0, np.finfo(db).max, -np.finfo(db).max), r).astype(db)
        low, high = bounds(db)
        values, bad = [], 0
        for x in a.ravel():
            if da in FLOATS and math.isnan(x):
                bad += 1
                continue
            v = float(x) if da in FLOATS and math.isinf(x) else round(float(x)) if da in FLOATS else int(x)
            fits = low <= v <= high
            bad += not fits and not clip
            values.append(int(min(max(v, low), high)) if fits or clip else 0)
        if bad:
            raise Expected(misfits(bad, a.size, db))
        return np.array(values, db).reshape(a.shape)
    return f"cast({ta}, {db}, clip={str(clip).lower()})", expected, None


def reduce_case(c):
    f, d = c.r.choice(["sum", "mean", "std", "min", "max"]), c.r.choice(DTYPES)
    shape = c.shape(most=6000)
    (ta,), (a,) = c.view(c.values(d, shape))

    def expected():
        if a.size == 0 and f != "sum":
            raise Expected("no values")
        if d in FLOATS:
            flat = [float(x) for x in a.ravel()]
            if f in ("min", "max"):
                return float(getattr(np, f)(a))
            if not np.isfinite(a).all():
                return float("nan") if f == "std" else float(np.sum(a.astype(f64)))
            if f == "sum":
                return math.fsum(flat)
            mean = math.fsum(flat) / len(flat)
            if f == "mean":
                return mean
            exact = sum(map(Fraction, flat)) / len(flat)
            return math.sqrt(sum((Fraction(x) - exact) ** 2 for x in flat) / len(flat))
        flat = [int(x) for x in a.ravel()]
        if f == "sum":
            return sum(flat)
        if f in ("min", "max"):
            return bool(getattr(np, f)(a)) if d == "bool" else {"min": min, "max": max}[f](flat)
        exact = Fraction(sum(flat), len(flat))
        return float(exact) if f == "mean" else math.sqrt(sum((x - exact) ** 2 for x in flat) / len(flat))
    return f"{f}({ta})", expected, 2


def truth_case(c):
    f, shape = c.r.choice(["any", "all", "count"]), c.shape()
    (ta,), (a,) = c.view(c.values("bool", shape) if c.r.random() < 0.5 else np.full(shape, c.r.random() < 0.5))
    return f"{f}({ta})", lambda: int(a.sum()) if f == "count" else bool(getattr(a, f)()), None


def stats_case(c):
    d, shape = c.r.choice(DTYPES), c.shape()
    (ta,), (a,) = c.view(c.values(d, shape))
    names = ["count", "nan", "inf", "min", "max", "p1", "median", "p99"]

    def expected():
        x = a.astype(f64)
        ok = x[np.isfinite(x)]
        p = [float(np.percentile(ok, q)) for q in (1, 50, 99)] if ok.size else [math.nan] * 3
        ends = [float(ok.min()), float(ok.max())] if ok.size else [math.nan, math.nan]
        return [a.size, int(np.isnan(x).sum()), int(np.isinf(x).sum())] + ends + p
    return "[" + ", ".join(f"s.{n}" for n in names) + "]", expected, "scale", f"s = stats({ta})"


def percentile_case(c):
    d, shape = c.r.choice(DTYPES), c.shape()
    (ta,), (a,) = c.view(c.values(d, shape))
    ps = [c.r.choice([0, 100, 50, 1, 99, c.r.uniform(0, 100)]) for _ in range(3)]

    def expected():
        x = a.astype(f64).ravel()
        if x.size == 0 or np.isnan(x).any():
            return [math.nan] * 3
        low, high = ([float(np.percentile(x, p, method=m)) for p in ps] for m in ("lower", "higher"))
        return [l if l == h else float(np.percentile(x, p)) if np.isfinite(l) and np.isfinite(h) else l + (h - l) * 0.5 for l, h, p in zip(low, high, ps)]
    return f"percentile({ta}, {ps})", expected, "scale"


def histogram_case(c):
    d, shape, bins = c.r.choice(DTYPES), c.shape(), c.r.choice([1, 2, 3, 7, 10, 64, 255])
    (ta,), (a,) = c.view(c.values(d, shape))
    given = c.r.random() < 0.5
    low, high = sorted((c.r.uniform(-5, 5), c.r.choice([c.r.uniform(0, 300), 7.0])))
    text = f", low={low}, high={high}" if given else ""

    def expected():
        x = a.astype(f64).ravel()
        x = x[np.isfinite(x)]
        if x.size == 0 and not given:
            return [0] * bins
        try:
            counts, edges = np.histogram(x, bins=bins, range=(low, high) if given else None)
        except ValueError:   # "too many bins for data range": numpy has no answer
            raise Unknown()
        return [int(n) for n in counts]
    return f"histogram({ta}, bins={bins}{text}).count", expected, None


def unique_case(c):
    d, shape = c.r.choice(DTYPES), c.shape()
    (ta,), (a,) = c.view(c.values(d, shape))

    def expected():
        values, counts = np.unique(a, return_counts=True)
        return [bool(v) if d == "bool" else float(v) if d in FLOATS else int(v) for v in values] + [int(n) for n in counts]
    return "u.value + u.count", expected, None, f"u = unique({ta}, counts=true)"


def join_case(c):
    da, db, shape = c.r.choice(DTYPES), c.r.choice(DTYPES), c.shape(ranks=(1, 2, 3, 3))
    (ta, tb), (a, b) = c.view(c.values(da, shape), c.values(db, shape))
    if c.r.random() < 0.5:
        axis = c.r.randrange(a.ndim)
        return f"concat({ta}, {tb}, axis={axis})", lambda: np.concatenate([a.astype(common(da, db)), b.astype(common(da, db))], axis), None
    return f"stack({ta}, {tb}, axis=\"n\")", lambda: np.stack([a.astype(common(da, db)), b.astype(common(da, db))]), None


def pad_case(c):
    d, shape, mode = c.r.choice(DTYPES), c.shape(ranks=(1, 2, 3, 3), most=600), c.r.choice(["constant", "edge", "reflect", "symmetric"])
    (ta,), (a,) = c.view(c.values(d, shape))
    before, after = ([c.r.choice([0, 1, 2, 5, 9]) for _ in a.shape] for _ in range(2))
    by = lambda n: f"({n[0]}, {n[1]}, {n[2]})" if len(n) == 3 else f"({n[0]}, {n[1]})" if len(n) == 2 else str(n[0])

    def expected():
        if mode != "constant" and 0 in a.shape:
            raise Expected("no values")
        return np.pad(a, list(zip(before, after)), mode=mode)
    return f"pad({ta}, before={by(before)}, after={by(after)}, mode=\"{mode}\")", expected, None


def layout_case(c):
    d, shape = c.r.choice(DTYPES), c.shape()
    a = c.values(d, shape)
    texts, values = c.view(a)
    (t2,), (v2,) = texts, values
    kind = c.r.choice(["view", "flip", "transpose", "reshape"])
    if kind == "flip":
        axes = c.r.sample(range(v2.ndim), c.r.randint(1, v2.ndim))
        return f"flip({t2}, {axes})", lambda: np.flip(v2, axes), None
    if kind == "transpose":
        return f"transpose({t2})", lambda: v2.transpose(), None
    if kind == "reshape":
        return f"reshape({t2}, {v2.size})", lambda: v2.reshape(-1), None
    return t2, lambda: v2, None


def resample_case(c):
    """Blocks: what is left over at an end is dropped. Means of ints are rounded half to even; of floats they are of doubles."""
    d, shape = c.r.choice(DTYPES), c.shape(ranks=(2, 3, 3), edges=(2, 3, 5, 7, 11, 13), most=1500)
    method = c.r.choice(["mean", "mode", "linear", "nearest"])
    up = c.r.random() < 0.4
    if method == "mode" or method == "mean":
        up = up and method == "mode"
    if method == "linear":
        up = True
    if method == "nearest":
        up = True
    if d == "bool" and method == "mean" or d in FLOATS and method == "mode":
        d = "uint8"
    a = c.values(d, shape, "small")
    factor = [c.r.choice([1, 2, 2, 3]) for _ in shape]
    path = os.path.join(c.folder, f"{c.name}.npy")
    np.save(path, a)
    old = [6 * f if up else 6 for f in factor]
    new = [6 if up else 6 * f for f in factor]
    coord = lambda n: "(" + ", ".join(map(str, n)) + ")nm"
    text = f"resample(open(\"{path}\", voxel={coord(old)}), voxel={coord(new)}, method=\"{method}\")"

    def expected():
        if up and method in ("mode", "nearest"):
            r = a
            for axis, f in enumerate(factor):
                r = np.repeat(r, f, axis)
            return r
        if up:
            r = a.astype(f64)
            for axis, f in enumerate(factor):
                n = r.shape[axis]
                at = np.clip((np.arange(n * f) + 0.5) / f - 0.5, 0, n - 1)
                low = np.floor(at).astype(int)
                high = np.minimum(low + 1, n - 1)
                share = (at - low).reshape([-1 if i == axis else 1 for i in range(r.ndim)])
                x, y = np.take(r, low, axis), np.take(r, high, axis)
                r = np.where(share == 0, x, x + share * (y - x))
            return r if all(f == 1 for f in factor) is False else a
        cut = a[tuple(slice(0, n // f * f) for n, f in zip(a.shape, factor))]
        inner = cut.reshape([v for n, f in zip(cut.shape, factor) for v in (n // f, f)])
        blocks = np.moveaxis(inner, list(range(1, 2 * a.ndim, 2)), list(range(a.ndim, 2 * a.ndim))).reshape([n // f for n, f in zip(cut.shape, factor)] + [int(np.prod(factor))])
        if method == "mean":
            if d in FLOATS:
                return blocks.astype(f64).mean(-1).astype(d)
            return np.array([round(Fraction(int(sum(map(int, b))), len(b))) for b in blocks.reshape(int(np.prod(blocks.shape[:-1])), blocks.shape[-1])], d).reshape(blocks.shape[:-1])
        out = []
        for b in blocks.reshape(int(np.prod(blocks.shape[:-1])), blocks.shape[-1]):   # most frequent; ties: not 0, then the smallest
            values, counts = np.unique(b, return_counts=True)
            best = values[counts == counts.max()]
            other = best[best != 0]
            out.append((other if len(other) else best)[0])
        return np.array(out, d).reshape(blocks.shape[:-1])
    return text, expected, ("linear" if method == "linear" else "sum" if method == "mean" and d in FLOATS else None)


WORDS = dict(arithmetic=arithmetic_case, power=power_case, extremes=extremes_case, compare=compare_case, unary=unary_case, where=where_case, cast=cast_case, reduce=reduce_case,
             truth=truth_case, stats=stats_case, percentile=percentile_case, histogram=histogram_case, unique=unique_case, join=join_case, pad=pad_case, layout=layout_case, resample=resample_case)


# MARK: Comparing


def number(text):
    text = text.strip()
    return {"true": True, "false": False, "nil": None, "nan": math.nan, "inf": math.inf, "-inf": -math.inf}.get(text, None) if text in ("true", "false", "nil", "nan", "inf", "-inf") else (
        float(text) if any(ch in text for ch in ".e") else int(text))


def near(x, y, tolerance, scale=0.0):
    if isinstance(x, list) or isinstance(y, list):
        if not (isinstance(x, list) and isinstance(y, list) and len(x) == len(y)):
            return False
        finite = [abs(v) for v in y if isinstance(v, (int, float)) and math.isfinite(v)]
        return all(near(a, b, tolerance, max(finite, default=0.0)) for a, b in zip(x, y))
    if x is None or y is None or isinstance(x, bool) or isinstance(y, bool):
        return x is y
    if isinstance(x, float) and math.isnan(x) or isinstance(y, float) and math.isnan(y):
        return isinstance(x, float) and isinstance(y, float) and math.isnan(x) and math.isnan(y)
    if x == y:
        return True
    if tolerance is None or math.isinf(x) or math.isinf(y):
        return False
    if tolerance == "scale":
        return abs(x - y) <= 1e-12 * max(abs(x), abs(y), scale)
    return abs(x - y) <= tolerance * 2.3e-16 * max(abs(x), abs(y))


def differs(got, want, tolerance):
    want = np.asarray(want)
    if tolerance == "linear":   # reckoned in float32
        if got.shape != want.shape:
            return f"{got.shape}, expected {want.shape}"
        x, y = got.astype(f64), want.astype(f64)
        ok = (x == y) | (np.isnan(x) & np.isnan(y)) | (np.abs(x - y) <= 1e-5 * max(1, np.nanmax(np.abs(np.where(np.isfinite(y), y, 0)), initial=0))) | ~np.isfinite(y)
        return None if ok.all() else f"{int((~ok).sum())} of {ok.size} differ"
    if got.dtype != want.dtype or got.shape != want.shape:
        return f"{got.dtype} {got.shape}, expected {want.dtype} {want.shape}"
    if want.dtype.kind != "f":
        ok = got == want
    else:
        ok = (got == want) | (np.isnan(got) & np.isnan(want))
        if tolerance == "sum":   # of doubles in another order
            ok |= np.abs(got.astype(f64) - want.astype(f64)) <= np.maximum(np.abs(np.spacing(want)), 1e-14 * np.max(np.abs(want[np.isfinite(want)]), initial=1))
        elif tolerance:
            ok |= np.abs(got.astype(f64) - want.astype(f64)) <= tolerance * np.abs(np.spacing(want)).astype(f64)
    if ok.all():
        return None
    at = tuple(int(i) for i in np.argwhere(~ok)[0])
    return f"{int((~ok).sum())} of {ok.size} differ, first at {at}: {got[at]!r}, expected {want[at]!r}"


def run(word, count, seed, dcs, folder):
    cases, lines = [], []
    for k in range(count):
        c = Case(word, k, seed, folder)
        text, expected, tolerance, *before = WORDS[word](c)
        try:
            want = expected()
        except Expected as e:
            want = e
        except Unknown:
            continue
        out = os.path.join(folder, f"{c.name}_out.npy")
        isArray = isinstance(want, np.ndarray) or (isinstance(want, Expected) and word not in ("reduce", "truth", "stats", "percentile", "histogram", "unique"))
        shown = f"join(map({text}, fn(v) = \"{{v}}\"), \",\")" if isinstance(want, list) else text   # a long list would be shortened
        body = f"save({text}, \"{out}\", replace=true)" if isArray else f"print(\"{k}\\tvalue\\t\", {shown})"
        lines += ["try {"] + before + [body, f"}} catch e {{ print(\"{k}\\terror\\t\", e.message) }}"]
        cases.append((k, c.name, text if not before else f"{before[0]}; {text}", want, tolerance, out, isArray))
    script = os.path.join(folder, f"{word}.dcs")
    with open(script, "w") as f:
        f.write("\n".join(lines) + "\n")
    done = subprocess.run([dcs, "--quiet", script], capture_output=True, text=True)
    said = {}
    for line in done.stdout.splitlines():
        parts = line.split("\t", 2)
        if len(parts) == 3 and parts[0].isdigit():
            said[int(parts[0])] = (parts[1], parts[2].strip())
    failures = []
    if done.returncode:
        failures.append(("", f"exit {done.returncode}: {done.stderr[-1500:]}", ""))
    for k, name, text, want, tolerance, out, isArray in cases:
        kind, value = said.get(k, (None, None))
        if isinstance(want, Expected):
            why = None if kind == "error" and str(want) in value else f"{kind} {value}, expected an error with “{want}”"
        elif kind == "error":
            why = f"error: {value}"
        elif isArray:
            why = differs(np.load(out), want, tolerance) if os.path.exists(out) else "nothing was saved"
        elif kind is None:
            why = "nothing was printed"
        else:
            why = None if near([number(v) for v in value.split(",") if v] if isinstance(want, list) else number(value), want, tolerance) else f"{value}, expected {want}"
        if why:
            failures.append((name, why, text))
    return len(cases), failures


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--dcs", required=True)
    p.add_argument("--count", type=int, default=200)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--word", choices=sorted(WORDS))
    p.add_argument("--keep")
    o = p.parse_args()
    folder = o.keep or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    bad = 0
    for word in [o.word] if o.word else WORDS:
        compared, failures = run(word, o.count, o.seed, o.dcs, folder)
        bad += len(failures)
        print(f"{word:12} {compared - len(failures)} of {compared} equal" + (f", {o.count - compared} that numpy has no answer to" if compared < o.count else ""))
        for name, why, text in failures[:6]:
            print(f"  {name}: {why}\n    {text[:400]}")
    if not o.keep:
        shutil.rmtree(folder)
    sys.exit(1 if bad else 0)


main()
