"""Steps of a U-Net of the same widths in PyTorch, two threads; prints seconds a step."""
import time

import torch
import torch.nn.functional as F

from torch_unet import UNet

torch.set_num_threads(2)

net = UNet()
optimizer = torch.optim.Adam(net.parameters(), 1e-3)
x, y = torch.rand(2, 1, 64, 64, 64), (torch.rand(2, 1, 64, 64, 64) > 0.5).float()
for step in range(8):
    begin = time.perf_counter()
    optimizer.zero_grad()
    F.binary_cross_entropy_with_logits(net(x), y).backward()
    optimizer.step()
    if step > 1:
        print(time.perf_counter() - begin)
