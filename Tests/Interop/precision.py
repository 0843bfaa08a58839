"""How exact convolutions and U-Nets are: the largest difference from PyTorch in float64 over the output's root mean square, by the direct sum (predict), in
tiles (predict(fast=true)), and PyTorch's own in float32 beside them. The weights go over in a file of safetensors.

    python precision.py --dcs .build/release/dcs

Limits: direct 2e-5, in tiles 2e-4; whole U-Nets 1e-4 and 1e-3 of the rms.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy
import safetensors.torch
import torch
from torch import nn

options = argparse.ArgumentParser()
options.add_argument("--dcs", required=True)
options = options.parse_args()
torch.manual_seed(1)


class UNet(nn.Module):
    """DaCapo's, valid, of two levels: `features` and three times as many."""
    def __init__(self, features):
        super().__init__()
        def double(i, o): return nn.ModuleList([nn.Conv3d(i, o, 3), nn.Conv3d(o, o, 3)])
        wide = 3 * features
        self.down, self.bottom, self.lift, self.up = double(1, features), double(features, wide), nn.Conv3d(wide, wide, 1), double(features + wide, features)

    def forward(self, x):
        def passed(convs, x):
            for conv in convs: x = torch.relu(conv(x))
            return x
        skip = passed(self.down, x)
        x = torch.relu(self.lift(nn.functional.interpolate(passed(self.bottom, nn.functional.max_pool3d(skip, 2)), scale_factor=2)))
        cut = (skip.shape[2] - x.shape[2]) // 2
        return passed(self.up, torch.cat([skip[:, :, cut:-cut, cut:-cut, cut:-cut], x], 1))

    def named(self):
        """Layers by the names that a network of one function gives them."""
        return {"conv1": self.down[0], "conv2": self.down[1], "conv3": self.bottom[0], "conv4": self.bottom[1], "conv5": self.lift, "conv6": self.up[0], "conv7": self.up[1]}


def script_of(f):
    return f"""network(fn(x) {{
  skip = x |> conv({f}, 3) |> relu() |> conv({f}, 3) |> relu()
  low = skip |> max_pool(2) |> conv({3 * f}, 3) |> relu() |> conv({3 * f}, 3) |> relu() |> upsample(2) |> conv({3 * f}, 1) |> relu()
  concat(crop(skip, low), low) |> conv({f}, 3) |> relu() |> conv({f}, 3) |> relu()
}}, channels=1, input=(28, 28, 28))"""


def cases():
    for channels, features, kernel, size in [(1, 12, 3, 24), (12, 12, 3, 32), (72, 72, 3, 20), (432, 432, 3, 12), (432, 648, 3, 9), (64, 32, (1, 3, 3), 24), (16, 16, 5, 16)]:
        module = nn.Conv3d(channels, features, kernel)
        words = kernel if isinstance(kernel, int) else str(kernel)
        yield f"{channels}->{features} {words} at {size}", module, {"conv1": module}, f"network(fn(x) = x |> conv({features}, {words}), channels={channels})", channels, size, [k // 2 for k in module.kernel_size], (2e-5, 2e-4)
    for features in (12, 24):
        module = UNet(features)
        yield f"U-Net of {features} and {3 * features}", module, module.named(), script_of(features), 1, 48, [8] * 3, (1e-4, 1e-3)


failed = False
with tempfile.TemporaryDirectory() as folder:
    for name, module, layers, network, channels, size, margin, limits in cases():
        stem = pathlib.Path(folder) / "case"
        for layer in layers.values():
            nn.init.kaiming_normal_(layer.weight)
        safetensors.torch.save_file({f"{key}.{part}": tensor.contiguous() for key, layer in layers.items() for part, tensor in layer.state_dict().items()}, f"{stem}.safetensors")
        data = torch.randn(1, channels, *[size + 2 * m for m in margin])
        with torch.no_grad():
            single = module(data).numpy()[0]
            exact = module.double()(data.double()).numpy()[0]
        numpy.save(f"{stem}_in.npy", data.numpy()[0] if channels > 1 else data.numpy()[0, 0])
        pathlib.Path(f"{stem}.dcs").write_text(f"""
m = load_model("{stem}.safetensors", into={network}, activation="none")
x = open("{stem}_in.npy")
save(predict(m, x, block={size + 2 * max(margin)}), "{stem}_direct.npy", replace=true)
save(predict(m, x, block={size + 2 * max(margin)}, fast=true), "{stem}_tiles.npy", replace=true)
""")
        done = subprocess.run([options.dcs, "--quiet", f"{stem}.dcs"], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{name}: {done.stdout}{done.stderr}")
        rms = float(numpy.sqrt((exact ** 2).mean()))
        inside = (slice(None),) + tuple(slice(m, m + size) for m in margin)
        errors = [float(abs(numpy.load(f"{stem}_{way}.npy")[inside] - exact).max()) / rms for way in ("direct", "tiles")]
        beside = float(abs(single - exact).max()) / rms
        good = all(error <= limit for error, limit in zip(errors, limits))
        failed |= not good
        print(f"{name:24} direct {errors[0]:.1e}   tiles {errors[1]:.1e}   PyTorch {beside:.1e}{'' if good else '   ABOVE ' + str(limits)}", flush=True)
sys.exit(1 if failed else 0)
