"""Networks with random weights in PyTorch and in dcs: the same output; weights that dcs writes, opened by PyTorch; ONNX that dcs writes, run by onnxruntime.

    python weights.py --dcs .build/release/dcs
"""
import argparse
import ast
import math
import pathlib
import subprocess
import sys

import numpy
import onnx
import onnxruntime
import safetensors.numpy
import torch
from torch import nn

options = argparse.ArgumentParser()
options.add_argument("--dcs", required=True)
options.add_argument("--keep", default="networks")
options = options.parse_args()
folder = pathlib.Path(options.keep)
folder.mkdir(parents=True, exist_ok=True)
torch.manual_seed(1)
torch.set_num_threads(1)

# The U-Net of the fixtures: the classes of their script, without the rest of it.
script = ast.parse((pathlib.Path(__file__).parents[1] / "Fixtures/networks/generate.py").read_text())
script.body = [part for part in script.body if isinstance(part, ast.ClassDef) or getattr(part, "name", "") in ("crop", "unit")]
exec(compile(script, "generate.py", "exec"))


def unet(features, factor, down, out, padding="valid", constant=True, channels=1, upsample=(), **more):
    return Chain({"inputs": channels, "outputs": out, "features": features, "factor": factor, "down": down, "kernels_down": None, "kernels_up": None, "padding": padding,
                  "constant_upsample": constant, "head": 2, "upsample": upsample} | more)


def layers():
    """As the script below has them, by name."""
    modules = nn.ModuleDict({
        "conv1": nn.Conv3d(2, 4, 3), "conv2": nn.Conv3d(4, 6, 3, padding=1), "conv3": nn.Conv3d(6, 4, 1), "conv4": nn.Conv3d(8, 4, 1), "batch_norm1": nn.BatchNorm3d(4),
        "conv_transpose1": nn.ConvTranspose3d(4, 5, 2, 2), "conv5": nn.Conv3d(5, 3, 1)})
    norm = modules["batch_norm1"]

    def forward(x):
        a = nn.functional.gelu(modules["conv1"](x))
        b = nn.functional.leaky_relu(modules["conv2"](nn.functional.max_pool3d(a, 2)), 0.01)
        b = torch.tanh(modules["conv3"](nn.functional.interpolate(b, scale_factor=2)))
        c = norm(modules["conv4"](torch.cat([a, b], 1)))
        d = modules["conv_transpose1"](nn.functional.avg_pool3d(c + b, 2))
        return torch.softmax(modules["conv5"](torch.sigmoid(d)), 1)

    return modules, forward


LAYERS = """network(fn(x) {
  a = x |> conv(4, 3) |> gelu()
  b = a |> max_pool(2) |> conv(6, 3, padding="same") |> leaky_relu() |> upsample(2) |> conv(4, 1) |> tanh()
  c = concat(a, b) |> conv(4, 1) |> batch_norm()
  d = add(c, b) |> avg_pool(2) |> conv_transpose(5, 2)
  d |> sigmoid() |> conv(3, 1) |> softmax()
}, channels=2, input=(10, 14, 18))"""

