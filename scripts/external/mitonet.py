"""MitoNet and other models of Empanada, as a segment_function for segment.py: mitochondria of a block by a 2D network on slices of one or all three planes.

    dcs segment-blockwise in.zarr em/s1 out.zarr mito --segment_function "python3 segment.py mitonet.py --min_size 5000" --block 256 --context 64

Needs the package empanada-dl (Conrad and Narayan, Cell Systems 2023) and what it imports: pip install empanada-dl. Models are described by files of YAML; those of the package
empanada-napari are known by their names (pip install --no-deps empanada-napari: the file alone is read, napari is not needed), others by their path. Weights are downloaded once,
to ~/.empanada, where empanada-napari looks for them too.

Names and defaults are DaCapo's. Two of them ask for nothing here: `multigpu` must stay false, because workers of blocks share the GPUs, and `return_panoptic` gives what the
inference plane says alone, class * maximum_objects_per_class + number, in place of objects. `min_extent` and `min_size` count voxels and delete what is smaller: what a block
cuts off is deleted too where it is, so choose blocks and context large against them, or delete later: --min_size 0 --min_extent 0, and `--size` of dcs segment-blockwise.

Checked with a small network in place of MitoNet: the objects are those of empanada-napari 1.2.4 for each parameter but GPUs and quantised weights (Tests/Program/mitonet_parity.py).
The published weights could not be downloaded where this was written: with them it has not run. empanada-dl 0.1.7 with numba 0.68 fails for --pixel_vote_thr 2 and 3, by itself too.
"""
import functools
import importlib.util
import os
import sys

import numpy as np

default_parameters = {
    "model_config": "MitoNet_v1",
    "use_gpu": True,
    "use_quantized": False,
    "multigpu": False,
    "downsampling": 1,
    "confidence_thr": 0.5,
    "center_confidence_thr": 0.1,
    "min_distance_object_centers": 21,
    "fine_boundaries": True,
    "semantic_only": False,
    "median_slices": 11,
    "min_size": 10000,
    "min_extent": 50,
    "maximum_objects_per_class": 1000000,
    "inference_plane": "xy",
    "orthoplane": True,
    "return_panoptic": False,
    "pixel_vote_thr": 1,
    "allow_one_view": False,
}
AXES = {"xy": 0, "xz": 1, "yz": 2}   # across which a plane's slices lie
SAME_OBJECT = 0.25                   # overlap, as IoU and as part of the smaller one, from which objects of neighbouring slices are one
SAME_CLUSTER = 0.75                  # IoU from which objects of different planes are one


def parts_of_empanada():
    """The modules of empanada-dl that are used here; ends with a sentence where they cannot be had."""
    try:
        from empanada.inference import engines, filters, patterns, rle, tracker
        import torch
        import yaml
    except ImportError as error:
        sys.exit(f"mitonet.py needs Empanada: pip install empanada-dl ({error})")
    return engines, filters, patterns, rle, tracker, torch, yaml


def description(name):
    """What a model is: from a file of YAML, or by the name that empanada-napari gives it."""
    *_, yaml = parts_of_empanada()
    path = name
    if not os.path.isfile(path):
        package = importlib.util.find_spec("empanada_napari")   # finds the folder, imports nothing
        folders = [os.path.join(folder, "configs") for folder in (package.submodule_search_locations if package else [])] + [os.path.expanduser("~/.empanada/configs")]
        found = [os.path.join(folder, f"{name}.yaml") for folder in folders if os.path.isfile(os.path.join(folder, f"{name}.yaml"))]
        if not found:
            sys.exit(f"mitonet.py finds no model {name}: pip install --no-deps empanada-napari knows MitoNet_v1 and MitoNet_v1_mini; or --model_config names a file of YAML")
        path = found[0]
    with open(path) as file:
        return yaml.safe_load(file)


def local_file(address):
    """Weights as a file: `address` is one, or is downloaded to ~/.empanada unless it is there."""
    *_, torch, _ = parts_of_empanada()
    if os.path.isfile(address):
        return address
    folder = os.path.expanduser("~/.empanada")
    path = os.path.join(folder, os.path.basename(address.split("?")[0]))
    if not os.path.isfile(path):
        os.makedirs(folder, exist_ok=True)
        try:
            torch.hub.download_url_to_file(address, path, progress=False)
        except Exception as error:   # whatever the network says
            sys.exit(f"mitonet.py cannot download {address} ({error}): put the file to {path}")
    return path


@functools.lru_cache(maxsize=1)
def model(name, use_gpu, use_quantized):
    """The description and the network, loaded once a program."""
    *_, torch, _ = parts_of_empanada()
    config = description(name)
    device = "cuda:0" if use_gpu and torch.cuda.is_available() else "cpu"
    address = config["model"]
    if use_quantized and device == "cpu" and config.get("model_quantized"):
        address = config["model_quantized"]
    return config, torch.jit.load(local_file(address), map_location=device).to(device).eval()


