"""The U-Net of scripts/mito.dcs in PyTorch: three levels, 16, 32 and 64 channels, same padding."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Pass(nn.Sequential):
    def __init__(self, i, o):
        super().__init__(nn.Conv3d(i, o, 3, padding=1), nn.ReLU(True), nn.Conv3d(o, o, 3, padding=1), nn.ReLU(True))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([Pass(1, 16), Pass(16, 32), Pass(32, 64)])
        self.lift = nn.ModuleList([nn.Conv3d(32, 32, 1), nn.Conv3d(64, 32, 1)])
        self.up = nn.ModuleList([Pass(48, 16), Pass(64, 32)])
        self.head = nn.Conv3d(16, 1, 1)

    def forward(self, x):
        skips = []
        for level, down in enumerate(self.down):
            x = down(x)
            if level < 2:
                skips.append(x)
                x = F.max_pool3d(x, 2)
        for level in (1, 0):
            x = F.relu(self.lift[level](F.interpolate(x, scale_factor=2)))
            x = self.up[level](torch.cat([skips[level], x], 1))
        return self.head(x)
