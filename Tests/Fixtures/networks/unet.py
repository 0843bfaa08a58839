"""DaCapo's CNNectomeUNet as PyTorch modules, with its names of weights: nearest upsampling, 1-convolution and ReLU behind it, crop_to_factor, centre-cropped skips."""
import math

import torch


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
