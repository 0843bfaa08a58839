"""What the references say of 300 small random volumes a kernel: volumes.zip, one folder a kernel, its arrays concatenated flat.

Written with numpy 2.4.6, scipy 1.17.1, scikit-image 0.26.0, connected-components-3d 4.1.1, mwatershed 0.5.4, lsds 0.1.3, seed 2027. Run in this folder: python generate.py [FILE]
`cases` has a row a volume: rank, three lengths (1 before the axes it has), three voxel sizes (numbers of VOXELS), then the parameters of the kernel. `in`, `out`, … hold the
voxels of all volumes one after the other. Labels are uint8, of which 255 stands for the largest value of whatever type the test makes of them. The formulas are those of Tests/Interop/references.py.
"""
import io, pathlib, sys, zipfile
from fractions import Fraction

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[2] / "Interop"))
sys.dont_write_bytecode = True
import cc3d, mwatershed
import numpy as np
from scipy import ndimage
from skimage.measure import regionprops
from skimage.metrics import adapted_rand_error, variation_of_information
from skimage.segmentation import watershed
import references as ref
from volumes import Case

VOXELS = ["1", "4", "8", "40", "0.5", "3.3", "4.56", "5.24"]
COUNT, LENGTHS = 300, [0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 7, 7, 8, 11, 13, 17]
KERNELS, members = {}, {}


class Volume(Case):
    """A case without a script: its row, and arrays that are gathered over all cases."""

    def __init__(self, word, number, arrays):
        super().__init__(word, number, 2027, None)
        self.gathered = arrays

    def start(self, limit, ranks=(2, 3, 3), least=0):
        while True:
            shape = tuple(self.random.choice(LENGTHS) for _ in range(self.random.choice(ranks)))
            if least <= np.prod(shape) <= limit:
                break
        self.shape_, self.places = shape, [self.random.randrange(len(VOXELS)) for _ in shape]
        self.voxel_ = [Fraction(VOXELS[i]) for i in self.places]
        return shape

    @property
    def sizes(self):
        return [float(v) for v in self.voxel_]

    def row(self, *parameters):
        missing = 3 - len(self.shape_)
        self.give("cases", np.array([len(self.shape_), *[1] * missing, *self.shape_, *[0] * missing, *self.places, *parameters], np.int32))

    def give(self, name, values):
        self.gathered.setdefault(name, []).append(np.asarray(values))

    def small_labels(self, shape, ids=None):
        values = self.labels(shape, "uint8", ids)
        return np.where((values > 9) & (values < 250), values % 9 + 1, np.where(values >= 250, 255, values)).astype(np.uint8)

    def per_axis(self, values, default):
        return [default] * (3 - len(self.shape_)) + list(values)


def kernel(f):
    KERNELS[f.__name__] = f


@kernel
def components(c):
    shape = c.start(300)
    values, k, by_value = c.small_labels(shape), c.pick(*range(1, len(shape) + 1)), c.pick(0, 1)
    if by_value and values.size:
        code = {2: {1: 4, 2: 8}, 3: {1: 6, 2: 18, 3: 26}}[len(shape)][k]
        found = cc3d.connected_components(values, connectivity=code)
    else:
        found = ndimage.label(values, ndimage.generate_binary_structure(len(shape), k))[0] if values.size else np.zeros(shape)
    c.row(k, by_value)
    c.give("in", values)
    c.give("out", ref.by_first_voxel(found).astype(np.uint16))


@kernel
def distance(c):
    shape = c.start(150)
    values, border = c.mask(shape, "uint8"), c.pick(0, 1)
    padded = np.pad(values, border)
    if not (padded == 0).any() or not values.size:
        found = np.full(shape, np.inf)
    else:
        found = ndimage.distance_transform_edt(padded, sampling=c.sizes)[tuple(slice(border, n + border) for n in shape)]
    c.row(border)
    c.give("in", values)
    c.give("out", found.astype(np.float32))


@kernel
def signed_distance(c):
    shape = c.start(150)
    values = c.small_labels(shape)
    c.row()
    c.give("in", values)
    c.give("out", ref.signed_distance(values, c.sizes).astype(np.float32))


