"""Inputs of the array benchmarks, where BENCH_DATA names no folder that has them: seeded, smooth noise. usage: inputs.py FOLDER [EDGE]

  a_f32_N.npy, b_f32_N.npy   float32 N³ in about [0, 1], smooth over 8 voxels under a little noise
  raw_u8_N.npy               uint8 N³, the same in grey values
  labels_u32_N.npy           uint32 N³, cells about 16 voxels wide, some 5,000 at 512³
"""
import os, sys
import numpy as np


def smooth(rng, edge, step=8):
    c = rng.standard_normal((edge // step + 1,) * 3, dtype=np.float32)
    for axis in range(3):   # linear between the points of a coarse grid
        low, d = np.take(c, range(c.shape[axis] - 1), axis), np.diff(c, axis=axis)
        c = np.stack([low + d * np.float32(i / step) for i in range(step)], axis + 1)
        c = c.reshape(c.shape[:axis] + (-1,) + c.shape[axis + 2:])
    return c


def make(folder, edge):
    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(11)
    for name in ("a_f32", "b_f32", "raw_u8"):
        x = smooth(rng, edge) * np.float32(0.12)
        x += rng.standard_normal(x.shape, dtype=np.float32) * np.float32(0.03) + np.float32(0.5)
        np.save(os.path.join(folder, f"{name}_{edge}.npy"), np.clip(x * 255, 0, 255).astype(np.uint8) if name == "raw_u8" else x)
    cells = -(-edge // 30)
    ids = rng.permutation(cells**3).astype(np.uint32).reshape((cells,) * 3) + np.uint32(1)
    bend = [(np.arange(edge) + 8 * np.sin(np.arange(edge) / 19 + k)).clip(0, edge - 1).astype(int) // 30 for k in range(3)]
    np.save(os.path.join(folder, f"labels_u32_{edge}.npy"), ids[np.ix_(*bend)])


if __name__ == "__main__":
    make(sys.argv[1], int((sys.argv[2:] or ["512"])[0]))
