#!/usr/bin/env python3
"""Runs DaCapo's contract for segmenting blocks, as its Empanada script keeps it, as a program for external() and dcs segment-blockwise.

usage: segment.py FILE [--NAME VALUE …]
FILE is a Python file with

    segment_function(input_array, block, **parameters)   labels of the shape of the block, 0 for background
    default_parameters = {…}                             may be left out

Names and values take the place of default parameters: whole numbers, other numbers, true, false, and else texts. `block` is a SimpleNamespace with the
block's shape. Blocks come as .npy on standard input and answers go to standard output; what the function prints goes to standard error.
"""
import importlib.util
import sys
from types import SimpleNamespace

import numpy as np


class Pipe:
    """Standard input or output as numpy needs it: a file it would seek in, which a pipe cannot."""

    def __init__(self, file):
        self.read, self.write = getattr(file, "read", None), getattr(file, "write", None)


def value(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return {"true": True, "false": False}.get(text.lower(), text)


def loaded(path):
    spec = importlib.util.spec_from_file_location("segmenting", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "segment_function"):
        sys.exit(f"{path} defines no segment_function(input_array, block, **parameters)")
    return module


def main():
    if len(sys.argv) < 2 or len(sys.argv) % 2:
        sys.exit(__doc__)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # prints of the function must not get between the answers
    module = loaded(sys.argv[1])
    parameters = dict(getattr(module, "default_parameters", {}))
    parameters.update({name.lstrip("-"): value(text) for name, text in zip(sys.argv[2::2], sys.argv[3::2])})
    while source.peek(1):  # until there are no more blocks
        array = np.lib.format.read_array(Pipe(source))
        labels = np.asarray(module.segment_function(array, SimpleNamespace(shape=array.shape), **parameters))
        if labels.shape != array.shape:
            sys.exit(f"segment_function gave {labels.shape} for a block of {array.shape}")
        np.save(Pipe(sink), labels.astype(np.uint64))
        sink.flush()


if __name__ == "__main__":
    main()
