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
    def __init__(self, channels_in, channels_out, kernels, padding, norm=False, map=torch.nn.ReLU):
        super().__init__()
        conv = {2: torch.nn.Conv2d, 3: torch.nn.Conv3d}[len(kernels[0])]
        normalise = {2: torch.nn.BatchNorm2d, 3: torch.nn.BatchNorm3d}[len(kernels[0])]
        layers = []
        for kernel in kernels:
            layers.append(conv(channels_in, channels_out, kernel, padding=[k // 2 for k in kernel] if padding == "same" else 0))
            layers += ([normalise(channels_out)] if norm else []) + ([map()] if map else [])
            channels_in = channels_out
        self.conv_pass = torch.nn.Sequential(*layers)

    def forward(self, x):
        return self.conv_pass(x)


class Up(torch.nn.Module):
    def __init__(self, channels_in, channels_out, factor, constant=True, map=True):
        super().__init__()
        if not constant:
            transposed = {2: torch.nn.ConvTranspose2d, 3: torch.nn.ConvTranspose3d}[len(factor)]
            self.up = torch.nn.Sequential(transposed(channels_in, channels_out, tuple(factor), tuple(factor)), torch.nn.ReLU())
            return
        conv = {2: torch.nn.Conv2d, 3: torch.nn.Conv3d}[len(factor)]
        self.up = torch.nn.Sequential(torch.nn.Upsample(scale_factor=tuple(factor), mode="nearest"), conv(channels_in, channels_out, 1), *([torch.nn.ReLU()] if map else []))

    def forward(self, x):
        return self.up(x)


def crop(x, size):
    for axis, length in enumerate(size):
        x = x.narrow(axis + 2, (x.shape[axis + 2] - length) // 2, length)
    return x


class Gate(torch.nn.Module):
    """The attention gate: g, the level below, weighs x."""

    def __init__(self, below, features, between, factor, norm):
        super().__init__()
        ones = [[1] * len(factor)] * 2
        pool = {2: torch.nn.MaxPool2d, 3: torch.nn.MaxPool3d}[len(factor)]
        self.W_g = ConvPass(below, between, ones, "same", norm, None)
        self.W_x = torch.nn.Sequential(ConvPass(features, between, ones, "same", norm, None), pool(tuple(factor)))
        self.psi = ConvPass(between, 1, ones, "same", norm, torch.nn.Sigmoid)
        self.up = torch.nn.Upsample(scale_factor=tuple(factor), mode={2: "bilinear", 3: "trilinear"}[len(factor)], align_corners=True)

    def forward(self, g, x):
        fine, coarse = self.W_x(x), self.W_g(g)
        border = []
        for axis in range(2, x.dim()):
            missing = fine.shape[axis] - coarse.shape[axis]
            border = [missing - missing // 2, missing // 2] + border
        return x * self.up(self.psi(torch.relu(fine + torch.nn.functional.pad(coarse, border))))


class UNet(torch.nn.Module):
    def __init__(self, inputs, outputs, features, factor, down, kernels_down, kernels_up, padding, constant_upsample=True, batch_norm=False, attention=False, widths_up=None, map_up=True):
        super().__init__()
        width = [features * factor**level for level in range(len(down) + 1)]
        between = widths_up or [width[level] if level else width[1] for level in range(len(down))]
        out = widths_up or [width[level] if level else outputs for level in range(len(down))]
        self.down, self.kernels_up = down, kernels_up
        self.l_conv = torch.nn.ModuleList(ConvPass(([inputs] + width)[level], width[level], kernels_down[level], padding, batch_norm) for level in range(len(width)))
        below = out[1:] + width[-1:]
        self.r_up = torch.nn.ModuleList([torch.nn.ModuleList(Up(below[level], between[level], down[level], constant_upsample, map_up) for level in range(len(down)))])
        self.r_conv = torch.nn.ModuleList([torch.nn.ModuleList(ConvPass(width[level] + between[level], out[level], kernels_up[level], padding, batch_norm) for level in range(len(down)))])
        self.attention = None
        if attention:
            self.attention = torch.nn.ModuleList([torch.nn.ModuleList(Gate(below[level], width[level], out[level], down[level], batch_norm) for level in range(len(down)))])

    def forward(self, x):
        skips = []
        for level, factor in enumerate(self.down):
            x = self.l_conv[level](x)
            skips.append(x)
            pool = {2: torch.nn.functional.max_pool2d, 3: torch.nn.functional.max_pool3d}[len(factor)]
            x = pool(x, factor)
        x = self.l_conv[-1](x)
        for level in reversed(range(len(self.down))):
            if self.attention:
                skips[level] = self.attention[0][level](x, skips[level])
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
        final = s.pop("final", None)
        unet, width = UNet(**s), (s.get("widths_up") or [s["outputs"]])[0]
        if upsample or final:
            stages = [unet]
            for stage, factor in enumerate(upsample):
                stages.append(Up(width, width, factor, map=s.get("map_up", True)))
                if not final or stage < len(upsample) - 1:
                    stages.append(ConvPass(width, width, s["kernels_up"][-1], "valid"))
            if final:
                stages.append(ConvPass(width, final["features"], final["kernels"], s["padding"]))
                width = final["features"]
            unet = torch.nn.Sequential(*stages)
        self.unet = unet
        self.prediction_head = {2: torch.nn.Conv2d, 3: torch.nn.Conv3d}[rank](width, head, 1)

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
        if name.endswith("weight") and parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu")
        parameter.data = rounded(parameter.data)
    for name, value in chain.state_dict().items():
        if "running" in name:
            value.copy_(rounded(torch.rand(value.shape) + 0.5 if "var" in name else torch.randn(value.shape) / 4))
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
    "attention": (dict(inputs=1, outputs=3, features=3, factor=2, down=[[2, 2, 2], [1, 2, 2]], kernels_down=[[[3, 3, 3]]] * 3, kernels_up=[[[1, 3, 3], [3, 1, 1]], [[3, 3, 3]]],
                       padding="valid", attention=True, head=2, upsample=[]), [2, 1, 18, 30, 34]),
    "attention_norm": (dict(inputs=1, outputs=4, features=3, factor=2, down=[[2, 2], [2, 2]], kernels_down=None, kernels_up=None, padding="same", attention=True, batch_norm=True,
                            head=2, upsample=[]), [3, 1, 12, 16]),
    "cosem": (dict(inputs=1, outputs=4, features=2, factor=3, down=[[2, 2, 2], [2, 2, 2]], kernels_down=[[[3, 3, 3]]] * 3, kernels_up=[[[3, 3, 3]]] * 2, padding="valid", widths_up=[5, 4],
                   map_up=False, final=dict(features=3, kernels=[[3, 3, 3]]), head=2, upsample=[[2, 2, 2]]), [1, 1, 30, 26, 30]),
}


def networks():
    for seed, (name, (settings, shape)) in enumerate(CASES.items()):
        chain = network(settings, seed)
        x = rounded(torch.randn(shape))
        tensors = {"weights." + key: value.clone() for key, value in chain.state_dict().items() if "num_batches" not in key}
        if settings.get("batch_norm"):
            tensors["inference"] = chain.eval()(x)
            chain.train()
        y = chain(x)
        target, weight = rounded(torch.randn_like(y)), rounded(torch.rand_like(y))
        loss = (weight * (y - target) ** 2).mean()
        loss.backward()
        tensors |= dict(input=x, output=y, target=target, weight=weight)
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
        "sgd": lambda p: torch.optim.SGD(p, lr=3e-3, momentum=0.9),
        "sgd_nesterov": lambda p: torch.optim.SGD(p, lr=3e-3, momentum=0.8, nesterov=True, weight_decay=0.1),
    }.items():
        chain = network(settings, 10)
        x = rounded(torch.randn([1] + shape[1:]))
        target = rounded(torch.rand_like(chain(x)))
        tensors = dict(input=x, target=target) | {"before." + key: value.detach().clone() for key, value in chain.named_parameters()}
        optimizer = make(chain.parameters())
        schedules = [torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, end_factor=1.0, total_iters=10)]
        if method == "sgd":
            schedules.append(torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 25))
        if method == "sgd_nesterov":
            schedules.append(torch.optim.lr_scheduler.StepLR(optimizer, 8, 0.5))
        losses = []
        for _ in range(20):
            optimizer.zero_grad()
            loss = ((chain(x) - target) ** 2).mean()
            loss.backward()
            if method.startswith("sgd"):
                torch.nn.utils.clip_grad_norm_(chain.parameters(), 0.5)
            optimizer.step()
            for schedule in schedules:
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
    sigma = torch.sigmoid
    overlap = lambda p, w, a, b, c, d: (1 - (a * (w * sigma(p) * soft).flatten(2).sum(2) + 1e-5)
                                        / ((w * (b * sigma(p) * soft + c * sigma(p) + d * soft)).flatten(2).sum(2) + 1e-5)).mean()
    functions = {
        "dice": lambda p, w: overlap(p, w, 2, 0, 1, 1),
        "tversky": lambda p, w: overlap(p, w, 1, 0, 0.3, 0.7),
        "focal": lambda p, w: -(w * (soft * (1 - sigma(p)) ** 2 * torch.nn.functional.logsigmoid(p) + (1 - soft) * sigma(p) ** 2 * torch.nn.functional.logsigmoid(-p))).mean(),
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


def squares(name, chain, x, y):
    """Input, output, a target, the weights and their gradients of the mean squared difference."""
    target = rounded(torch.randn_like(y))
    ((y - target) ** 2).mean().backward()
    tensors = {f"{name}.input": x, f"{name}.output": y, f"{name}.target": target}
    for place, layer in chain.items():
        for key, value in layer.named_parameters():
            tensors |= {f"{name}.weights.{place}.{key}": value, f"{name}.gradient.{place}.{key}": value.grad}
    return tensors


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
        tensors |= squares(name, chain, x, y)
    save("layers", tensors)


class Between(torch.nn.Module):
    """Something between two convolutions of one voxel; `make` gives a module for each name, `apply` says what becomes of x."""

    def __init__(self, first, last, make, apply):
        super().__init__()
        self.first, self.last = torch.nn.Conv3d(2, first, 1), torch.nn.Conv3d(last, 3, 1)
        for name, module in make().items():
            self.add_module(name, module)
        self.apply_to = apply

    def forward(self, x):
        return self.last(self.apply_to(self, self.first(x)))


def mean_of(x):
    return x.mean((2, 3, 4), keepdim=True)


def unit(x):
    return x / (x**2).sum(1, keepdim=True).sqrt()


def mapped(linear, x):
    return linear(x.flatten(1))[:, :, None, None, None]


nn = torch.nn
LAYERS_WITH_WEIGHTS = {
    "group_norm": (6, 6, lambda: dict(layer=nn.GroupNorm(3, 6)), lambda m, x: m.layer(x)),
    "instance_norm": (5, 5, lambda: dict(layer=nn.InstanceNorm3d(5)), lambda m, x: m.layer(x)),
    "instance_norm_affine": (5, 5, lambda: dict(layer=nn.InstanceNorm3d(5, affine=True)), lambda m, x: m.layer(x)),
    "transposed_valid": (5, 4, lambda: dict(layer=nn.ConvTranspose3d(5, 4, (3, 4, 5), (2, 2, 3))), lambda m, x: torch.relu(m.layer(x))),
    "transposed_same": (5, 4, lambda: dict(layer=nn.ConvTranspose3d(5, 4, (4, 4, 3), (2, 2, 1), (1, 1, 1))), lambda m, x: m.layer(x)),
    "upsample_linear": (5, 5, dict, lambda m, x: nn.functional.interpolate(x, scale_factor=(2, 1, 3), mode="trilinear", align_corners=False)),
    "upsample_corners": (5, 5, dict, lambda m, x: nn.functional.interpolate(x, scale_factor=(2, 3, 1), mode="trilinear", align_corners=True)),
    "global_pool": (5, 5, dict, lambda m, x: mean_of(x)),
    "style": (5, 5, lambda: dict(layer=nn.Linear(5, 5)), lambda m, x: x + mapped(m.layer, unit(mean_of(x)))),
    "unit_length": (5, 5, dict, lambda m, x: unit(x)),
    "squeeze": (5, 5, lambda: dict(layer=nn.Linear(5, 5)), lambda m, x: x * torch.sigmoid(mapped(m.layer, mean_of(x)))),
    "gate": (5, 5, lambda: dict(layer=nn.Conv3d(5, 1, 1)), lambda m, x: x * torch.sigmoid(m.layer(x))),
    "product": (5, 5, dict, lambda m, x: x * torch.tanh(x)),
}


def layers_with_weights():
    torch.manual_seed(9)
    tensors = {}
    for name, (first, last, make, apply) in LAYERS_WITH_WEIGHTS.items():
        chain = Between(first, last, make, apply)
        for parameter in chain.parameters():
            parameter.data = rounded(torch.randn(parameter.shape))
        x = rounded(torch.randn(2, 2, 3, 4, 5))
        y = chain(x)
        target = rounded(torch.randn_like(y))
        ((y - target) ** 2).mean().backward()
        tensors |= {f"{name}.input": x, f"{name}.output": y, f"{name}.target": target}
        for key, value in chain.named_parameters():
            tensors |= {f"{name}.weights.{key}": value, f"{name}.gradient.{key}": value.grad}
    save("layers_with_weights", tensors)


class Block(torch.nn.Module):
    """Cellpose's: batch normalisation, ReLU, convolution."""

    def __init__(self, channels_in, channels_out, kernel, relu=True):
        super().__init__()
        layers = [nn.BatchNorm2d(channels_in, momentum=0.05)] + ([nn.ReLU()] if relu else []) + [nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2)]
        for number, layer in enumerate(layers):
            self.add_module(str(number), layer)

    def forward(self, x):
        for layer in self.children():
            x = layer(x)
        return x


class Styled(torch.nn.Module):
    def __init__(self, channels_in, channels_out, style):
        super().__init__()
        self.conv, self.full = Block(channels_in, channels_out, 3), nn.Linear(style, channels_in)

    def forward(self, x, style):
        return self.conv(x + self.full(style)[:, :, None, None])


class CPnet(torch.nn.Module):
    def __init__(self, inputs, widths, outputs, concatenation=False):
        super().__init__()
        self.concatenation = concatenation
        named = lambda modules: nn.ModuleDict(modules)
        below = [inputs] + widths[:-1]
        self.downsample = named({"down": named({
            f"res_down_{n}": named({"conv": named({f"conv_{t}": Block(below[n] if t == 0 else width, width, 3) for t in range(4)}), "proj": Block(below[n], width, 1, relu=False)})
            for n, width in enumerate(widths)})})
        above = widths[1:] + widths[-1:]
        self.upsample = named({"up": named({
            f"res_up_{n}": named({"conv": named({"conv_0": Block(above[n], width, 3)} | {f"conv_{t}": Styled(width * (1 + (concatenation and t == 1)), width, widths[-1]) for t in (1, 2, 3)}),
                                  "proj": Block(above[n], width, 1, relu=False)})
            for n, width in enumerate(widths)})})
        self.output = Block(widths[0], outputs, 1)

    def forward(self, x):
        skips = []
        for n, block in enumerate(self.downsample["down"].values()):
            x = x if n == 0 else nn.functional.max_pool2d(x, 2)
            c = block["conv"]
            x = block["proj"](x) + c["conv_1"](c["conv_0"](x))
            x = x + c["conv_3"](c["conv_2"](x))
            skips.append(x)
        style = unit(x.mean((2, 3), keepdim=True)).flatten(1)
        for n, block in reversed(list(enumerate(self.upsample["up"].values()))):
            x = x if n == len(skips) - 1 else nn.functional.interpolate(x, scale_factor=2, mode="nearest")
            c = block["conv"]
            first = c["conv_0"](x)
            x = block["proj"](x) + c["conv_1"](torch.cat([skips[n], first], 1) if self.concatenation else first + skips[n], style)
            x = x + c["conv_3"](c["conv_2"](x, style), style)
        return self.output(x)


def cpnets():
    for name, concatenation in {"cpnet": False, "cpnet_concatenation": True}.items():
        torch.manual_seed(12)
        chain = CPnet(2, [3, 4, 6], 3, concatenation)
        state = chain.state_dict()
        for key, value in state.items():
            if "running_mean" in key or key.endswith("bias"):
                value.copy_(rounded(torch.randn(value.shape) / 4))
            elif "running_var" in key or value.dim() == 1:
                value.copy_(rounded(torch.rand(value.shape) + 0.5))
            elif value.dim() > 1:
                value.copy_(rounded(torch.randn(value.shape) / value[0].numel() ** 0.5))
        tensors = {"weights." + key: value.clone() for key, value in state.items() if "num_batches" not in key}
        x = rounded(torch.randn(2, 2, 16, 12))
        chain.eval()
        tensors["inference"] = chain(x)
        chain.train()
        y = chain(x)
        target = rounded(torch.randn_like(y))
        ((y - target) ** 2).mean().backward()
        tensors |= {"input": x, "output": y, "target": target} | {"gradient." + key: value.grad for key, value in chain.named_parameters()}
        tensors |= {"after." + key: value for key, value in chain.state_dict().items() if "running" in key}
        save(name, tensors)
WINDOWS = {   # name: input, features, settings of the layer; same padding as dilation * (kernel - 1) / 2 zeros
    "stride": ([2, 2, 7, 8, 9], 4, dict(kernel_size=(3, 2, 3), stride=(2, 3, 1))),
    "dilation": ([2, 2, 7, 6, 9], 4, dict(kernel_size=(2, 3, 3), dilation=(3, 1, 2))),
    "both": ([2, 2, 7, 7, 10], 4, dict(kernel_size=(3, 3, 2), stride=(1, 2, 2), dilation=(2, 1, 3))),
    "stride_same": ([2, 2, 6, 6, 8], 4, dict(kernel_size=(3, 1, 5), stride=(2, 3, 4), dilation=(2, 1, 1), padding=(2, 0, 2))),
    "image": ([2, 2, 14, 10], 4, dict(kernel_size=(3, 4), stride=(3, 2), dilation=(2, 1))),
    "wide": ([1, 12, 8, 9, 16], 16, dict(kernel_size=3, padding=1)),
}


def windows():
    """Convolutions with strides and dilation behind one of one voxel, whose gradient shows that of their input."""
    torch.manual_seed(9)
    tensors = {}
    for name, (shape, features, settings) in WINDOWS.items():
        make = {4: torch.nn.Conv2d, 5: torch.nn.Conv3d}[len(shape)]
        chain = {"first": make(shape[1], shape[1], 1), "layer": make(shape[1], features, **settings)}
        for convolution in chain.values():
            for parameter in convolution.parameters():
                parameter.data = rounded(torch.randn(parameter.shape))
        x = rounded(torch.randn(shape))
        y = chain["layer"](chain["first"](x))
        tensors |= squares(name, chain, x, y)
    save("windows", tensors)


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
layers_with_weights()
cpnets()
windows()
batch_norm()
