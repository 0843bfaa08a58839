"""Reference scores of 240 random pairs of label volumes, masks among them.

Written with numpy 2.4.6, scipy 1.17.1, scikit-image 0.26, SimpleITK 2.5.7 and the evaluators of dacapo-ml 0.3.5, seed 2026:

    pip download dacapo-ml==0.3.5 --no-deps && unzip dacapo_ml-0.3.5-py3-none-any.whl -d dacapo-ml
    python generate.py dacapo-ml

volumes.npy   uint8: of case after case the predicted codes, the true codes and, where there is one, the mask
expected.csv  a row a case: dtype, shape, voxel size, clip, tolerance, whether there is a mask; then the scores
A code is a label, but for 1 and 2 of volumes of 64 bits, which stand for the greatest label of the type and the one before it.
Scores with a mask are those of the formulas on the voxels it keeps; DaCapo knows no masks. Where SimpleITK and the formulas both speak, they are compared here.
"""
import csv
import importlib.util
import math
import pathlib
import sys
import types
import warnings

import numpy as np
import SimpleITK as sitk
from scipy import ndimage
from scipy.optimize import linear_sum_assignment
from skimage.metrics import adapted_rand_error, variation_of_information

warnings.simplefilter("ignore")
here = pathlib.Path(__file__).parent


def dacapo(folder):
    """DaCapo's evaluator of two masks and its variation of information, without the packages that only its other parts need."""
    def module(name, **members):
        made = sys.modules[name] = types.ModuleType(name)
        made.__path__ = []
        for key, value in members.items():
            setattr(made, key, value)

    class LazyProperty:
        def __init__(self, function): self.function = function
        def __get__(self, thing, _): return self.function(thing)

    evaluators = "dacapo.experiments.tasks.evaluators"
    for name in ("dacapo", "dacapo.utils", "dacapo.experiments", "dacapo.experiments.tasks", evaluators):
        module(name)
    module("lazy_property", LazyProperty=LazyProperty)
    module("dacapo.tmp", open_from_identifier=None)
    module(evaluators + ".evaluator", Evaluator=object)
    module(evaluators + ".binary_segmentation_evaluation_scores", BinarySegmentationEvaluationScores=object, MultiChannelBinarySegmentationEvaluationScores=object)
    for name in ("dacapo.utils.voi", evaluators + ".binary_segmentation_evaluator"):
        spec = importlib.util.spec_from_file_location(name, pathlib.Path(folder) / (name.replace(".", "/") + ".py"))
        loaded = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
    return sys.modules[evaluators + ".binary_segmentation_evaluator"].ArrayEvaluator, sys.modules["dacapo.utils.voi"].voi


ArrayEvaluator, dacapo_voi = dacapo(sys.argv[1])
random = np.random.default_rng(2026)
DTYPES = ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"]
SIZES = [(8.0, 8.0, 8.0), (40.0, 4.0, 4.0), (5.24, 4.0, 4.56), (3.0, 7.0, 11.0)]
SHAPES = [(1, 1, 1), (1, 1, 7), (2, 3, 1), (3, 3, 3), (5, 7, 3), (2, 11, 13), (7, 7, 7), (1, 13, 17), (13, 2, 5), (3, 1, 19), (1, 1), (1, 5), (3, 2), (13, 17), (11, 23), (7, 1)]
THRESHOLDS = [0.1, 0.3, 0.5, 0.55, 0.75, 0.95]
DACAPO = [
    "dice", "jaccard", "hausdorff", "false_negative_rate", "false_negative_rate_with_tolerance", "false_positive_rate", "false_discovery_rate",
    "false_positive_rate_with_tolerance", "voi", "mean_false_distance", "mean_false_negative_distance", "mean_false_positive_distance",
    "mean_false_distance_clipped", "mean_false_negative_distance_clipped", "mean_false_positive_distance_clipped", "precision_with_tolerance",
    "recall_with_tolerance", "f1_score_with_tolerance", "precision", "recall", "f1_score",
]


def ratio(part, whole):
    return float(part) / float(whole) if whole else math.nan


def entropy_given(joint, axis):
    """Bits of the other variable that are left when the one along `axis` is known."""
    p = joint / joint.sum()
    known = p.sum(axis=1 - axis, keepdims=True)
    return float(-np.sum(np.where(p > 0, p * np.log2(np.where(p > 0, p / known, 1)), 0)))


