#!/usr/bin/env bash
# Blocks leave no trace: predictions, masks and labels of three block sizes and 1 or 2 workers equal those of one block, byte for byte.
. "$(dirname "$0")/common.bash"
here=$(dirname "$0")
data=$scratch/data.zarr
"$dcs" --quiet "$here/data.dcs" --out "$data" || bad "data"
"$dcs" --quiet "$here/train.dcs" --data "$data" --runs "$scratch/runs" --iterations 8 >/dev/null || bad "training"
go() { mkdir -p "$scratch/$1" && "$dcs" --quiet "$here/seamless.dcs" --data "$data" --run_folder "$scratch/runs" --out "$scratch/$1" --block "$2" --workers "$3" >"$scratch/$1/log" 2>&1 || { bad "$1"; cat "$scratch/$1/log"; }; }
go whole 0 1
for block in 16 23 40; do
  for workers in 1 2; do
    go "b$block-$workers" $block $workers
    for kind in prediction mask labels; do same_files "$kind, blocks of $block, $workers workers" "$scratch/whole/$kind.npy" "$scratch/b$block-$workers/$kind.npy"; done
  done
done
same_files "labels by blocks and in memory" "$scratch/whole/labels.npy" "$scratch/whole/whole_labels.npy"
finish