@kernel
def gaussian(c):
    shape = c.start(80)
    values = c.g.integers(-128, 128, shape).astype(np.int8)
    sigma, truncate = [c.pick(0, 3, 7, 10, 15, 25, 40) for _ in shape], c.pick(3, 4)
    c.row(*c.per_axis(sigma, 0), truncate)
    c.give("in", values)
    c.give("out", (ndimage.gaussian_filter(values.astype(float), [s / 10 for s in sigma], mode="reflect", truncate=truncate) if values.size else np.zeros(shape)).astype(np.float32))


@kernel
def median(c):
    shape = c.start(150)
    values, radius = c.grey(shape, "uint8"), [c.pick(0, 1, 1, 2, 3) for _ in shape]
    c.row(*c.per_axis(radius, 0))
    c.give("in", values)
    c.give("out", ndimage.median_filter(values, [2 * r + 1 for r in radius], mode="reflect") if values.size else values)


@kernel
def box(c):
    shape = c.start(150)
    values, radius, step = c.grey(shape, "uint8"), [c.pick(0, 1, 1, 2, 3, 9) for _ in shape], c.random.randrange(4)
    found = values
    for least in [[True], [False], [True, False], [False, True]][step]:
        found = ref.over_window(found, radius, (lambda w: w.min(-1)) if least else (lambda w: w.max(-1)))
    c.row(*c.per_axis(radius, 0), step)
    c.give("in", values)
    c.give("out", found)


@kernel
def ball(c):
    shape = c.start(200)
    values, step = c.mask(shape, "uint8"), c.random.randrange(4)
    radius = c.pick(*c.voxel_) * c.pick(0, 1, 2, Fraction("2.5"), 3)
    element, found = ref.ball([radius / v for v in c.voxel_], shape), values != 0
    for eroding in [[True], [False], [True, False], [False, True]][step]:
        if found.size:
            found = ndimage.binary_erosion(found, element, border_value=1) if eroding else ndimage.binary_dilation(found, element)
    c.row(int(radius * 1000), step)
    c.give("in", values)
    c.give("out", found.astype(np.uint8))


@kernel
def holes(c):
    shape = c.start(350)
    values = c.small_labels(shape) if c.pick(0, 1) else (c.g.random(shape) < 0.7).astype(np.uint8) * c.pick(1, 255)
    found = ref.fill_holes(values)
    if len(np.unique(values[values != 0])) <= 1 and values.size:
        assert ((found != 0) == ndimage.binary_fill_holes(values)).all()
    c.row()
    c.give("in", values)
    c.give("out", found)


@kernel
def ids(c):
    shape = c.start(300)
    values, size = c.small_labels(shape), c.pick(0, 1, 2, 5, 30, 200)
    known, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    of = counts[inverse.reshape(shape)] if values.size else np.zeros(shape)
    c.row(size)
    c.give("in", values)
    c.give("kept", np.where(of < size, 0, values).astype(np.uint8))
    c.give("sizes", np.where(values == 0, 0, of).astype(np.uint16))
    c.give("compact", ref.renumber(values, {int(i): int(i) for i in known}, [], True).astype(np.uint8))


@kernel
def objects(c):
    shape = c.start(300)
    values = c.small_labels(shape)
    rows = regionprops(values.astype(np.int64)) if values.size else []
    c.row(len(rows))
    c.give("in", values)
    pad = lambda v, d: c.per_axis(v, d)
    c.give("out", np.array([[p.label, p.area, *pad(p.bbox[:len(shape)], 0), *pad(p.bbox[len(shape):], 1), *pad(p.coords.sum(0), 0)] for p in rows], np.int32).reshape(-1))


@kernel
def contacts(c):
    shape = c.start(300)
    values = c.small_labels(shape)
    found = sorted(ref.contacts(values).items())
    c.row(len(found))
    c.give("in", values)
    c.give("out", np.array([[*k, n] for k, (n, _) in found], np.int32).reshape(-1))


@kernel
def argmax(c):
    shape, channels = c.start(80), c.pick(1, 2, 3, 5)
    values = c.g.integers(-3, 4, (channels, *shape)).astype(np.int8)
    c.row(channels)
    c.give("in", values)
    c.give("out", values.argmax(0).astype(np.uint8))


