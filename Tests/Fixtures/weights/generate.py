"""Writes the fixtures of weight files: what torch.save makes of the same weights in several forms, and files that must be refused.

    python3 -m venv venv && venv/bin/pip install torch safetensors numpy && venv/bin/python generate.py

odd*.pt               strides, views of one storage, every element type; expected values in odd.safetensors
plain_*.pt            no tensors but nested values, in the legacy form, one a pickle protocol
dacapo_*.pt, cellmap.pt, alone_half.pt, parallel_legacy.pt   the weights of ../networks/valid.safetensors under the names of other libraries
refused_*.pt          a call that would run a program, TorchScript, compressed entries, a tensor that reaches beyond its storage
"""
import collections
import io
import json
import pathlib
import pickle
import sys
import types
import zipfile

import numpy
import safetensors.numpy
import torch

HERE = pathlib.Path(__file__).parent
torch.manual_seed(1)

base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
odd = collections.OrderedDict(
    whole=base, transposed=base.t(), view=base.flatten()[6:18:2].reshape(2, 3), half=torch.randn(3, 5).half(), bfloat16=torch.randn(3, 5).bfloat16(),
    int64=torch.tensor([2**53 + 1, -5]), int32=torch.tensor([-(2**31), 7], dtype=torch.int32), int16=torch.tensor([-300], dtype=torch.int16), int8=torch.tensor([-8], dtype=torch.int8),
    uint8=torch.arange(7, dtype=torch.uint8), bool=torch.tensor([True, False, True]), scalar=torch.tensor(3.25), empty=torch.zeros(0, 4),
    parameter=torch.nn.Parameter(torch.randn(2, 2)), float64=torch.randn(2, 3, dtype=torch.float64), expanded=torch.tensor([[1.0], [2.0]]).expand(2, 3))
odd["channels_last"] = torch.randn(1, 3, 4, 5).to(memory_format=torch.channels_last)
torch.save({"state_dict": odd, "epoch": 3}, HERE / "odd.pt")
torch.save({"state_dict": odd, "epoch": 3}, HERE / "odd_legacy.pt", _use_new_zipfile_serialization=False)
for protocol in (3, 4, 5):
    torch.save(odd, HERE / f"odd_protocol{protocol}.pt", pickle_protocol=protocol)
with zipfile.ZipFile(HERE / "odd.pt") as source, zipfile.ZipFile(HERE / "odd_big_endian.pt", "w") as target:   # as a machine of the other byte order writes it
    storages = {}
    for tensor in odd.values():
        storages.setdefault(tensor.untyped_storage()._cdata, tensor.element_size())
    sizes_by_entry = dict(zip(sorted((name for name in source.namelist() if "/data/" in name), key=lambda name: int(name.rsplit("/", 1)[1])), storages.values()))
    for entry in source.namelist():
        data = source.read(entry)
        if entry in sizes_by_entry:
            size = sizes_by_entry[entry]
            data = b"".join(data[at:at + size][::-1] for at in range(0, len(data), size))
        target.writestr(entry, b"big" if entry.endswith("byteorder") else data)
unsigned = {"uint16": torch.tensor([65535], dtype=torch.uint16), "uint64": torch.tensor([2**64 - 1], dtype=torch.uint64)}
torch.save(unsigned, HERE / "unsigned.pt")
expected = {name: (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).detach().contiguous().numpy().copy() for name, tensor in (odd | unsigned).items()}
safetensors.numpy.save_file({name: numpy.ascontiguousarray(array).reshape(array.shape) for name, array in expected.items()}, HERE / "odd.safetensors", {"written_by": f"torch {torch.__version__}"})

value = {"n": None, "yes": True, "no": False, "int": -7, "big": 2**70, "byte": 200, "short": 40000, "float": 0.1, "text": "µm\n'\"", "bytes": b"\x00\xff", "list": [1, [2, (3,), ()]],
         "tuple": (1, 2, 3, 4), "set": {5}, "ordered": collections.OrderedDict(a=1)}
for protocol in range(6):
    with open(HERE / f"plain_{protocol}.pt", "wb") as file:
        pickle.dump(0x1950A86A20F9469CFC6C, file, 2)   # as torch.load knows a file of its own
        for part in (1001, {"protocol_version": 1001, "little_endian": True}, value, []):
            pickle.dump(part, file, protocol)

weights = {name.removeprefix("weights."): torch.from_numpy(array.copy()) for name, array in safetensors.numpy.load_file(HERE / "../networks/valid.safetensors").items() if name.startswith("weights.")}
weights = {name: tensor.float() for name, tensor in weights.items()}


def renamed(*rules):
    """The weights once under each rule, sharing storage: [(ours, theirs), ...]."""
    names = collections.OrderedDict()
    for rule in rules:
        for name, tensor in weights.items():
            for ours, theirs in rule:
                if name.startswith(ours):
                    names[theirs + name.removeprefix(ours)] = tensor
                    break
    return names


class Weights:   # as dacapo.store.weights_store.Weights is pickled
    pass


Weights.__module__, Weights.__qualname__ = "dacapo.store.weights_store", "Weights"
for module in ("dacapo", "dacapo.store", "dacapo.store.weights_store"):
    sys.modules[module] = types.ModuleType(module)
sys.modules["dacapo.store.weights_store"].Weights = Weights
made = Weights()
made.model = renamed([("unet.", "architecture.unet."), ("prediction_head.", "prediction_head.")], [("unet.", "chain.0.unet."), ("prediction_head.", "chain.1.")])
made.optimizer = {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 1e-4, "params": [0]}]}
torch.save(made, HERE / "dacapo_03.pt")
torch.save({"model": renamed([("unet.", "chain.0."), ("prediction_head.", "chain.1.")], [("prediction_head.", "prediction_head.")])}, HERE / "dacapo_main.pt")
torch.save({"model": renamed([("unet.", "backbone.0."), ("prediction_head.", "prediction_head.")])}, HERE / "cellmap.pt")
torch.save(collections.OrderedDict((name, tensor.half()) for name, tensor in renamed([("unet.", "")]).items() if not name.startswith("prediction_head")), HERE / "alone_half.pt")
torch.save(renamed([("", "module.")]), HERE / "parallel_legacy.pt", _use_new_zipfile_serialization=False)


class Call:
    def __reduce__(self):
        import os
        return os.system, ("echo was run",)


torch.save({"model": Call()}, HERE / "refused_call.pt")
torch.jit.save(torch.jit.script(torch.nn.Conv2d(1, 1, 1)), HERE / "refused_script.pt")
small = io.BytesIO()
torch.save({"a": torch.zeros(4, 4), "b": torch.ones(2)}, small)
with zipfile.ZipFile(small) as source, zipfile.ZipFile(HERE / "refused_compressed.pt", "w", zipfile.ZIP_DEFLATED) as target:
    for entry in source.namelist():
        target.writestr(entry, source.read(entry))
with zipfile.ZipFile(small) as source, zipfile.ZipFile(HERE / "refused_outside.pt", "w") as target:
    for entry in source.namelist():
        data = source.read(entry)
        target.writestr(entry, data.replace(b"K\x04K\x04\x86", b"K\x04K\x05\x86", 1) if entry.endswith("data.pkl") else data)