def prepared(image, config, downsampling):
    """A slice as the network takes it: [1, 1, height, width], float32, normalised as in training."""
    *_, torch, _ = parts_of_empanada()
    is_whole = np.issubdtype(image.dtype, np.integer)
    largest = np.iinfo(image.dtype).max if is_whole else 1.0 if image.max(initial=0) <= 1 else 255.0
    values = torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32))[None, None]
    if downsampling > 1:
        size = [-(-length // downsampling) for length in image.shape]
        values = torch.nn.functional.interpolate(values, size=size, mode="bilinear", align_corners=False)
        values = torch.floor(values + 0.5) if is_whole else values
    return (values / largest - config["norms"]["mean"]) / config["norms"]["std"]


def objects_of_plane(volume, plane, engine, config, things, p):
    """Trackers, one a class, of objects that were found in the slices of a plane and followed from slice to slice, there and back."""
    _, _, patterns, rle, tracker, _, _ = parts_of_empanada()
    divisor, classes = p["maximum_objects_per_class"], config["labels"]
    matchers = patterns.create_matchers(things, divisor, SAME_OBJECT, SAME_OBJECT)
    trackers = [tracker.InstanceTracker(number, divisor, volume.shape, plane) for number in classes]
    matched = []

    def take(panoptic):
        found = rle.pan_seg_to_rle_seg(panoptic.squeeze().cpu().numpy(), classes, divisor, things, force_connected=True)
        matched.append(patterns.apply_matchers(found, matchers))

    slices = np.moveaxis(volume, AXES[plane], 0)
    for image in slices:
        panoptic = engine(prepared(image, config, p["downsampling"]), image.shape, p["downsampling"])
        if panoptic is not None:   # None while slices gather for the median
            take(panoptic)
    for panoptic in engine.end(p["downsampling"]):
        take(panoptic)
    engine.reset()
    for index, found in patterns.backward_matching(matched, matchers, len(slices)):
        patterns.update_trackers(found, index, trackers)
    patterns.finish_tracking(trackers)
    for each in trackers:
        without_small(each, p)
    return trackers


def without_small(objects, p):
    _, filters, *_ = parts_of_empanada()
    filters.remove_small_objects(objects, min_size=p["min_size"])
    filters.remove_pancakes(objects, min_span=p["min_extent"])


def segment_function(input_array, block, **parameters):
    """Labels of a block [z, y, x] of grey values; the objects of several classes have numbers of their own."""
    p = {**default_parameters, **parameters}
    engines, _, patterns, *_ = parts_of_empanada()
    if p["multigpu"]:
        sys.exit("mitonet.py uses one GPU a program: let several workers run (--num_workers) in place of --multigpu true")
    if p["inference_plane"] not in AXES:
        sys.exit(f"mitonet.py: --inference_plane is xy, xz or yz, not {p['inference_plane']}")
    for name in ("downsampling", "median_slices", "maximum_objects_per_class"):
        p[name] = int(p[name])
    config, network = model(p["model_config"], bool(p["use_gpu"]), bool(p["use_quantized"]))
    things = [] if p["semantic_only"] else config["thing_list"]

    def engine(slices):
        median = max(1, min(p["median_slices"], slices))
        return engines.PanopticDeepLabRenderEngine3d(
            network, thing_list=things, label_divisor=p["maximum_objects_per_class"], nms_threshold=p["center_confidence_thr"], nms_kernel=p["min_distance_object_centers"],
            confidence_thr=p["confidence_thr"], median_kernel_size=median - 1 + median % 2, padding_factor=config["padding_factor"], coarse_boundaries=not p["fine_boundaries"])

    volume = np.asarray(input_array)
    is_consensus = p["orthoplane"] and not p["return_panoptic"]
    planes = list(AXES) if is_consensus else [p["inference_plane"]]
    found = {plane: objects_of_plane(volume, plane, engine(volume.shape[AXES[plane]]), config, things, p) for plane in planes}

    labels = np.zeros(volume.shape, np.uint64)
    for number in config["labels"]:
        of_class = patterns.get_axis_trackers_by_class(found, number)
        if not is_consensus:
            objects = of_class[0]
        elif number in things:
            objects = patterns.create_instance_consensus(of_class, p["pixel_vote_thr"], SAME_CLUSTER, p["allow_one_view"])
            without_small(objects, p)
        else:
            objects = patterns.create_semantic_consensus(of_class, p["pixel_vote_thr"])
        part = np.zeros(volume.shape, np.uint64)
        patterns.fill_volume(part, objects.instances)
        above = np.uint64(0) if p["return_panoptic"] else labels.max()
        labels = np.where((labels == 0) & (part > 0), part + above, labels)
    return labels
