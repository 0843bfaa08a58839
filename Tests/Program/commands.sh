#!/usr/bin/env bash
# dcs run-blockwise and dcs segment-blockwise: other programs over volumes, as a user starts them. Needs numpy for python3, as scripts/external does.
. "$(dirname "$0")/common.bash"
here=$(cd "$(dirname "$0")" && pwd)
if ! python3 -c "import numpy" 2>/dev/null; then echo "(no numpy: scripts/external cannot run here)"; fi
cd "$scratch" || exit 1

cat >components.py <<'P'
"""Labels what is bright, by spreading the largest number of a neighbourhood until nothing changes."""
import numpy as np

default_parameters = {"above": 100}


def segment_function(input_array, block, above):
    print("a print of the function")
    mask = input_array > above
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        padded, grown = np.pad(labels, 1), labels
        for axis in range(3):
            for step in (0, 2):
                cut = [slice(1, -1)] * 3
                cut[axis] = slice(step, step + labels.shape[axis])
                grown = np.maximum(grown, padded[tuple(cut)])
        grown = np.where(mask, grown, 0)
        if np.array_equal(grown, labels):
            return labels
        labels = grown
P
"$dcs" --quiet -e 'save(cast(gaussian(random((40, 36, 50), key="a", voxel=8nm), sigma=2) * 255, uint8), "in.zarr/raw", chunks=16); nil'

if python3 -c "import numpy" 2>/dev/null; then
  expect "a kernel" 0 "float32 (z 40, y 36, x 50)" "$dcs" --quiet run-blockwise in.zarr raw out.zarr smooth --worker "python3 '$root/scripts/external/kernel.py'" --dtype float32 --block 16 --context 1
  expect "the whole at once" 0 "true" "$dcs" --quiet -e "same(open(\"out.zarr/smooth\"), blockwise(external(\"python3 '$root/scripts/external/kernel.py'\"), open(\"in.zarr/raw\"), block=64, context=1, dtype=float32))"
  segment=("$dcs" --quiet segment-blockwise --input-container in.zarr --input-dataset raw --output-container out.zarr --segment-function "python3 '$root/scripts/external/segment.py' components.py --above 127" --block 16)
  expect "segments" 0 "objects" "${segment[@]}" --output-dataset seg --context 0
  expect "as the whole" 0 "0.0" "$dcs" --quiet -e 'partition_scores(open("out.zarr/seg"), label(open("in.zarr/raw") > 127), background=true).voi'
  "${segment[@]}" --output-dataset large --context 0 --size 50 >/dev/null 2>&1
  expect "without small ones" 0 "0.0" "$dcs" --quiet -e 'partition_scores(open("out.zarr/large"), remove_small(label(open("in.zarr/raw") > 127), size=50), background=true).voi'
  expect "again: nothing to do" 0 "objects" "${segment[@]}" --output-dataset seg --context 0
  expect "a file without the function" 3 "defines no segment_function" "$dcs" --quiet segment-blockwise in.zarr raw out.zarr none --segment_function "python3 '$root/scripts/external/segment.py' '$root/scripts/external/kernel.py'" --max_retries 0

  # A package that is not there (these two stand before one that is): what to install is said, at once.
  mkdir absent
  for package in empanada skimage; do printf 'raise ImportError("No module named %s")\n' $package >absent/$package.py; done
  missing() { expect "$1 is missing" 3 "$2" env PYTHONPATH=absent "$dcs" --quiet segment-blockwise in.zarr raw out.zarr none --segment_function "python3 '$root/scripts/external/segment.py' '$root/scripts/external/$3'" --max_retries 0; }
  missing Empanada "pip install empanada-dl" mitonet.py
  missing scikit-image "pip install scikit-image" blobs.py
  if python3 -c "import skimage" 2>/dev/null; then
    expect "scikit-image" 0 "objects" "$dcs" --quiet segment-blockwise in.zarr raw out.zarr blobs --segment_function "python3 '$root/scripts/external/segment.py' '$root/scripts/external/blobs.py' --above 127 --min_size 10" --block 24 --context 8
    expect "what is bright, cut" 0 "true true" "$dcs" --quiet -e 'b = read(open("out.zarr/blobs")); print(max(b) >= label(b > 0).attrs.objects, same((b > 0) & (open("in.zarr/raw") < 90), zeros(b.shape, uint8) > 0))'
  else
    echo "not checked here: blobs.py with scikit-image (python3 has none)"
  fi
fi
# EMPANADA names a python with torch, empanada-dl and empanada-napari: mitonet.py finds the objects that the latter's own engine finds, with a small network in place of MitoNet.
if [ -n "${EMPANADA:-}" ]; then
  if "$EMPANADA" "$here/mitonet_parity.py" "$root/scripts/external" >parity.log 2>&1; then ok; else bad "mitonet.py"; fi
  tail -1 parity.log
else
  echo "not checked here: mitonet.py beside empanada-napari (EMPANADA names no python that has them)"
fi
expect "help" 0 "--segment_function" "$dcs" segment-blockwise --help
expect "its name" 0 "usage: dcs run-blockwise" "$dcs" run-blockwise --help
expect "what is missing" 2 "input_container" "$dcs" run-blockwise
expect "a plan" 0 "blockwise" "$dcs" --dry-run run-blockwise in.zarr raw out.zarr planned --worker cat
expect "no such command" 1 "segment-blokwise" "$dcs" segment-blokwise
finish
