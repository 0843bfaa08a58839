"""A word a function: the random input of a case, the call in dcs, and what the reference says of it."""
from fractions import Fraction
import cc3d, fastremap, mwatershed
import numpy as np
import SimpleITK
from scipy import ndimage
from scipy.spatial.distance import directed_hausdorff
from skimage.measure import regionprops
from skimage.metrics import adapted_rand_error, variation_of_information
from skimage.segmentation import relabel_sequential, watershed as skimage_watershed
import references as ref
from volumes import ALL, INTS, coord, decimal

get_local_shape_descriptors = ref.local_shape_descriptors()
KERNELS = {}


def kernel(f):
    KERNELS[f.__name__] = f
    return f


# MARK: How results are compared


def exact(got, expected):
    expected = np.asarray(expected)
    if got.dtype != expected.dtype or got.shape != expected.shape:
        return f"{got.dtype} {got.shape}, expected {expected.dtype} {expected.shape}"
    bad = got != expected
    return f"{bad.sum()} of {bad.size} differ, first at {where(bad)}: {got[bad][0]}, expected {expected[bad][0]}" if bad.any() else None


def where(bad):
    return tuple(int(i) for i in np.argwhere(bad)[0])


def close(relative=1e-5, to_largest=False, dtype=np.float32):
    """Within a part of each value, or of the largest (where a sum of both signs may cancel)."""
    def compare(got, expected):
        if got.dtype != dtype or got.shape != expected.shape:
            return f"{got.dtype} {got.shape}, expected {np.dtype(dtype)} {expected.shape}"
        scale = np.abs(expected) if not to_largest else np.full(expected.shape, np.abs(expected).max(initial=0))
        with np.errstate(invalid="ignore"):
            bad = ~((got == expected) | (np.abs(got - expected) <= relative * np.maximum(scale, 1e-30)) | (np.isnan(got) & np.isnan(expected)))
        return f"{bad.sum()} of {bad.size} differ, first at {where(bad)}: {got[bad][0]}, expected {expected[bad][0]}" if bad.any() else None
    return compare


def same_json(relative=0):
    """Lists, records and numbers; what JSON lacks stands there as text."""
    def number(x):
        return float(x.replace("Infinity", "inf")) if isinstance(x, str) else x
    def equal(a, b):
        if isinstance(b, dict):
            return isinstance(a, dict) and set(a) >= set(b) and all(equal(a[k], b[k]) for k in b)
        if isinstance(b, (list, tuple)):
            return isinstance(a, list) and len(a) == len(b) and all(map(equal, a, b))
        a, b = number(a), number(b)
        return a == b or (a != a and b != b) or (isinstance(b, float) and abs(a - b) <= relative * abs(b))
    return lambda got, expected: None if equal(got, expected) else f"{str(got)[:300]}, expected {str(expected)[:300]}"


def sizes(voxel, rank):
    return [float(v) for v in voxel] if voxel else [1.0] * rank


# MARK: Components, distances


@kernel
def label(c):
    shape = c.shape((1, 2, 3, 3), limit=12000) if c.number % 10 else c.shape((2, 3))
    if len(shape) == 1:
        shape = (c.pick(1, 2, 3, 40), shape[0])
    values, k = c.labels(shape) if c.pick(0, 1) else c.mask(shape), c.pick(*range(1, len(shape) + 1))
    found = ndimage.label(values != 0, ndimage.generate_binary_structure(len(shape), k))[0] if values.size else np.zeros(shape)
    found = ref.by_first_voxel(found.astype(np.uint64))
    if values.size:
        code = {2: {1: 4, 2: 8}, 3: {1: 6, 2: 18, 3: 26}}[len(shape)][k]
        # cc3d 4.1.1 finds components that are not there in bool planes with 8 neighbours
        assert (found == ref.by_first_voxel(cc3d.connected_components((values != 0).astype(np.uint8), connectivity=code))).all()
    call = f"label({c.array(values, c.voxel(len(shape)))}, connectivity={k})"
    c.want(call, found.astype(np.uint32), exact)
    c.twin(call, shape)