def binary(predicted, truth, counted, sizes, clip, tolerance):
    """The 21 scores, each as it is meant. Masks are boolean and lie within `counted`."""
    tp, fp, fn = (predicted & truth).sum(), (predicted & ~truth).sum(), (truth & ~predicted).sum()
    tn = counted.sum() - tp - fp - fn
    some = predicted.any() and truth.any()
    s = {"dice": ratio(2 * tp, 2 * tp + fp + fn), "jaccard": ratio(tp, tp + fp + fn), "false_discovery_rate": ratio(fp, tp + fp)}
    if not some:
        s |= {key: math.nan for key in DACAPO if key not in s}
        s["hausdorff"] = 0.0 if not predicted.any() and not truth.any() else math.nan
        s |= {"hausdorff_95": s["hausdorff"], "surface_distance": s["hausdorff"]}
        return s
    to_truth, to_predicted = (ndimage.distance_transform_edt(~m, sampling=sizes) for m in (truth, predicted))
    wrong, missed = to_truth[predicted & ~truth], to_predicted[truth & ~predicted]
    far_wrong, far_missed = (wrong > tolerance).sum(), (missed > tolerance).sum()
    agreed = (predicted | truth).sum() - far_wrong - far_missed

    def mean(values):
        return float(values.mean()) if len(values) else 0.0

    def f1(p, r):
        return ratio(2 * p * r, p + r)

    s |= {
        "hausdorff": max(to_truth[predicted].max(), to_predicted[truth].max()),
        "false_negative_rate": ratio(fn, tp + fn), "false_positive_rate": ratio(fp, fp + tn), "precision": ratio(tp, tp + fp), "recall": ratio(tp, tp + fn),
        "voi": entropy_given(np.array([[tn, fn], [fp, tp]], float), 0) + entropy_given(np.array([[tn, fn], [fp, tp]], float), 1),
        "mean_false_positive_distance": mean(wrong), "mean_false_negative_distance": mean(missed),
        "mean_false_positive_distance_clipped": mean(np.minimum(wrong, clip)), "mean_false_negative_distance_clipped": mean(np.minimum(missed, clip)),
        "false_positive_rate_with_tolerance": ratio(far_wrong, fp + tn), "false_negative_rate_with_tolerance": ratio(far_missed, tp + fn),
        "precision_with_tolerance": ratio(agreed, agreed + far_wrong), "recall_with_tolerance": ratio(agreed, agreed + far_missed),
    }
    for name in ("", "_clipped"):
        s["mean_false_distance" + name] = (s["mean_false_positive_distance" + name] + s["mean_false_negative_distance" + name]) / 2
    s["f1_score"] = f1(s["precision"], s["recall"])
    s["f1_score_with_tolerance"] = f1(s["precision_with_tolerance"], s["recall_with_tolerance"])
    surfaces = [m & ~ndimage.binary_erosion(m) for m in (predicted, truth)]
    there, back = (ndimage.distance_transform_edt(~surfaces[1 - i], sampling=sizes)[surfaces[i]] for i in (0, 1))
    s["hausdorff_95"] = max(np.percentile(there, 95), np.percentile(back, 95))
    s["surface_distance"] = np.concatenate([there, back]).mean()
    return s


def itk_agrees(s, predicted, truth, sizes):
    """SimpleITK with its axes put right: x first."""
    images = [sitk.GetImageFromArray(m.astype(np.uint8)) for m in (predicted, truth)]
    for image in images:
        image.SetSpacing(sizes[::-1])
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(*images)
    if predicted.any() or truth.any():
        assert math.isclose(overlap.GetDiceCoefficient(), s["dice"]) and math.isclose(overlap.GetJaccardCoefficient(), s["jaccard"])
    if predicted.any() and truth.any():
        hausdorff = sitk.HausdorffDistanceImageFilter()
        hausdorff.Execute(*images)
        assert math.isclose(hausdorff.GetHausdorffDistance(), s["hausdorff"], rel_tol=1e-6, abs_tol=1e-9), (hausdorff.GetHausdorffDistance(), s["hausdorff"])


def compatible(predicted, truth, sizes, clip, tolerance):
    evaluator = ArrayEvaluator(truth, predicted, not truth.any(), not predicted.any(), {"clip_distance": clip, "tol_distance": tolerance}, sizes)
    return {key: float(getattr(evaluator, key)()) for key in DACAPO}


