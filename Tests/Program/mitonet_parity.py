"""scripts/external/mitonet.py beside the engine of empanada-napari, parameter by parameter: the same objects. usage: mitonet_parity.py FOLDER_OF_MITONET

A small network of fixed weights stands in for MitoNet. napari itself is not needed: what empanada_napari.inference asks of it, and the tiles of empanada-dl, are stood in for.
NUMBA_DISABLE_JIT=1 where numba is newer than empanada-dl bears (0.68 is): then a minute."""
import atexit
import importlib.util
import os
import shutil
import sys
import tempfile
import types
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from typing import Dict

warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
import mitonet


class Small(torch.nn.Module):
    """What the engine expects of a network: logits at full resolution, centres and offsets at a quarter of it unless interpolated."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.full((1,), 8.0))

    def forward(self, x, render_steps: int = 2, interpolate_ins: bool = True) -> Dict[str, torch.Tensor]:
        smooth = F.avg_pool2d(x, 5, 1, 2, count_include_pad=False)
        logits = F.interpolate(self.scale * smooth, scale_factor=float(2 ** (render_steps - 2)), mode="bilinear", align_corners=False)
        centres = torch.sigmoid(2 * F.avg_pool2d(smooth, 9, 1, 4, count_include_pad=False))
        if not interpolate_ins:
            centres = F.avg_pool2d(centres, 4)
        return {"sem_logits": logits, "ctr_hmp": centres, "offsets": torch.zeros(centres.shape[0], 2, centres.shape[2], centres.shape[3])}


def theirs():
    for name in ("napari", "napari.qt", "napari.qt.threading", "empanada.inference.tile", "empanada_napari"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["napari.qt.threading"].thread_worker = lambda function: function
    sys.modules["empanada.inference.tile"].Tiler = None
    sys.modules["empanada_napari"].__path__ = list(folders)
    import empanada_napari.inference
    return empanada_napari.inference


folders = importlib.util.find_spec("empanada_napari").submodule_search_locations
reference = theirs()
folder = tempfile.mkdtemp()
atexit.register(shutil.rmtree, folder)
torch.jit.script(Small()).save(os.path.join(folder, "small.pth"))
with open(os.path.join(folder, "small.yaml"), "w") as file:
    file.write(f"class_names: {{1: bright}}\nlabels: [1]\nthing_list: [1]\nmodel: {folder}/small.pth\nmodel_quantized: null\npadding_factor: 16\nnorms: {{mean: 0.5, std: 0.2}}\n")
volume = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal((24, 32, 40)), 3.5)
volume = np.clip(128 + 60 * volume / volume.std(), 0, 255).astype(np.uint8)
common = dict(model_config=os.path.join(folder, "small.yaml"), min_size=60, min_extent=3, min_distance_object_centers=7, center_confidence_thr=0.5, use_gpu=False)
cases = [{}, {"pixel_vote_thr": 2}, {"orthoplane": False}, {"orthoplane": False, "inference_plane": "yz", "median_slices": 3}, {"downsampling": 2}, {"fine_boundaries": False},
         {"allow_one_view": True, "median_slices": 1}, {"semantic_only": True}, {"return_panoptic": True}]
for case in cases:
    p = {**mitonet.default_parameters, **common, **case}
    ours = mitonet.segment_function(volume, None, **p)
    config = mitonet.description(p["model_config"])
    engine = reference.Engine3d(
        config, inference_scale=p["downsampling"], label_divisor=p["maximum_objects_per_class"], median_kernel_size=p["median_slices"], nms_threshold=p["center_confidence_thr"],
        nms_kernel=p["min_distance_object_centers"], confidence_thr=p["confidence_thr"], min_size=p["min_size"], min_extent=p["min_extent"], fine_boundaries=p["fine_boundaries"],
        semantic_only=p["semantic_only"], use_gpu=False, save_panoptic=p["return_panoptic"])
    kept = dict(label_divisor=p["maximum_objects_per_class"], min_size=p["min_size"], min_extent=p["min_extent"])
    if p["return_panoptic"]:
        expected, _ = engine.infer_on_axis(volume, p["inference_plane"])
    elif p["orthoplane"]:
        found = {plane: engine.infer_on_axis(volume, plane)[1] for plane in mitonet.AXES}
        config = {**config, "thing_list": engine.thing_list}
        expected = next(reference.tracker_consensus(found, None, config, pixel_vote_thr=p["pixel_vote_thr"], allow_one_view=p["allow_one_view"], **kept))[0]
    else:
        found = {p["inference_plane"]: engine.infer_on_axis(volume, p["inference_plane"])[1]}
        expected = next(reference.stack_postprocessing(found, None, config, **kept))[0]
    pairs = np.unique(np.stack([ours.ravel().astype(np.int64), expected.ravel().astype(np.int64)]), axis=1)
    objects = len(np.unique(ours)) - 1
    if objects == 0 or not pairs.shape[1] == len(np.unique(pairs[0])) == len(np.unique(pairs[1])):
        sys.exit(f"{case}: {objects} objects of ours, {len(np.unique(expected)) - 1} of empanada-napari, not the same")
    print(f"{case}: {objects} objects")
print(f"{len(cases)} of {len(cases)} equal")