@kernel
def distance(c):
    shape = c.shape(limit=12000)
    values, voxel = c.mask(shape, c.pick("bool", "uint8")), c.voxel(len(shape))
    if (values == 0).any():
        expected = ndimage.distance_transform_edt(values, sampling=sizes(voxel, len(shape)))
    else:   # scipy measures to a voxel that it does not have
        expected = np.full(shape, np.inf)
    call = f"distance({c.array(values, voxel)})"
    c.want(call, expected, close())
    c.twin(call, shape)


@kernel
def signed_distance(c):
    shape = c.shape(limit=8000)
    values, voxel = c.labels(shape), c.voxel(len(shape))
    call = f"signed_distance({c.array(values, voxel)})"
    c.want(call, ref.signed_distance(values, sizes(voxel, len(shape))), close())
    c.twin(call, shape)


# MARK: Filters


def radius(c, voxel, rank, largest=4, halves=False):
    """A radius as text and along each axis in voxels, as exact fractions."""
    kinds = ["scalar", "list"] + (["length", "lengths"] if voxel else [])
    kind, step = c.pick(*kinds), Fraction(1, 2) if halves else Fraction(1)
    some = lambda: step * c.random.randint(0, int(largest / step))
    text = lambda x: str(x) if x.denominator == 1 else decimal(x)
    if kind == "scalar":
        r = some()
        return text(r), [r] * rank
    if kind == "list":
        r = [some() for _ in range(rank)]
        return f"[{', '.join(map(text, r))}]", r
    if kind == "length":
        r = c.pick(*voxel) * c.pick(0, 1, 2, Fraction("2.5"), 3, Fraction("0.3"))
        if any(r / v > 3 * largest for v in voxel):
            r = min(voxel) * 2
        return f"{decimal(r)}nm", [r / v for v in voxel]
    r = [v * some() for v in voxel]
    return coord([decimal(x) for x in r], "nm"), [x / v for x, v in zip(r, voxel)]


@kernel
def gaussian(c):
    shape = c.shape()
    values, voxel = c.grey(shape), c.voxel(len(shape))
    text, sigma = radius(c, voxel, len(shape), largest=3, halves=True)
    # mirrored and cut at four sigma, as scipy does unless told otherwise; the kernel sums in float32
    expected = ndimage.gaussian_filter(values.astype(np.float64), [float(s) for s in sigma], mode="reflect", truncate=4) if values.size else np.zeros(shape)
    c.want(f"gaussian({c.array(values, voxel)}, sigma={text})", expected, close(to_largest=True))


