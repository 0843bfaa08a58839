#!/usr/bin/env python3
"""A kernel for external(): smooths each block by the mean of its 3 x 3 x 3 neighbourhood.

Blocks come as .npy on standard input, one after the other, and answers go to standard output the same way.
Anything else to say belongs on standard error. Needs numpy only; put scikit-image, empanada or a network in place of smooth().
"""
import sys

import numpy as np


def smooth(block):
    padded = np.pad(block.astype(np.float32), 1, mode="edge")
    z, y, x = block.shape
    return sum(padded[i:i + z, j:j + y, k:k + x] for i in range(3) for j in range(3) for k in range(3)) / np.float32(27)


class Pipe:
    """Standard input or output as numpy needs it: a file it would seek in, which a pipe cannot."""

    def __init__(self, file):
        self.read, self.write = getattr(file, "read", None), getattr(file, "write", None)


def main():
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while source.peek(1):  # until there are no more blocks
        block = np.lib.format.read_array(Pipe(source))
        np.save(Pipe(sink), smooth(block))
        sink.flush()


if __name__ == "__main__":
    main()
