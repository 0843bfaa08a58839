"""The formulas that the segmentation words promise, written down plainly in numpy and scipy where no package has them as they are."""
import itertools
from fractions import Fraction
import numpy as np
from scipy import ndimage


def by_first_voxel(labels):
    """Numbers 1, 2, … in the order in which labels first occur; 0 stays."""
    ids, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    foreground = ids != 0
    order = np.argsort(first[foreground], kind="stable")
    new = np.zeros(len(ids), np.uint64)
    new[np.flatnonzero(foreground)[order]] = np.arange(1, foreground.sum() + 1)
    return new[inverse].reshape(labels.shape)


def signed_distance(labels, voxel):
    """Faces marked on the grid of shape 2 s - 1, transformed at half the voxel size; without any face half the least extent. DaCapo's distance target before its tanh."""
    if not labels.size:
        return np.zeros(labels.shape)
    faces = np.zeros([2 * s - 1 for s in labels.shape], bool)
    for axis in range(labels.ndim):
        low, high = [slice(None)] * labels.ndim, [slice(None)] * labels.ndim
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        at = tuple(slice(1, None, 2) if a == axis else slice(None, None, 2) for a in range(labels.ndim))
        faces[at] = labels[tuple(low)] != labels[tuple(high)]
    if faces.any():
        d = ndimage.distance_transform_edt(~faces, sampling=[v / 2 for v in voxel])[tuple(slice(None, None, 2) for _ in labels.shape)]
    else:
        d = np.full(labels.shape, min(n * v / 2 for n, v in zip(labels.shape, voxel)))
    return np.where(labels == 0, -d, d)


def over_window(values, radius, reduce):
    """Reduces the window of 2 r + 1 around each voxel, edges mirrored; exact in any type."""
    if not values.size or not any(radius):
        return values
    padded = np.pad(values, [(r, r) for r in radius], mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, [2 * r + 1 for r in radius])
    return reduce(windows.reshape(values.shape + (-1,)))


def ball(radius, shape):
    """The voxels of an ellipsoid with half axes `radius` (fractions of voxels), decided exactly; no longer than the array reaches."""
    reach = [min(int(r), max(1, n)) for r, n in zip(radius, shape)]
    element = np.zeros([2 * r + 1 for r in reach], bool)
    for index in np.ndindex(element.shape):
        at = [i - r for i, r in zip(index, reach)]
        if all(a == 0 or r > 0 for a, r in zip(at, radius)):
            element[index] = sum((Fraction(a) / r) ** 2 for a, r in zip(at, radius) if a) <= 1
    return element


def fill_holes(values):
    """A face-connected component of 0 that touches no edge of the array and only one id gets that id."""
    if not values.size:
        return values
    holes, count = ndimage.label(values == 0)
    filled = values.copy()
    for number, box in enumerate(ndimage.find_objects(holes), 1):
        if any(s.start == 0 or s.stop == n for s, n in zip(box, values.shape)):
            continue
        box = tuple(slice(s.start - 1, s.stop + 1) for s in box)
        rim = ndimage.binary_dilation(holes[box] == number) & (holes[box] != number)
        around = np.unique(values[box][rim])
        if len(around) == 1:
            filled[box][holes[box] == number] = around[0]
    return filled


def roots(ids, pairs):
    """The least id of each class that pairs join."""
    parent = {i: i for i in ids}
    def root(i):
        while parent.setdefault(i, i) != i:
            i = parent[i]
        return i
    for a, b in pairs:
        a, b = root(a), root(b)
        parent[max(a, b)] = min(a, b)
    return {i: root(i) for i in list(parent)}


def renumber(values, new, pairs, compact):
    """First the map, then the pairs, then 1, 2, … in the order of ids."""
    joined = roots(set(new.values()), pairs)
    final = {i: joined[n] for i, n in new.items()}
    if compact:
        order = {n: k for k, n in enumerate(sorted({n for n in final.values() if n}), 1)}
        final = {i: order.get(n, 0) for i, n in final.items()}
    ids, inverse = np.unique(values, return_inverse=True)
    table = np.array([final[int(i)] for i in ids], np.uint64)
    return table[inverse].reshape(values.shape) if values.size else np.zeros(values.shape, np.uint64)


def shifted(shape, offset):
    """The voxels that have a neighbour at an offset, and these neighbours."""
    here = tuple(slice(max(0, -o), max(0, s - max(0, o))) for o, s in zip(offset, shape))
    there = tuple(slice(max(0, o), max(0, s - max(0, -o))) for o, s in zip(offset, shape))
    return here, there