@kernel
def median(c):
    shape = c.shape(limit=2500)
    values, voxel = c.grey(shape), c.voxel(len(shape))
    text, r = radius(c, voxel, len(shape), largest=2 if len(shape) == 3 else 4)
    r = [int(x) for x in r]
    if np.prod([2 * x + 1 for x in r]) > 1331:
        c.refused = "1331"
        expected = values
    else:
        expected = ref.over_window(values, r, lambda w: np.sort(w, -1)[..., w.shape[-1] // 2])
        if values.size and values.dtype.itemsize <= 4 and all(x <= n for x, n in zip(r, shape)):   # beyond one reflection scipy 1.17 errs
            assert (expected == ndimage.median_filter(values.astype(np.uint8) if values.dtype == bool else values, [2 * x + 1 for x in r], mode="reflect")).all()
    c.want(f"median({c.array(values, voxel)}, radius={text})", expected, exact)


def morphological(steps, scipy_name):
    def body(c):
        shape = c.shape(limit=2500)
        voxel, ball = c.voxel(len(shape)), c.pick(True, False)
        text, r = radius(c, voxel, len(shape), largest=c.pick(2, 3), halves=ball)
        if ball:
            values = c.mask(shape, c.pick("bool", "uint8"))
            expected = values != 0
            element = ref.ball(r, shape)
            for step in steps:
                if expected.size:
                    expected = ndimage.binary_erosion(expected, element, border_value=1) if step == "erode" else ndimage.binary_dilation(expected, element)
        else:
            values = expected = c.grey(shape)
            for step in steps:
                expected = ref.over_window(expected, [int(x) for x in r], (lambda w: w.min(-1)) if step == "erode" else (lambda w: w.max(-1)))
            if values.size and values.dtype.itemsize <= 4 and values.dtype != bool and max(r) < min(shape):
                assert (expected == getattr(ndimage, scipy_name)(values, [2 * int(x) + 1 for x in r])).all()
        shaped = '' if ball and c.pick(0, 1) else f', shape="{"ball" if ball else "box"}"'
        c.want(f"{c.word}({c.array(values, voxel)}, radius={text}{shaped})", expected, exact)
    return body


KERNELS |= {
    "erode": morphological(["erode"], "grey_erosion"), "dilate": morphological(["dilate"], "grey_dilation"),
    "opening": morphological(["erode", "dilate"], "grey_opening"), "closing": morphological(["dilate", "erode"], "grey_closing"),
}


@kernel
def fill_holes(c):
    shape = c.shape(limit=8000)
    values = c.labels(shape) if c.pick(0, 1) else c.mask(shape, c.pick("bool", "uint8"))
    expected = ref.fill_holes(values)
    if values.size and len(np.unique(values[values != 0])) <= 1:
        assert ((expected != 0) == ndimage.binary_fill_holes(values != 0)).all()
    call = f"fill_holes({c.array(values, c.voxel(len(shape)))})"
    c.want(call, expected, exact)
    c.twin(call, shape)


# MARK: Ids


@kernel
def remove_small(c):
    shape = c.shape(limit=8000)
    values, size = c.labels(shape), c.pick(0, 1, 2, 5, 30, 200, 10**9)
    ids, counts = np.unique(values, return_counts=True)
    expected = np.where(np.isin(values, ids[counts < size]), np.zeros((), values.dtype), values)
    call = f"remove_small({c.array(values, c.voxel(len(shape)))}, size={size})"
    c.want(call, expected, exact)
    c.twin(call, shape)


@kernel
def size_of(c):
    shape = c.shape(limit=8000)
    values = c.labels(shape)
    ids, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    expected = np.where(values == 0, 0, counts[inverse.reshape(shape)] if values.size else 0).astype(np.uint32)
    call = f"size_of({c.array(values, c.voxel(len(shape)))})"
    c.want(call, expected, exact)
    c.twin(call, shape)


@kernel
def relabel(c):
    shape = c.shape(limit=8000)
    values = c.labels(shape)
    ids = [int(i) for i in np.unique(values)]
    objects = [i for i in ids if i]
    kind, given = c.pick("compact", "merge", "map", "both", "keep"), ""
    new, pairs = {i: i for i in ids}, []
    if kind in ("map", "both"):
        to = [0, 5, 2**64 - 1, *objects]
        mapping = {i: c.pick(*to) for i in objects if c.pick(0, 1)}
        new |= mapping
        given += f", map=[{', '.join(f'[{a}, {b}]' for a, b in mapping.items())}]"
    if kind in ("merge", "both", "keep") and objects:
        known = [i for i in set(new.values()) if i]
        pairs = [(c.pick(*known), c.pick(*known)) for _ in range(c.random.randint(0, 4))] if known else []
        given += f", merge=[{', '.join(f'[{a}, {b}]' for a, b in pairs)}]"
    compact = kind in ("compact", "merge")
    if kind == "keep":
        given += ", compact=false"
    expected = ref.renumber(values, new, pairs, compact)
    if kind == "compact" and values.size:
        if values.dtype.itemsize < 8 and values.dtype.kind == "u" and int(values.max()) < 2**31:
            assert (expected == relabel_sequential(values)[0]).all()
    if kind == "map" and values.size and values.dtype == np.uint64:
        assert (expected == fastremap.remap(values, new, preserve_missing_labels=True)).all()
    call = f"relabel({c.array(values, c.voxel(len(shape)))}{given})"
    c.want(call, expected.astype(np.uint32 if compact else np.uint64), exact)
    c.twin(call, shape)


@kernel
def objects(c):
    shape = c.shape(limit=8000)
    values, voxel = c.labels(shape), c.voxel(len(shape))
    ids = [int(i) for i in np.unique(values) if i]
    ranks = np.searchsorted(np.unique(values), values) + (0 if (values == 0).any() else 1) if values.size else values
    rows = {p.label - 1: p for p in regionprops(ranks.astype(np.int64))} if values.size else {}
    scale = sizes(voxel, len(shape))
    rows = [rows[i] for i in range(len(ids))]
    axes, name = "zyx"[-len(shape):], c.array(values, voxel)
    c.lines += [f"t = objects({name})", f"o = {name}.offset"]
    if not voxel:   # places are in voxels of the array that a view was taken of
        scale = c.steps
    c.want("t.id", ids, same_json(), "json")
    c.want("t.size", [int(p.area) for p in rows], same_json(), "json")
    for d, axis in enumerate(axes):
        low, high = [p.bbox[d] * scale[d] for p in rows], [(p.bbox[d + len(shape)] - p.bbox[d]) * scale[d] for p in rows]
        if voxel:
            c.want(f"map(t.roi, fn(r) = (r.offset.{axis} - o.{axis}) / 1nm)", low, same_json(1e-12), "json")
            c.want(f"map(t.roi, fn(r) = r.shape.{axis} / 1nm)", high, same_json(1e-12), "json")
        c.want(f"map(t.{axis}, fn(v) = v - o.{axis} / 1nm)", [(p.centroid[d] + 0.5) * scale[d] for p in rows], close_json(1e-9 * scale[d] * max(1, shape[d])), "json")


def close_json(absolute):
    def compare(got, expected):
        if len(got) != len(expected):
            return f"{len(got)} values, expected {len(expected)}"
        bad = [(a, b) for a, b in zip(got, expected) if abs(a - b) > absolute]
        return f"{bad[0][0]}, expected {bad[0][1]}" if bad else None
    return compare


@kernel
def touching(c):
    shape = c.shape(limit=3000)
    values, voxel = c.labels(shape), c.voxel(len(shape))
    a = c.array(values, voxel)
    if c.pick(0, 1):
        pairs = ref.contacts(values)
        c.lines.append(f"t = touching({a})")
        rows = [(*k, n) for k, (n, _) in sorted(pairs.items())]
    else:
        offsets = face_offsets(c, len(shape))
        affinities = c.g.random((len(offsets), *shape)).astype(c.pick("float32", "float64"))
        at = c.pick(0, 0.3, 0.5, 0.7)
        pairs = ref.contacts(values, affinities.astype(np.float64), offsets)
        c.lines.append(f"t = touching({a}, {c.array(affinities, voxel, axes='c')}, at={at}, offsets=[{', '.join(map(coord, offsets))}])")
        rows = [(*k, n) for k, (n, s) in sorted(pairs.items()) if s / n >= at]
        c.want("t.affinity", [s / n for _, (n, s) in sorted(pairs.items()) if s / n >= at], same_json(1e-6), "json")
    for i, column in enumerate(("a", "b", "faces")):
        c.want(f"t.{column}", [r[i] for r in rows], same_json(), "json")


def face_offsets(c, rank):
    """Face neighbours in any order and of any sign, now and then one of them missing, or a longer one among them."""
    axes = [a for a in range(rank) if c.random.random() < 0.9] or [0]
    offsets = [tuple(c.pick(1, 1, -1) if i == a else 0 for i in range(rank)) for a in axes]
    if c.random.random() < 0.3:
        offsets.append(tuple(c.random.randint(-3, 3) for _ in range(rank - 1)) + (2,))
    c.random.shuffle(offsets)
    return offsets


# MARK: Values


@kernel
def unique(c):
    shape = c.shape((1, 2, 3))
    values = c.grey(shape)
    if values.dtype.kind == "f" and values.size and c.pick(0, 1):
        values[c.g.random(shape) < 0.1] = np.nan
    ids, counts = np.unique(values, return_counts=True)
    a = c.array(values, c.voxel(len(shape)))
    c.lines.append(f"t = unique({a}, counts=true)")
    c.want(f"unique({a})", ids.tolist(), same_json(), "json")
    c.want("t.value", ids.tolist(), same_json(), "json")
    c.want("t.count", counts.tolist(), same_json(), "json")


@kernel
def histogram(c):
    shape = c.shape((1, 2, 3), empty=False)
    values, bins = c.grey(shape), c.pick(1, 2, 7, 10, 64)
    if values.dtype.itemsize == 8 and values.dtype.kind in "ui":   # numpy takes 64-bit ints to float64 first
        values = values >> 12
    floats = values.astype(np.float64)
    low, high, given = None, None, ""
    if c.pick(0, 1) or floats.min() == floats.max():
        low, high = sorted((round(c.random.uniform(-100, 100), 2), round(c.random.uniform(100, 300), 2)))
        given = f", low={low}, high={high}"
    counts, edges = np.histogram(floats, bins, None if low is None else (low, high))
    # a value on an edge may fall to either side by the last bit of the edge
    near = max(1, np.abs(edges).max()) * 1e-12
    slack = [int((np.abs(floats - e) <= near).sum()) for e in edges]
    def compare(got, expected):
        bad = [i for i in range(bins) if abs(got[i] - expected[i]) > slack[i] + slack[i + 1]]
        return f"{got}, expected {expected}" if bad or sum(got) != sum(expected) and not (slack[0] or slack[-1]) else None
    c.want(f"histogram({c.array(values, c.voxel(len(shape)))}, bins={bins}{given}).count", counts.tolist(), compare, "json")


@kernel
def percentile(c):
    shape = c.shape((1, 2, 3), empty=False)
    values = c.grey(shape)
    p = [c.pick(0, 100, 50, 1, 99, 33.3, round(c.random.uniform(0, 100), 3)) for _ in range(3)]
    expected = np.percentile(values.astype(np.float64), p)
    scale = 1e-12 * max(1e-300, float(np.abs(values.astype(np.float64)).max()))
    c.want(f"percentile({c.array(values, c.voxel(len(shape)))}, {p})", expected.tolist(), close_json(scale), "json")


@kernel
def threshold(c):
    shape = c.shape((1, 2, 3))
    values = c.grey(shape)
    at = c.pick(0, 1, 3, 7, -1, 0.5, 3.25, 1e-3, 2**63, 2**64 - 1, -(2**63), 1e30, -1e30, values.ravel()[0].item() if values.size else 2)
    at = int(at) if isinstance(at, bool) else at
    expected = np.array([v > at for v in values.ravel().tolist()], bool).reshape(shape)   # Python compares ints and floats exactly
    c.want(f"threshold({c.array(values, c.voxel(len(shape)))}, at={at!r})", expected, exact)


@kernel
def argmax(c):
    shape = (c.pick(1, 2, 3, 5, 300 if c.number % 20 == 0 else 4),) + c.shape(limit=800)
    values = c.grey(shape)
    if values.dtype.itemsize >= 4 and values.dtype != np.float32 and c.pick(0, 1):   # what float32 cannot tell apart
        values = (c.g.integers(0, 3, shape).astype(values.dtype) + values.dtype.type(2**30)) if values.dtype.kind != "f" else 1 + c.g.integers(0, 3, shape) * 1e-12
    expected = (values.argmax(0) if values.size else np.zeros(shape[1:])).astype(np.uint8 if shape[0] <= 256 else np.uint16)
    c.want(f"argmax({c.array(values, c.voxel(len(shape) - 1), axes='c')})", expected, exact)


# MARK: Watersheds, agglomeration


@kernel
def watershed(c):
    shape = c.shape()
    heights, voxel = c.all_different(shape, 0, 1, c.pick("float32", "float64")), c.voxel(len(shape))
    if c.number % 5 == 0:
        heights = (heights.argsort(axis=None).argsort() % 2**32).reshape(shape).astype(c.pick("uint16", "int32", "uint64"))
    seeds = np.zeros(shape, c.pick("uint8", "uint16", "uint32", "uint64", "int32"))
    if seeds.size:
        count = min(seeds.size, c.pick(1, 2, 5, 20, 100))
        largest = np.iinfo(seeds.dtype).max
        ids = np.array([c.pick(1, 2, 3, int(largest), c.random.randint(1, largest)) for _ in range(count)], seeds.dtype)
        seeds.reshape(-1)[c.g.permutation(seeds.size)[:count]] = ids
    given, mask = "", None
    names = [c.array(heights, voxel), c.array(seeds, voxel)]
    if c.pick(0, 1):
        mask = c.mask(shape, c.pick("bool", "uint8"))
        given = f", mask={c.array(mask, voxel)}"
    ids, ranks = np.unique(seeds, return_inverse=True)
    ranks = ranks.reshape(shape).astype(np.int32) + (0 if ids.size and ids[0] == 0 else 1)
    table = ids if ids.size and ids[0] == 0 else np.concatenate([np.zeros(1, seeds.dtype), ids])
    flooded = skimage_watershed(heights.astype(np.float64), ranks, mask=None if mask is None else mask != 0) if seeds.size and seeds.any() else np.zeros(shape, int)
    expected = table[flooded].astype(np.uint64 if seeds.dtype.itemsize == 8 else np.uint32)
    call = f"watershed({names[0]}, {names[1]}{given})"
    c.want(call, expected, exact)
    c.twin(call, shape)


def some_offsets(c, rank, count, reach=5):
    offsets = set()
    for _ in range(20 * count):   # there may not be so many
        if len(offsets) == count:
            break
        offset = tuple(c.random.randint(-reach, reach) if c.pick(0, 1) else 0 for _ in range(rank))
        if any(offset) and tuple(-o for o in offset) not in offsets:
            offsets.add(offset)
    return c.random.sample(sorted(offsets), len(offsets))


@kernel
def mutex_watershed(c):
    shape = c.shape(limit=1200)
    rank, voxel = len(shape), c.voxel(len(shape))
    faces = [tuple(int(i == a) for i in range(rank)) for a in range(rank)]
    offsets = faces + [o for o in some_offsets(c, rank, c.random.randint(0, 5)) if o not in faces]
    values = c.all_different((len(offsets), *shape), -1, 1, c.pick("float32", "float64"))
    labels = c.labels(shape, "uint8")   # short offsets attract, long ones repel, one in ten is wrong
    truth = ref.affinities(labels, offsets) != 0
    values = np.where(truth ^ (c.g.random(values.shape) < 0.1), np.abs(values), -np.abs(values))
    given, strides, mask = "", None, None
    a = c.array(values, voxel, axes="c")
    if c.random.random() < 0.3:
        strides = [tuple(c.pick(1, 1, 2, 3) for _ in range(rank)) for _ in offsets]
        given += f", strides=[{', '.join(map(coord, strides))}]"
    if c.random.random() < 0.3:
        mask = c.mask(shape, c.pick("bool", "uint8"))
        given += f", mask={c.array(mask, voxel)}"
    found = ref.mutex_watershed(values.astype(np.float64), offsets, strides, mask)
    if mask is None and all(abs(o) < n for offset in offsets for o, n in zip(offset, shape)):   # at longer offsets mwatershed panics, or finds nothing at all
        theirs = mwatershed.agglom(values.astype(np.float64), offsets, strides=strides)
        if theirs.flat[0]:   # its object with number 0, that of the first voxel, passes for background
            assert (ref.by_first_voxel(theirs.astype(np.uint64)) == ref.by_first_voxel(found)).all()
    call = f"mutex_watershed({a}, offsets=[{', '.join(map(coord, offsets))}]{given})"
    c.want(call, ref.by_first_voxel(found.astype(np.uint64)), exact)
    c.twin(call, shape)


@kernel
def agglomerate(c):
    shape = c.shape(limit=1500)
    voxel, offsets = c.voxel(len(shape)), face_offsets(c, len(shape))
    fragments = c.labels(shape, c.pick(*INTS[:4], "int32"), ids=c.pick(5, 20, 60))
    affinities = c.g.random((len(offsets), *shape)).astype(c.pick("float32", "float64"))
    if c.number % 4 == 0:
        affinities = (affinities * 255).astype(np.uint8)
    one = 255.0 if affinities.dtype == np.uint8 else 1.0
    at = c.pick(0.1, 0.45, 0.5, 0.55, 0.8) + 0.0012345
    expected = ref.agglomerate(fragments, affinities.astype(np.float64), offsets, at * one)
    if expected is None:
        affinities, one = c.g.random(affinities.shape), 1.0
        expected = ref.agglomerate(fragments, affinities, offsets, at)
    c.want(f"agglomerate({c.array(fragments, voxel)}, {c.array(affinities, voxel, axes='c')}, at={at}, offsets=[{', '.join(map(coord, offsets))}])", expected, exact)


# MARK: Targets


@kernel
def affinities(c):
    shape = c.shape()
    values, background = c.labels(shape), c.pick(False, False, True)
    offsets = some_offsets(c, len(shape), c.random.randint(1, 6), reach=c.pick(1, 3, 12, 60))
    given = ", background_as_object=true" if background else ""
    call = f"affinities({c.array(values, c.voxel(len(shape)))}, offsets=[{', '.join(map(coord, offsets))}]{given})"
    c.want(call, ref.affinities(values, offsets, background), exact)


@kernel
def descriptors(c):
    shape = c.shape(limit=2500, empty=False)
    values, voxel = c.labels(shape, c.pick("uint8", "uint32", "uint64", "bool"), ids=c.pick(1, 3, 5)), c.voxel(len(shape))
    scale = sizes(voxel, len(shape))
    ranks = np.unique(values, return_inverse=True)[1].reshape(shape) + (0 if (values == 0).any() else 1)
    if voxel and c.pick(0, 1):
        sigma = max(voxel) * c.pick(1, 2, Fraction("2.5"))
        text, sigma = f"{decimal(sigma)}nm", (float(sigma),) * len(shape)
    else:
        s = c.pick(1, 2, 3)
        text, sigma = str(s), tuple(s * v for v in scale)
    expected = ref.descriptors(ranks, sigma, scale)
    if all(v == int(v) and v >= 1 for v in scale):   # lsds takes whole voxel sizes only; it is noise where an object is thinner than a few voxels
        theirs = get_local_shape_descriptors(ranks.astype(np.uint32), sigma, voxel_size=tuple(int(v) for v in scale))
        axes = len(shape)
        thick = (expected[axes:2 * axes] > 0.05).all(0)
        assert (np.abs(theirs - expected)[:, thick] < 2e-3).all(), np.abs(theirs - expected)[:, thick].max()
    def compare(got, expected):
        if got.dtype != np.float32 or got.shape != expected.shape:
            return f"{got.dtype} {got.shape}, expected float32 {expected.shape}"
        bad = ~(np.abs(got - expected) <= 2e-5)   # of the range 0 to 1
        return f"{bad.sum()} of {bad.size} differ, first at {where(bad)}: {got[bad][0]}, expected {expected[bad][0]}, largest {np.abs(got - expected).max():.2g}" if bad.any() else None
    c.want(f"descriptors({c.array(values, voxel)}, sigma={text})", expected, compare)


# MARK: Scores


@kernel
def confusion(c):
    shape = c.shape((1, 2, 3))
    voxel, a, b = c.voxel(len(shape)), c.mask(shape), c.labels(shape)
    mask = c.mask(shape, c.pick("bool", "uint8", "int64")) if c.pick(0, 1) else np.ones(shape, bool)
    names = f"{c.array(a, voxel)}, {c.array(b, voxel)}" + (f", mask={c.array(mask, voxel)}" if not mask.all() else "")
    p, t, m = a != 0, b != 0, mask != 0
    tp, fp, fn, tn = (int((x & m).sum()) for x in (p & t, p & ~t, ~p & t, ~p & ~t))
    ratio = lambda x, y: x / y if y else float("nan")
    c.want(f"confusion({names})", dict(tp=tp, fp=fp, fn=fn, tn=tn), same_json(), "json")
    both = (tp + fp) * (tp + fn)   # where either mask is empty these are not defined, as in DaCapo
    precision, recall = ratio(tp, both and tp + fp), ratio(tp, both and tp + fn)
    scores = dict(jaccard=ratio(tp, tp + fp + fn), dice=ratio(2 * tp, 2 * tp + fp + fn), precision=precision, recall=recall, accuracy=ratio(tp + tn, tp + fp + fn + tn))
    c.want(f"binary_scores({names})", scores, same_json(1e-12), "json")


@kernel
def partition_scores(c):
    shape = c.shape(limit=3000, empty=False)
    voxel, a, b = c.voxel(len(shape)), c.labels(shape), c.labels(shape)
    background, mask = c.pick(False, True), None
    names = f"{c.array(a, voxel)}, {c.array(b, voxel)}"
    given = ", background=true" if background else ""
    if c.random.random() < 0.3:
        mask = c.mask(shape)
        given += f", mask={c.array(mask, voxel)}"
    rank = lambda v: np.unique(v, return_inverse=True)[1].reshape(shape) + (1 if (v == 0).any() else 2)   # 1 is background
    s, t = rank(a), rank(b)
    kept = (np.ones(shape, bool) if background else t != 1) & (True if mask is None else mask)
    if kept.any():
        merge, split = variation_of_information(s[kept], t[kept], ignore_labels=())
        rand = ref.rand(s[kept], t[kept])
        expected = dict(voi=merge + split, voi_split=float(split), voi_merge=float(merge), rand=rand)
    else:
        expected = {}
    def compare(got, expected):
        bad = [k for k in expected if not (abs(got[k] - expected[k]) <= 1e-9 if not isinstance(got[k], str) else np.isnan(expected[k]))]
        return f"{got}, expected {expected}" if bad else None
    if kept.any():
        expected["arand"] = ref.adapted_rand(s[kept], t[kept])
        if not np.isnan(expected["arand"]) and kept.sum() > 1:
            theirs = adapted_rand_error(t[kept].astype(int), s[kept].astype(int), ignore_labels=())[0]
            assert abs(theirs - expected["arand"]) < 1e-9, (theirs, expected["arand"])
    c.want(f"partition_scores({names}{given})", expected, compare, "json")


@kernel
def contingency(c):
    shape = c.shape(limit=3000)
    voxel, a, b = c.voxel(len(shape)), c.labels(shape), c.labels(shape)
    table = {}
    for pair in zip(a.ravel().tolist(), b.ravel().tolist()):
        pair = tuple(int(i) for i in pair)
        table[pair] = table.get(pair, 0) + 1
    rows = sorted(table.items())
    x, y = c.array(a, voxel), c.array(b, voxel)
    c.lines.append(f"t = contingency({x}, {y})")
    for i, column in enumerate(("segmentation", "truth")):
        c.want(f"t.{column}", [p[i] for p, _ in rows], same_json(), "json")
    c.want("t.count", [n for _, n in rows], same_json(), "json")


@kernel
def distance_scores(c):
    shape = c.shape(limit=2500, empty=False)
    voxel, a, b = c.voxel(len(shape)), c.mask(shape), c.mask(shape)
    scale = sizes(voxel, len(shape))
    expected = ref.distance_scores(a, b, scale)
    if a.any() and b.any() and min(shape) > 1:
        images = [SimpleITK.GetImageFromArray(m.astype(np.uint8)) for m in (a, b)]
        for image in images:
            image.SetSpacing(scale[::-1])
        f = SimpleITK.HausdorffDistanceImageFilter()
        f.Execute(*images)
        assert abs(f.GetHausdorffDistance() - expected["hausdorff"]) <= 1e-5 * max(1, expected["hausdorff"])
    if a.any() and b.any():
        x, y = (np.argwhere(m) * scale for m in (a, b))
        assert abs(max(directed_hausdorff(x, y)[0], directed_hausdorff(y, x)[0]) - expected["hausdorff"]) <= 1e-9 * max(1, expected["hausdorff"])
    c.want(f"distance_scores({c.array(a, voxel)}, {c.array(b, voxel)})", expected, same_json(1e-5), "json")
