"""Writes the fixtures of NetworksTests: small U-Nets, losses and optimiser trajectories computed by PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install torch safetensors numpy && venv/bin/python generate.py

Each file is safetensors; the last run used the versions noted in every file's metadata. The U-Net follows DaCapo's CNNectomeUNet
(nearest upsampling, 1-convolution and ReLU behind it, crop_to_factor, centre-cropped skips) with its names of weights.
"""
import json
import math
import pathlib

import numpy
import safetensors.numpy
import torch

HERE = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


class ConvPass(torch.nn.Module):
    def __init__(self, channels_in, channels_out, kernels, padding):
        super().__init__()
        conv = {2: torch.nn.Conv2d, 3: torch.nn.Conv3d}[len(kernels[0])]
        layers = []
        for kernel in kernels:
            layers += [conv(channels_in, channels_out, kernel, padding=[k // 2 for k in kernel] if padding == "same" else 0), torch.nn.ReLU()]
            channels_in = channels_out
        self.conv_pass = torch.nn.Sequential(*layers)

    def forward(self, x):
        return self.conv_pass(x)


class Up(torch.nn.Module):
    def __init__(self, channels_in, channels_out, factor, constant=True):
        super().__init__()
        if not constant:
            transposed = {2: torch.nn.ConvTranspose2d, 3: torch.nn.ConvTranspose3d}[len(factor)]
            self.up = torch.nn.Sequential(transposed(channels_in, channels_out, tuple(factor), tuple(factor)), torch.nn.ReLU())
            return
        conv = {2: torch.nn.Conv2d, 3: torch.nn.Conv3d}[len(factor)]
        self.up = torch.nn.Sequential(torch.nn.Upsample(scale_factor=tuple(factor), mode="nearest"), conv(channels_in, channels_out, 1), torch.nn.ReLU())

    def forward(self, x):
        return self.up(x)


def crop(x, size):
    for axis, length in enumerate(size):
        x = x.narrow(axis + 2, (x.shape[axis + 2] - length) // 2, length)
    return x


class UNet(torch.nn.Module):
    def __init__(self, inputs, outputs, features, factor, down, kernels_down, kernels_up, padding, constant_upsample=True):
        super().__init__()
        width = [features * factor**level for level in range(len(down) + 1)]
        self.down, self.kernels_up = down, kernels_up
        self.l_conv = torch.nn.ModuleList(ConvPass(([inputs] + width)[level], width[level], kernels_down[level], padding) for level in range(len(width)))
        self.r_up = torch.nn.ModuleList([torch.nn.ModuleList(Up(width[level + 1], width[level] if level else width[1], down[level], constant_upsample) for level in range(len(down)))])
        self.r_conv = torch.nn.ModuleList(
            [torch.nn.ModuleList(ConvPass(width[level] + (width[level] if level else width[1]), width[level] if level else outputs, kernels_up[level], padding) for level in range(len(down)))])

    def forward(self, x):
        skips = []
        for level, factor in enumerate(self.down):
            x = self.l_conv[level](x)
            skips.append(x)
            pool = {2: torch.nn.functional.max_pool2d, 3: torch.nn.functional.max_pool3d}[len(factor)]
            x = pool(x, factor)
        x = self.l_conv[-1](x)
        for level in reversed(range(len(self.down))):
            x = self.r_up[0][level](x)
            size = []
            for axis in range(len(self.down[level])):
                lost = sum(kernel[axis] - 1 for kernel in self.kernels_up[level])
                multiple = math.prod(factor[axis] for factor in self.down[level:])
                size.append((x.shape[axis + 2] - lost) // multiple * multiple + lost)
            x = crop(x, size)
            x = self.r_conv[0][level](torch.cat([crop(skips[level], size), x], 1))
        return x


class Chain(torch.nn.Module):
    def __init__(self, settings):
        super().__init__()
        s = dict(settings)
        head, upsample = s.pop("head"), s.pop("upsample")
        rank = len(s["down"][0])
        default = [[3] * rank] * 2
        s["kernels_down"] = s["kernels_down"] or [default] * (len(s["down"]) + 1)
        s["kernels_up"] = s["kernels_up"] or [default] * len(s["down"])
        unet = UNet(**s)
        if upsample:
            stages = [unet]
            for factor in upsample:
                stages += [Up(s["outputs"], s["outputs"], factor), ConvPass(s["outputs"], s["outputs"], s["kernels_up"][-1], "valid")]
            unet = torch.nn.Sequential(*stages)
        self.unet = unet
        self.prediction_head = {2: torch.nn.Conv2d, 3: torch.nn.Conv3d}[rank](s["outputs"], head, 1)

    def forward(self, x):
        return self.prediction_head(self.unet(x))


def save(name, tensors, **metadata):
    metadata = {key: value if isinstance(value, str) else json.dumps(value) for key, value in metadata.items()}
    metadata["written_by"] = f"torch {torch.__version__}, numpy {numpy.__version__}"
    arrays = {key: numpy.ascontiguousarray(value.detach().numpy(), dtype=numpy.float32) for key, value in tensors.items()}
    path = HERE / f"{name}.safetensors"
    safetensors.numpy.save_file(arrays, path, metadata=metadata)
    path.chmod(0o644)


def rounded(x):
    """Values that float32 holds exactly, so that both sides start from the same numbers."""
    return x.to(torch.float32).to(torch.float64)


def network(settings, seed):
    torch.manual_seed(seed)
    chain = Chain(settings)
    for name, parameter in chain.named_parameters():
        if name.endswith("weight"):
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu")
        parameter.data = rounded(parameter.data)
    return chain


CASES = {
    "valid": (dict(inputs=1, outputs=3, features=4, factor=2, down=[[2, 2, 2]], kernels_down=None, kernels_up=None, padding="valid", head=2, upsample=[]), [2, 1, 20, 22, 24]),
    "deep": (dict(inputs=2, outputs=3, features=3, factor=2, down=[[1, 2, 2], [2, 2, 2]], kernels_down=[[[1, 3, 3]], [[3, 3, 3]], [[3, 3, 3], [1, 3, 3]]],
                  kernels_up=[[[1, 3, 3], [3, 3, 3]], [[3, 3, 3]]], padding="valid", head=1, upsample=[]), [1, 2, 12, 34, 38]),
    "same": (dict(inputs=1, outputs=4, features=3, factor=3, down=[[2, 2, 2], [1, 2, 2]], kernels_down=None, kernels_up=None, padding="same", head=2, upsample=[]), [2, 1, 6, 12, 8]),
    "superresolution": (dict(inputs=1, outputs=3, features=2, factor=3, down=[[2, 2, 2]], kernels_down=[[[3, 3, 3]]] * 2, kernels_up=[[[3, 3, 3]]], padding="valid", head=2, upsample=[[2, 2, 2]]), [1, 1, 12, 14, 16]),
    "transposed": (dict(inputs=1, outputs=3, features=3, factor=2, down=[[1, 2, 2], [2, 2, 2]], kernels_down=[[[3, 3, 3]]] * 3, kernels_up=[[[3, 3, 3]]] * 2, padding="valid",
                        constant_upsample=False, head=1, upsample=[]), [2, 1, 16, 30, 30]),
    "image": (dict(inputs=1, outputs=4, features=4, factor=2, down=[[2, 2], [2, 2]], kernels_down=None, kernels_up=None, padding="valid", head=2, upsample=[]), [2, 1, 44, 52]),
}


def networks():
    for seed, (name, (settings, shape)) in enumerate(CASES.items()):
        chain = network(settings, seed)
        x = rounded(torch.randn(shape))
        y = chain(x)
        target, weight = rounded(torch.randn_like(y)), rounded(torch.rand_like(y))
        loss = (weight * (y - target) ** 2).mean()
        loss.backward()
        tensors = dict(input=x, output=y, target=target, weight=weight)
        tensors |= {"weights." + key: value for key, value in chain.named_parameters()}
        tensors |= {"gradient." + key: value.grad for key, value in chain.named_parameters()}
        save(name, tensors, settings=settings, loss=loss.item())


def trajectories():
    settings, shape = CASES["valid"]
    for method, make in {
        "adam": lambda p: torch.optim.Adam(p, lr=1e-3),
        "adam_decay": lambda p: torch.optim.Adam(p, lr=1e-3, weight_decay=0.1),
        "adamw": lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=0.1),
        "radam": lambda p: torch.optim.RAdam(p, lr=1e-2, decoupled_weight_decay=True),
        "radam_decay": lambda p: torch.optim.RAdam(p, lr=1e-2, weight_decay=0.1, decoupled_weight_decay=True),
    }.items():
        chain = network(settings, 10)
        x = rounded(torch.randn([1] + shape[1:]))
        target = rounded(torch.rand_like(chain(x)))
        tensors = dict(input=x, target=target) | {"before." + key: value.detach().clone() for key, value in chain.named_parameters()}
        optimizer = make(chain.parameters())
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, end_factor=1.0, total_iters=10)
        losses = []
        for _ in range(20):
            optimizer.zero_grad()
            loss = ((chain(x) - target) ** 2).mean()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        if method != "adam":  # the same start, kept once
            tensors = {}
        tensors |= {"after." + key: value for key, value in chain.named_parameters()}
        save("steps_" + method, tensors, losses=losses)


def losses():
    torch.manual_seed(3)
    tensors, values = {}, {}
    shape = [2, 3, 3, 5, 7]
    prediction = rounded(2 * torch.randn(shape))
    weight, single = rounded(torch.rand(shape)), rounded(torch.rand([2, 1] + shape[2:]))
    soft = rounded(torch.rand(shape))
    classes = torch.nn.functional.one_hot(torch.randint(0, 3, [2] + shape[2:]), 3).movedim(-1, 1).to(torch.float64)
    tensors |= dict(prediction=prediction, weight=weight, single=single, soft=soft, classes=classes)
    functions = {
        "mse": lambda p, w: (w * (p - soft) ** 2).mean(),
        "mae": lambda p, w: (w * (p - soft).abs()).mean(),
        "bce": lambda p, w: (w * torch.nn.functional.binary_cross_entropy_with_logits(p, soft, reduction="none")).mean(),
        "cross_entropy": lambda p, w: (w[:, :1] * torch.nn.functional.cross_entropy(p, classes, reduction="none")[:, None]).mean(),
    }
    for name, function in functions.items():
        for kind, w in {"none": torch.ones(shape), "weight": weight, "single": single}.items():
            if name == "cross_entropy" and kind == "weight":
                continue
            p = prediction.clone().requires_grad_()
            value = function(p, w)
            value.backward()
            values[f"{name}.{kind}"] = value.item()
            tensors[f"gradient.{name}.{kind}"] = p.grad
    save("losses", tensors, values=values)


LAYERS = {
    "avg_pool": lambda x: torch.nn.functional.avg_pool3d(x, (1, 2, 3)),
    "gelu": torch.nn.functional.gelu,
    "leaky_relu": lambda x: torch.nn.functional.leaky_relu(x, 0.1),
    "sigmoid": torch.sigmoid,
    "softmax": lambda x: torch.softmax(x, 1),
    "tanh": torch.tanh,
}


def layers():
    """Each layer between two convolutions of one voxel, so that its derivative shows in the gradient of the first."""
    torch.manual_seed(7)
    tensors = {}
    for name, layer in LAYERS.items():
        first, last = torch.nn.Conv3d(2, 5, 1), torch.nn.Conv3d(5, 3, 1)
        chain = {"first": first, "last": last}
        for convolution in chain.values():
            for parameter in convolution.parameters():
                parameter.data = rounded(2 * torch.randn(parameter.shape))
        x = rounded(torch.randn(2, 2, 3, 4, 6))
        y = last(layer(first(x)))
        target = rounded(torch.randn_like(y))
        ((y - target) ** 2).mean().backward()
        tensors |= {f"{name}.input": x, f"{name}.output": y, f"{name}.target": target}
        for place, convolution in chain.items():
            for key, value in convolution.named_parameters():
                tensors |= {f"{name}.weights.{place}.{key}": value, f"{name}.gradient.{place}.{key}": value.grad}
    save("layers", tensors)


def batch_norm():
    """Between the same convolutions, in training (with the statistics of the batch in the places of gradients) and in inference."""
    torch.manual_seed(8)
    chain = torch.nn.ModuleDict({"first": torch.nn.Conv3d(2, 5, 1), "norm": torch.nn.BatchNorm3d(5), "last": torch.nn.Conv3d(5, 3, 1)})
    state = chain.state_dict()
    for name, value in state.items():
        if "num_batches" not in name:
            value.copy_(rounded(torch.rand(value.shape) + 0.5 if "running_var" in name else torch.randn(value.shape)))
    x = rounded(torch.randn(3, 2, 3, 4, 6) + 2)
    apply = lambda: chain["last"](chain["norm"](chain["first"](x)))
    tensors = {"input": x} | {"weights." + name: value.clone() for name, value in state.items() if "num_batches" not in name}
    chain.eval()
    tensors["inference"] = apply()
    chain.train()
    y = apply()
    target = rounded(torch.randn_like(y))
    ((y - target) ** 2).mean().backward()
    tensors |= {"output": y, "target": target} | {"gradient." + name: value.grad for name, value in chain.named_parameters()}
    seen = chain["first"](x).detach().movedim(1, 0).flatten(1)
    tensors |= {"gradient.norm.running_mean": seen.mean(1), "gradient.norm.running_var": seen.var(1)}
    tensors |= {"after." + name: value for name, value in chain.state_dict().items() if "running" in name}
    save("batch_norm", tensors)


networks()
trajectories()
losses()
layers()
batch_norm()
