"""What blockwise.dcs does, by daisy (1.x or 2.x, whichever this python has), two workers. usage: daisy_peer.py empty BLOCKS | threshold FOLDER EDGE. Prints seconds."""
import logging
import os
import sys
import tempfile
import time
from importlib.metadata import version

import daisy
import numpy as np
import zarr

logging.getLogger("daisy").setLevel(logging.ERROR)
opened = {}


def array(path, mode):
    if path not in opened:
        opened[path] = zarr.open(path, mode=mode)
    return opened[path]


def empty(block):
    pass


def threshold(block):
    place = tuple(slice(begin, begin + length) for begin, length in zip(block.write_roi.offset, block.write_roi.shape))
    array("peer.zarr", "r+")[place] = (array("raw.zarr", "r")[place] > 127).astype(np.uint8)


def run(function, shape, block):
    whole, one = daisy.Roi((0,) * len(shape), shape), daisy.Roi((0,) * len(block), block)
    task = daisy.Task("bench", whole, one, one, process_function=function, read_write_conflict=False, fit="valid", num_workers=2, max_retries=0)
    quiet = dict(progress=False, block_tracking=False, summary=False) if version("daisy") >= "2" else {}
    begin = time.perf_counter()
    daisy.run_blockwise([task], multiprocessing=True, **quiet)
    return time.perf_counter() - begin


if __name__ == "__main__":
    real = os.dup(1)
    os.dup2(2, 1)   # daisy's own words
    if sys.argv[1] == "empty":
        os.chdir(tempfile.mkdtemp())
        seconds = run(empty, (int(sys.argv[2]), 1, 1), (1, 1, 1))
    else:
        os.chdir(sys.argv[2])
        edge = int(sys.argv[3])
        if zarr.__version__ >= "3":
            zarr.create_array("peer.zarr", shape=(edge,) * 3, chunks=(64,) * 3, dtype="u1", zarr_format=2, fill_value=0, overwrite=True)
        else:
            zarr.open("peer.zarr", mode="w", shape=(edge,) * 3, chunks=(64,) * 3, dtype="u1", fill_value=0)
        seconds = run(threshold, (edge,) * 3, (64,) * 3)
    os.write(real, f"{seconds}\n".encode())