def affinities(labels, offsets, background_as_object=False):
    """1 where a voxel and the one at the offset are of one object; at the former. gunpowder's and DaCapo's rule."""
    out = np.zeros((len(offsets),) + labels.shape, np.uint8)
    for channel, offset in enumerate(offsets):
        if all(abs(o) < s for o, s in zip(offset, labels.shape)):
            here, there = shifted(labels.shape, offset)
            out[channel][here] = (labels[here] == labels[there]) & ((labels[here] != 0) | background_as_object)
    return out


def contacts(labels, values=None, offsets=None):
    """Faces between two ids and the sum of their affinities, by (less id, greater id)."""
    rank, found = labels.ndim, {}
    if offsets is None:
        offsets = [tuple(int(i == a) for i in range(rank)) for a in range(rank)]
    for channel, offset in enumerate(offsets):
        if sum(map(abs, offset)) != 1 or any(abs(o) >= s for o, s in zip(offset, labels.shape)):
            continue
        here, there = shifted(labels.shape, offset)
        strengths = values[channel][here].ravel() if values is not None else itertools.repeat(0.0)
        for a, b, strength in zip(labels[here].ravel().tolist(), labels[there].ravel().tolist(), strengths):
            if a != b and a and b:
                count, total = found.get((min(a, b), max(a, b)), (0, 0.0))
                found[min(a, b), max(a, b)] = (count + 1, total + float(strength))
    return found


def agglomerate(fragments, values, offsets, at):
    """While some pair's mean affinity reaches `at`, the strongest pair merges into its smaller id. None where two pairs are equally strong: which goes first is not part of the definition."""
    edges = contacts(fragments, values, offsets)
    merged = {}
    while edges:
        means = sorted((total / count for count, total in edges.values()), reverse=True)
        if means[0] >= at and means[1:2] == means[:1]:
            return None
        (a, b), (count, total) = max(edges.items(), key=lambda e: (e[1][1] / e[1][0], [-i for i in e[0]]))
        if total / count < at:
            break
        merged[b] = a
        rest = {}
        for (x, y), (n, s) in edges.items():
            x, y = (a if x == b else x), (a if y == b else y)
            if x != y:
                key = (min(x, y), max(x, y))
                m, t = rest.get(key, (0, 0.0))
                rest[key] = (m + n, t + s)
        edges = rest
    out = fragments.copy()
    for i in np.unique(fragments).tolist():
        j = i
        while j in merged:
            j = merged[j]
        if j != i:
            out[fragments == i] = j
    return out


