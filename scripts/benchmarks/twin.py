"""scripts/mito.dcs in PyTorch: the same network, patches, augmentations, optimiser and choice of threshold, on two threads, for as long.
usage: twin.py CONTAINER SECONDS [SEED]; CONTAINER as scripts/mito.dcs wants it. Prints Jaccard and F1 on the crop that was not seen, after each quarter of the time."""
import copy
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
import zarr

from torch_unet import UNet

torch.set_num_threads(2)
box, budget, seed = zarr.open(sys.argv[1], mode="r"), float(sys.argv[2]), int((sys.argv[3:] or ["0"])[0])
torch.manual_seed(seed)
rng = np.random.default_rng(seed)
PATCH, SLAB, THRESHOLDS = 64, 64, np.linspace(0.1, 0.9, 17)


def halved(a):
    """Means of 2³ voxels; what does not fill such a cube at an upper end is left out."""
    d, h, w = (n // 2 for n in a.shape)
    return a[: 2 * d, : 2 * h, : 2 * w].reshape(d, 2, h, 2, w, 2).astype(np.float32).mean((1, 3, 5))


def doubled(a, shape):
    """Linear between the centres of voxels."""
    return F.interpolate(torch.from_numpy(a)[None, None], scale_factor=2, mode="trilinear")[0, 0].numpy()[tuple(slice(0, n) for n in shape)]


def patch(raw, labels):
    """Half of them around a labelled voxel; mirrored, axes permuted, contrast and brightness changed."""
    centre = objects[rng.integers(len(objects))] if rng.random() < 0.5 else [rng.integers(n) for n in raw.shape]
    cut = tuple(slice(begin, begin + PATCH) for begin in (min(max(0, c - PATCH // 2), n - PATCH) for c, n in zip(centre, raw.shape)))
    order, flips = rng.permutation(3), [axis for axis in range(3) if rng.random() < 0.5]
    x, y = (np.flip(a[cut].transpose(order), flips) for a in (raw, labels))
    return ((x - x.mean()) * rng.uniform(0.8, 1.2) + x.mean() + rng.uniform(-0.1, 0.1)) * 2 - 1, y


@torch.no_grad()
def predicted(net, volume, margin=16):
    padded, out = np.pad(volume, margin, mode="reflect"), np.empty(volume.shape, np.float32)
    for corner in np.ndindex(*(-(-n // PATCH) for n in volume.shape)):
        begin = [PATCH * c for c in corner]
        tile = padded[tuple(slice(b, b + PATCH + 2 * margin) for b in begin)]
        whole = np.pad(tile, [(0, -n % 4) for n in tile.shape], mode="reflect")
        y = torch.sigmoid(net(torch.from_numpy(whole * 2 - 1)[None, None]))[0, 0].numpy()
        place = out[tuple(slice(b, b + PATCH) for b in begin)]
        place[...] = y[tuple(slice(margin, margin + n) for n in place.shape)]
    return out


def jaccard(a, b):
    return float((a & b).sum() / max(1, (a | b).sum()))


raw, full = halved(box["train/raw"][:]) / 255, box["train/labels/mito"][:] > 0
labels = halved(full) >= 0.5
width = SLAB // 2
objects = np.argwhere(labels[:, :, :-width])
unseen, truth = halved(box["validate/raw"][:]) / 255, box["validate/labels/mito"][:] > 0

net = UNet().to(memory_format=torch.channels_last_3d)
average, optimizer = copy.deepcopy(net), torch.optim.Adam(net.parameters(), 1e-3)
spent, step, quarter = 0.0, 0, 1
while quarter <= 4:
    begin = time.perf_counter()
    x, y = patch(raw[:, :, :-width], labels[:, :, :-width])
    x = torch.from_numpy(np.ascontiguousarray(x, np.float32))[None, None].contiguous(memory_format=torch.channels_last_3d)
    y = torch.from_numpy(np.ascontiguousarray(y, np.float32))[None, None]
    for group in optimizer.param_groups:
        group["lr"] = 1e-3 * min(1, 0.01 + step / 50)
    optimizer.zero_grad()
    F.binary_cross_entropy_with_logits(net(x), y).backward()
    optimizer.step()
    with torch.no_grad():
        for mean, now in zip(average.parameters(), net.parameters()):
            mean.lerp_(now, max(0.01, 1 / (step + 1)))
    step += 1
    spent += time.perf_counter() - begin
    if spent >= budget * quarter / 4:
        kept = predicted(average, raw[:, :, -width - 32 :])[:, :, -width:]
        threshold = max(THRESHOLDS, key=lambda t: jaccard(kept > t, labels[:, :, -width:]))
        mask = doubled(predicted(average, unseen), truth.shape) > threshold
        score = jaccard(mask, truth)
        print(f"{spent:.0f} s  {step} steps  threshold {threshold:.2f}  jaccard {score:.4f}  f1 {2 * score / (1 + score):.4f}", flush=True)
        quarter += 1