@kernel
def flood(c):
    shape = c.start(250, least=1)
    heights, seeds = c.g.permutation(int(np.prod(shape))).reshape(shape).astype(np.uint16), np.zeros(shape, np.uint8)
    count = min(seeds.size, c.pick(0, 1, 2, 5, 20))
    seeds.reshape(-1)[c.g.permutation(seeds.size)[:count]] = [c.pick(1, 2, 3, 9, 255) for _ in range(count)]
    mask = c.mask(shape, "uint8") if c.pick(0, 1) else np.ones(shape, np.uint8)
    c.row()
    c.give("heights", heights)
    c.give("seeds", seeds)
    c.give("mask", mask)
    c.give("out", (watershed(heights, seeds.astype(np.int32), mask=mask != 0) if seeds.any() else seeds).astype(np.uint8))


def some_offsets(c, count, reach):
    found = [tuple(int(i == a) for i in range(len(c.shape_))) for a in range(len(c.shape_))]
    for _ in range(count):
        offset = tuple(c.random.randint(-reach, reach) if c.pick(0, 1) else 0 for _ in c.shape_)
        if any(offset) and offset not in found and tuple(-o for o in offset) not in found:
            found.append(offset)
    return found


def flat(c, offsets, most, default):
    rows = [c.per_axis(o, default) for o in offsets] + [[0, 0, 0]] * (most - len(offsets))
    return [i for row in rows for i in row]


@kernel
def mutex(c):
    shape = c.start(100, least=1)
    offsets, strided = some_offsets(c, c.random.randint(0, 3), 4), c.pick(0, 0, 1)
    strides = [tuple(c.pick(1, 1, 2, 3) if strided else 1 for _ in shape) for _ in offsets]
    values = (c.g.permutation(len(offsets) * int(np.prod(shape))) + 1).reshape((len(offsets), *shape)).astype(np.int16)
    truth = ref.affinities(c.small_labels(shape), offsets) != 0
    values = np.where(truth ^ (c.g.random(values.shape) < 0.15), values, -values).astype(np.int16)
    found = ref.mutex_watershed(values.astype(float), offsets, strides)
    if all(abs(o) < n for offset in offsets for o, n in zip(offset, shape)):   # at longer offsets mwatershed finds nothing at all
        theirs = mwatershed.agglom(values.astype(float), offsets, strides=strides if strided else None)
        if theirs.flat[0]:   # its object with number 0, that of the first voxel, passes for background
            assert (ref.by_first_voxel(found) == ref.by_first_voxel(theirs.astype(np.uint64))).all()
    c.row(len(offsets), *flat(c, offsets, 6, 0), *flat(c, strides, 6, 1))
    c.give("affinities", values)
    c.give("out", ref.by_first_voxel(found).astype(np.uint16))


@kernel
def agglomerate(c):
    shape = c.start(90, least=1)
    fragments = c.small_labels(shape, ids=c.pick(3, 9))
    offsets = [tuple(int(i == a) for i in range(len(shape))) for a in range(len(shape))]
    values = c.g.permutation(65535)[:len(offsets) * fragments.size].reshape((len(offsets), *shape)).astype(np.uint16)
    at = c.pick(200, 450, 500, 550, 800)
    c.row(at)
    c.give("fragments", fragments)
    c.give("affinities", values)
    c.give("out", ref.agglomerate(fragments, values.astype(float), offsets, at / 1000 * 65535))


@kernel
def affinities(c):
    shape = c.start(150)
    values, offsets, background = c.small_labels(shape), some_offsets(c, c.random.randint(0, 3), c.pick(1, 3, 20)), c.pick(0, 0, 1)
    c.row(background, len(offsets), *flat(c, offsets, 6, 0))
    c.give("in", values)
    c.give("out", ref.affinities(values, offsets, background))