def mutex_watershed(values, offsets, strides=None, mask=None):
    """By definition: edges by falling strength; positive ones join unless a mutex forbids it, negative ones set a mutex. Voxels without a positive edge are 0."""
    shape = values.shape[1:]
    index, edges = np.arange(int(np.prod(shape))).reshape(shape), []
    for channel, offset in enumerate(offsets):
        if any(abs(o) >= s for o, s in zip(offset, shape)):
            continue
        here, there = shifted(shape, offset)
        kept = np.ones(shape, bool)[here]
        if strides is not None:   # counted from the first voxel that has a neighbour there
            kept[...] = False
            kept[tuple(slice(None, None, s) for s in strides[channel])] = True
        if mask is not None:
            kept &= (mask[here] != 0) & (mask[there] != 0)
        edges += zip(values[channel][here][kept].tolist(), index[here][kept].tolist(), index[there][kept].tolist())
    parent, mutex, joined = list(range(index.size)), [set() for _ in range(index.size)], set()
    def root(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i
    for strength, a, b in sorted(edges, key=lambda e: -abs(e[0])):
        x, y = root(a), root(b)
        if strength > 0:
            joined |= {a, b}
            if x != y and y not in mutex[x]:
                if len(mutex[x]) < len(mutex[y]):
                    x, y = y, x
                parent[y] = x
                for other in mutex[y]:
                    mutex[other].discard(y)
                    mutex[other].add(x)
                mutex[x] |= mutex[y]
        elif x != y:
            mutex[x].add(y)
            mutex[y].add(x)
    return np.array([root(i) + 1 if i in joined else 0 for i in range(index.size)], np.uint64).reshape(shape)


def pairs(counts):
    return float((counts * (counts - 1) / 2).sum())


def tables(s, t):
    _, joint = np.unique(np.stack([s, t]), axis=1, return_counts=True)
    return (np.asarray(x, float) for x in (joint, np.unique(s, return_counts=True)[1], np.unique(t, return_counts=True)[1]))


def rand(s, t):
    """The share of pairs of voxels on which two labellings agree."""
    joint, rows, columns = tables(s, t)
    every = pairs(np.array([float(s.size)]))
    return (every + 2 * pairs(joint) - pairs(rows) - pairs(columns)) / every if every else float("nan")


def adapted_rand(s, t):
    """1 less the F1 of pairs that belong together (CREMI, scikit-image)."""
    joint, rows, columns = tables(s, t)
    both = pairs(rows) + pairs(columns)
    return 1 - 2 * pairs(joint) / both if both else float("nan")


def distance_scores(a, b, voxel):
    """Hausdorff distance of two masks, and of their surfaces the 95th percentile and the mean; 0 where both masks are empty, NaN where one is. Of errors the mean distance, 0 if there are none."""
    if not a.any() or not b.any():
        return dict.fromkeys(("hausdorff", "hausdorff_percentile", "surface_distance"), 0.0 if not a.any() and not b.any() else float("nan"))
    to = lambda m: ndimage.distance_transform_edt(~m, sampling=voxel)
    surfaces = [m & ~ndimage.binary_erosion(m) for m in (a, b)]
    errors = lambda distances: float(distances.mean()) if distances.size else 0.0
    there, back = to(surfaces[1])[surfaces[0]], to(surfaces[0])[surfaces[1]]
    return dict(
        hausdorff=float(max(to(b)[a].max(), to(a)[b].max())), hausdorff_percentile=float(max(np.percentile(there, 95), np.percentile(back, 95))),
        surface_distance=float(np.concatenate([there, back]).mean()),
        mean_false_positive_distance=errors(to(b)[a & ~b]), mean_false_negative_distance=errors(to(a)[b & ~a]),
        precision_with_tolerance=1 - float((a & ~b).sum()) / float((a | b).sum() - (b & ~a).sum()),
        recall_with_tolerance=1 - float((b & ~a).sum()) / float((a | b).sum() - (a & ~b).sum()))


def descriptors(labels, sigma, voxel):
    """Local shape descriptors of lsds in float64, with coordinates about the middle of the array: lsds sums float32 from its corner, which cancels far from there."""
    rank, shape = labels.ndim, labels.shape
    out = np.zeros(((10 if rank == 3 else 6),) + shape)
    at = np.meshgrid(*[(np.arange(n) - n // 2) * v for n, v in zip(shape, voxel)], indexing="ij")
    smooth = lambda a: ndimage.gaussian_filter(a, [s / v for s, v in zip(sigma, voxel)], mode="constant", cval=0.0, truncate=3.0)
    for label in np.unique(labels[labels != 0]):
        inside = (labels == label).astype(float)
        mass = smooth(inside)
        divisor = np.where(mass == 0, 1, mass)
        mean = [smooth(x * inside) / divisor for x in at]
        variance = lambda i, j: smooth(at[i] * at[j] * inside) / divisor - mean[i] * mean[j]
        spread = [np.maximum(variance(i, i), 1e-3) for i in range(rank)]
        crossed = [(0, 1), (0, 2), (1, 2)] if rank == 3 else [(0, 1)]
        channels = [(m - x) / s * 0.5 + 0.5 for m, x, s in zip(mean, at, sigma)] + [v / s**2 for v, s in zip(spread, sigma)]
        channels += [variance(i, j) / np.sqrt(spread[i] * spread[j]) * 0.5 + 0.5 for i, j in crossed] + [mass]
        out += np.stack(channels) * inside
    return np.clip(out, 0, 1)


def local_shape_descriptors():
    """The function of lsds. Its package brings in gunpowder and all that gunpowder stores things with; of that it needs two types of funlib.geometry."""
    try:
        from lsd.train.local_shape_descriptor import get_local_shape_descriptors
    except ImportError:
        import importlib.metadata, importlib.util, sys, types
        import funlib.geometry
        stand_in = types.ModuleType("gunpowder")
        stand_in.Coordinate, stand_in.Roi = funlib.geometry.Coordinate, funlib.geometry.Roi
        sys.modules["gunpowder"] = stand_in
        path = importlib.metadata.distribution("lsds").locate_file("lsd/train/local_shape_descriptor.py")
        spec = importlib.util.spec_from_file_location("local_shape_descriptor", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        get_local_shape_descriptors = module.get_local_shape_descriptors
    return get_local_shape_descriptors