parts, run = layers()
cases = [
    ("valid", unet(8, 2, [[2, 2, 2]], 6), None, "unet(levels=2, features=8, growth=2, out=6)", "sigmoid", [1, 20, 22, 24]),
    ("deep", unet(8, 2, [[2, 2, 2], [1, 2, 2]], 6), None, "unet(levels=3, features=8, growth=2, out=6, factors=[2, (1, 2, 2)])", "none", [1, 44, 44, 48]),
    ("same", unet(8, 2, [[2, 2, 2]], 6, padding="same"), None, "unet(levels=2, features=8, growth=2, out=6, padding=\"same\")", "tanh", [1, 12, 16, 10]),
    ("transposed", unet(8, 2, [[2, 2, 2]], 6, constant=False), None, "unet(levels=2, features=8, growth=2, out=6, constant_upsample=false)", "softmax", [1, 20, 22, 24]),
    ("finer", unet(8, 2, [[2, 2, 2]], 6, upsample=[[2, 2, 2]]), None, "unet(levels=2, features=8, growth=2, out=6, upsample=[2])", "sigmoid", [1, 20, 22, 24]),
    ("image", unet(8, 2, [[2, 2]], 6, channels=2), None, "unet(levels=2, features=8, growth=2, out=6, channels=2, dimensions=2)", "none", [2, 20, 26]),
    ("layers", parts, run, LAYERS, "none", [2, 10, 14, 18]),
    ("attention", unet(8, 2, [[2, 2, 2], [1, 2, 2]], 6, attention=True), None, "unet(levels=3, features=8, growth=2, out=6, factors=[2, (1, 2, 2)], attention=true)", "sigmoid", [1, 44, 44, 48]),
    ("attention_2d", unet(8, 2, [[2, 2]], 6, padding="same", attention=True, batch_norm=True), None,
     "unet(levels=2, features=8, growth=2, out=6, padding=\"same\", attention=true, batch_norm=true, dimensions=2)", "none", [1, 20, 24]),
    ("cpnet", CPnet(2, [8, 12, 16], 3), None, "cpnet(features=[8, 12, 16], input=(24, 32))", "none", [2, 24, 32]),
    ("cpnet_joined", CPnet(2, [8, 12, 16], 3, concatenation=True), None, "cpnet(features=[8, 12, 16], concatenation=true, input=(24, 32))", "none", [2, 24, 32]),
]
ACTIVATIONS = {"none": lambda x: x, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softmax": lambda x: torch.softmax(x, 1)}
worst = 0.0
for name, module, forward, architecture, activation, shape in cases:
    module = module.float().eval()
    for parameter in module.parameters():   # so that something comes through
        if parameter.dim() > 1:
            nn.init.kaiming_normal_(parameter)
    for key, value in module.state_dict().items():
        if "running" in key:
            value.uniform_(0.5, 2) if "var" in key else value.uniform_(-1, 1)
    stem = folder / name
    torch.save(module.state_dict(), f"{stem}.pt")
    data = torch.rand(2, *shape)
    with torch.no_grad():
        expected = ACTIVATIONS[activation]((forward or module)(data)).numpy()
    assert expected.std() > 1e-3, name
    numpy.save(f"{stem}_in.npy", data.numpy())
    size = ", ".join(map(str, shape[1:]))
    script = f"""
m = load_model("{stem}.pt", into={architecture}, activation="{activation}")
save(apply(m, open("{stem}_in.npy")), "{stem}_out.npy")
export(m, to="{stem}_again.pt", names="own")
export(m, to="{stem}_dacapo.pt", names="dacapo")
export(m, to="{stem}_again.safetensors", names="own")
export(m, to="{stem}.onnx", input=({size}))
"""
    pathlib.Path(f"{stem}.dcs").write_text(script)
    done = subprocess.run([options.dcs, "--quiet", f"{stem}.dcs"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{name}: {done.stdout}{done.stderr}")
    ours = numpy.load(f"{stem}_out.npy")
    size = max(1, float(abs(expected).max()))   # differences are told in parts of it
    error = float(abs(ours - expected).max()) / size
    again = torch.load(f"{stem}_again.pt", weights_only=True)
    plain = safetensors.numpy.load_file(f"{stem}_again.safetensors")
    dacapo = torch.load(f"{stem}_dacapo.pt", weights_only=True)
    for key, tensor in module.state_dict().items():
        if key.endswith("num_batches_tracked"):
            continue
        assert torch.equal(again[key], tensor) and again[key].is_contiguous(), (name, key)
        assert numpy.array_equal(plain[key], tensor.numpy()), (name, key)
        if key.startswith("unet."):
            assert torch.equal(dacapo["model"]["architecture." + key], tensor) and torch.equal(dacapo["model"]["chain.0." + key], tensor), (name, key)
    if hasattr(module, "prediction_head"):
        module.load_state_dict(again)
        assert torch.equal(dacapo["model"]["chain.1.weight"], module.prediction_head.weight) and dacapo["optimizer"] == {}, name
    onnx.checker.check_model(onnx.load(f"{stem}.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(f"{stem}.onnx", providers=["CPUExecutionProvider"])
    there = session.run(None, {"raw": data.numpy()})[0]
    apart = float(abs(there - ours).max()) / size if there.shape == ours.shape else float("inf")
    worst = max(worst, error, apart)
    print(f"{name:12} {str(ours.shape):26} dcs and PyTorch {error:.1e}, onnxruntime and dcs {apart:.1e}")
    if not (error < 1e-4 and apart < 1e-4):
        sys.exit(f"{name}: outputs differ")
print(f"{len(cases)} networks, largest difference {worst:.1e}")