def instances(predicted, truth, kept):
    """`kept`: voxels that the mask counts. Codes, so that no label overflows a table."""
    p, t = predicted[kept].astype(int), truth[kept].astype(int)
    s = {}
    for name, chosen in (("", t != 0), ("_background", np.ones(len(t), bool))):
        a, b = p[chosen] + 1, t[chosen] + 1
        if len(a) == 0:
            s |= {key + name: math.nan for key in ("voi_split", "voi_merge", "arand", "rand_precision", "rand_recall", "rand")}
            continue
        merge, split = variation_of_information(a, b, ignore_labels=())
        table = np.zeros((a.max() + 1, b.max() + 1))
        np.add.at(table, (a, b), 1)
        pairs = lambda n: float((n * (n - 1) / 2).sum())
        both, in_p, in_t, every = pairs(table), pairs(table.sum(1)), pairs(table.sum(0)), pairs(np.array([len(a)], float))
        s |= {"voi_split" + name: split, "voi_merge" + name: merge, "rand" + name: ratio(every + 2 * both - in_p - in_t, every)}
        s |= {"rand_precision" + name: ratio(both, in_p), "rand_recall" + name: ratio(both, in_t), "arand" + name: 1 - ratio(2 * both, in_p + in_t)}
        if in_p and in_t and both:   # scikit-image warns and answers otherwise where there are no pairs; its precision is ours of the other argument
            error, recall, precision = adapted_rand_error(b, a, ignore_labels=())
            assert np.allclose([error, precision, recall], [s["arand" + name], s["rand_precision" + name], s["rand_recall" + name]])
    if len(p):
        split, merge = dacapo_voi(p + 1, t + 1, ignore_groundtruth=[])
        assert math.isclose(split, s["voi_split_background"], abs_tol=1e-9) and math.isclose(merge, s["voi_merge_background"], abs_tol=1e-9)
    ids_p, ids_t = np.setdiff1d(p, [0]), np.setdiff1d(t, [0])
    iou = np.array([[((p == a) & (t == b)).sum() / ((p == a) | (t == b)).sum() for a in ids_p] for b in ids_t]).reshape(len(ids_t), len(ids_p))
    for threshold in THRESHOLDS:
        enough = iou >= threshold
        rows, columns = linear_sum_assignment(np.where(enough, 1000 + iou, 0), maximize=True)
        matched = enough[rows, columns]
        s[f"tp_{threshold}"], s[f"iou_{threshold}"] = int(matched.sum()), float(iou[rows, columns][matched].sum())
    s["objects"], s["true_objects"] = len(ids_p), len(ids_t)
    return s


def volume(shape, ids, kind):
    if kind == "empty":
        return np.zeros(shape, np.uint8)
    if kind == "full":
        return np.full(shape, 1, np.uint8)
    noise = ndimage.gaussian_filter(random.standard_normal(shape), random.choice([0.0, 0.7, 1.5]))
    labels = np.digitize(noise, np.quantile(noise, np.linspace(0.4, 1, ids + 1))[:-1])
    return np.minimum(labels, ids).astype(np.uint8)


rows, pieces = [], []
for case in range(240):
    shape, dtype, ids = SHAPES[case % len(SHAPES)], DTYPES[case % len(DTYPES)], int(random.integers(1, 8))
    ids = 1 if dtype == "bool" else ids
    sizes = SIZES[case % len(SIZES)][-len(shape):]
    kinds = {0: ("empty", "some"), 1: ("some", "empty"), 2: ("empty", "empty"), 3: ("full", "some"), 4: ("some", "full"), 5: ("full", "full")}.get(case % 40, ("some", "some"))
    truth = volume(shape, ids, kinds[1])
    predicted = volume(shape, ids, kinds[0])
    if kinds == ("some", "some") and case % 3 == 0:   # the truth with errors
        predicted = np.where(random.random(shape) < 0.15, predicted, truth)
    # distances that no tolerance equals, but for the cubes, where floats are exact
    clip, tolerance = ((16.0, 8.0), (13.7, 9.9), (9.1, 6.3), (12.2, 4.1))[case % 4]
    mask = (random.random(shape) < 0.8) if case % 4 == 1 else None
    kept = np.ones(shape, bool) if mask is None else mask
    p, t = (predicted != 0) & kept, (truth != 0) & kept
    scores = binary(p, t, kept, sizes, clip, tolerance)
    if mask is None:
        itk_agrees(scores, p, t, sizes)
        scores |= {"dacapo_" + key: value for key, value in compatible(p, t, sizes, clip, tolerance).items()}
    else:
        scores |= {"dacapo_" + key: math.nan for key in DACAPO}
    scores |= instances(predicted, truth, kept)
    rows.append({"dtype": dtype, "shape": " ".join(map(str, shape)), "sizes": " ".join(map(str, sizes)), "clip": clip, "tolerance": tolerance, "masked": int(mask is not None)}
                | {key: f"{float(value):.{17 if abs(value) > 1e300 else 10}g}" for key, value in scores.items()})
    pieces += [predicted.ravel(), truth.ravel()] + ([mask.ravel().astype(np.uint8)] if mask is not None else [])
np.save(here / "volumes.npy", np.concatenate(pieces))
with open(here / "expected.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