@kernel
def descriptors(c):
    shape = c.start(60, least=1)
    c.places = [c.pick(0, 1, 2) for _ in shape]
    c.voxel_ = [Fraction(VOXELS[i]) for i in c.places]
    values, sigma = c.small_labels(shape, ids=c.pick(1, 2, 3)), int(max(c.voxel_)) * c.pick(1, 2, 3)
    found = ref.descriptors(values, [sigma] * len(shape), c.sizes)
    theirs = ref.local_shape_descriptors()(values, (float(sigma),) * len(shape), voxel_size=tuple(int(v) for v in c.voxel_))
    thick = (found[len(shape):2 * len(shape)] > 0.05).all(0)
    assert (np.abs(theirs - found)[:, thick] < 2e-3).all()
    c.row(sigma)
    c.give("in", values)
    c.give("out", np.round(found * 65535).astype(np.uint16))


@kernel
def balance(c):
    """Counts run on over the cases from one whose first parameter is 1."""
    shape, channels = c.start(60), 1 if c.number % 8 < 4 else 2
    if c.number % 4 == 0:
        c.gathered["counts"] = [np.zeros((channels, 2)), np.ones(channels)]
    counts, totals = c.gathered["counts"]
    values, mask = c.g.integers(0, 2, (channels, *shape)).astype(np.uint8) * c.pick(0, 1, 1, 1), c.mask(shape, "uint8")
    found = np.zeros(values.shape, np.float32)
    for k in range(channels):   # gunpowder's and DaCapo's balance_weights with moving counts
        here = np.array([((values[k] == i) & (mask != 0)).sum() for i in (0, 1)])
        counts[k] += here
        totals[k] += mask.astype(bool).sum()
        share = np.clip(counts[k] / totals[k], 0.05, 0.95)
        found[k] = np.where(mask != 0, np.where(here == 0, 0, 1 / (2 * share))[values[k]], 0)
    c.row(int(c.number % 4 == 0), channels)
    c.give("in", values)
    c.give("mask", mask)
    c.give("out", found)


@kernel
def trusted(c):
    """2 where the two sides are equal but for rounding."""
    shape = c.start(100, least=1)
    scale, compatible = c.pick(4, 20, 160), c.pick(0, 1)
    mask = c.mask(shape, "uint8")
    target = np.tanh(ref.signed_distance(c.mask(shape, "uint8"), c.sizes) / scale).astype(np.float32)
    b = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=[v / (1 + compatible) for v in c.sizes])[tuple(slice(1, -1) for _ in shape)]
    left, right = np.clip(np.abs(target.astype(float)) + 0.05, 0, 0.8), np.tanh(b / scale)
    c.row(scale, compatible)
    c.give("mask", mask)
    c.give("target", target)
    c.give("out", np.where(np.abs(left - right) < 1e-5, 2, left < right).astype(np.uint8))


@kernel
def scores(c):
    shape = c.start(200, least=1)
    a, b, background = c.small_labels(shape), c.small_labels(shape), c.pick(0, 1)
    kept = np.ones(shape, bool) if background else b != 0
    found = [np.nan] * 4
    if kept.any():
        merge, split = variation_of_information(a[kept].astype(int) + 1, b[kept].astype(int) + 1, ignore_labels=())
        found = [split, merge, ref.rand(a[kept], b[kept]), ref.adapted_rand(a[kept], b[kept])]
        if kept.sum() > 1 and not np.isnan(found[3]):
            assert abs(found[3] - adapted_rand_error(b[kept].astype(int), a[kept].astype(int), ignore_labels=())[0]) < 1e-9
    p, t = a != 0, b != 0
    c.row(background, *[int(x.sum()) for x in (p & t, p & ~t, ~p & t, ~p & ~t)])
    c.give("segmentation", a)
    c.give("truth", b)
    c.give("out", np.array(found))


for name, make in KERNELS.items():
    arrays = {}
    for number in range(COUNT):
        make(Volume(name, number, arrays))
    arrays.pop("counts", None)
    for key, parts in arrays.items():
        members[f"{name}/{key}.npy"] = np.stack(parts) if key == "cases" else np.concatenate([p.reshape(-1) for p in parts])

path = sys.argv[1] if len(sys.argv) > 1 else here / "volumes.zip"
with zipfile.ZipFile(path, "w") as archive:
    for name in sorted(members):
        buffer = io.BytesIO()
        np.save(buffer, members[name])
        archive.writestr(zipfile.ZipInfo(name), buffer.getvalue(), zipfile.ZIP_DEFLATED, 9)
